//! The main job.

use super::{Engine, connect, locked, profile_store, request::SyncRequest};
use crate::{
    error::Result,
    event::Context,
    model::Timestamp,
    sync::{self, Job, Options},
};

pub(super) fn run(engine: &Engine, request: &SyncRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let profile = &stored.profile;
    let now = Timestamp::now();
    let options = Options {
        identity: request.identity.clone(),
        what_if: request.what_if,
        confirm: request.confirm,
        allow_removal: request.allow_removal,
        pass_thru: request.pass_thru,
        verify: request.verify,
    };
    locked::with_state(engine, &stored, request.what_if, now, |state, host| {
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
                state,
                evaluate: &|recipient| judge.evaluate(recipient),
                policy: judge.fingerprint(),
                now,
                host,
                context,
            }),
            Err(error) => sync::record_failure(profile, &options, state, now, host, error, context),
        };
        done.map(drop)
    })
}
