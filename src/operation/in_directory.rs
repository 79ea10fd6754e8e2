//! From a request to a run whose changes are asked for: in the directory that the profile reads.

use super::{Engine, connect, locked, profile_store, request::Credential};
use crate::{
    error::Result,
    event::Context,
    model::{Run, Timestamp},
    sync::{Job, Options, asked, record_failure},
};

/// What both requests say.
pub(super) struct Call<'a> {
    pub(super) profile_name: &'a str,
    pub(super) credential: Option<&'a Credential>,
    pub(super) what_if: bool,
    pub(super) confirm: bool,
    /// What is done, for messages: `Publish-SmimeCertificate`.
    pub(super) cmdlet: &'a str,
}

/// Does `work` on the directory that the profile reads, as one run of the profile.
/// Fails with `ProfileInvalid` where the source is no Active Directory, and with what opening it says.
pub(super) fn run(
    engine: &Engine,
    call: &Call<'_>,
    context: &Context,
    work: impl FnOnce(Job<'_>) -> Result<Run>,
) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, call.profile_name)?;
    connect::active_directory(&stored.profile, call.cmdlet)?;
    let profile = asked::in_directory(&stored.profile);
    let now = Timestamp::now();
    let (what_if, confirm) = (call.what_if, call.confirm);
    let options = Options { what_if, confirm, pass_thru: true, ..Options::default() };
    locked::with_state(engine, &stored, what_if, now, |state, host| {
        let opened = connect::Judge::of(&stored.profile, now).and_then(|judge| {
            let source = connect::source(engine, &profile, call.credential, context)?;
            Ok((judge, source, connect::target(engine, &profile, call.credential, context)?))
        });
        let done = match opened {
            Ok((judge, mut source, mut target)) => work(Job {
                profile: &profile,
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
            Err(error) => record_failure(&profile, &options, state, now, host, error, context),
        };
        done.map(drop)
    })
}
