//! The main job.

use super::{Engine, connect, profile_store, request::SyncRequest};
use crate::{
    error::Result,
    event::Context,
    state::{State, lock::RunLock},
    sync::{self, Job, Options},
    timestamp::Timestamp,
};

pub(super) fn run(engine: &Engine, request: &SyncRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let profile = &stored.profile;
    let now = Timestamp::now();
    let holder = engine.holder();
    let path = stored.places.state_file(&profile.name);
    // A preview takes no lock and works on a copy; everything else is alone.
    let lock = if request.what_if { None } else { Some(RunLock::take(&path, &holder)?) };
    let state = if request.what_if { State::open_preview(&path)? } else { State::open(&path, now)? };
    let options = Options {
        identity: request.identity.clone(),
        what_if: request.what_if,
        confirm: request.confirm,
        allow_removal: request.allow_removal,
        pass_thru: request.pass_thru,
        verify: request.verify,
    };
    let judge = connect::Judge::of(profile, now);
    let opened = judge.and_then(|judge| {
        let credential = request.credential.as_ref();
        let source = connect::source(engine, profile, credential, context)?;
        Ok((judge, source, connect::target(engine, profile, credential, context)?))
    });
    let done = match opened {
        Ok((judge, mut source, mut target)) => sync::run(Job {
            profile,
            options: &options,
            source: source.as_mut(),
            target: target.as_mut(),
            state: &state,
            evaluate: &|recipient| judge.evaluate(recipient),
            policy: judge.fingerprint(),
            now,
            host: holder.host,
            context,
        }),
        Err(error) => sync::record_failure(profile, &options, &state, now, holder.host, error, context),
    };
    // What was learnt is kept whatever the end; the first error is the one to tell.
    let closed = state.close();
    drop(lock);
    done?;
    closed
}
