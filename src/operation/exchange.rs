//! From a profile to the cmdlets of its Exchange organisation.

use super::Engine;
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{
        CmdletChannel,
        clock::Clock,
        http::HttpClient,
        online::ExchangeOnline,
        session::ExchangeSession,
        sign_in::{Surroundings, token_source},
    },
    profile::{ExchangeOnlineSettings, Profile, Target},
};

/// The channel of a profile whose target is `ExchangeOnline` or `ExchangeSession`; the service is not asked yet.
///
/// Fails with `ProfileInvalid` where the target is another one, and as [`token_source`] and
/// [`ExchangeOnline::connect`] do.
pub(super) fn channel(
    engine: &Engine,
    profile: &Profile,
    context: &Context,
) -> Result<Box<dyn CmdletChannel>> {
    match &profile.target {
        Target::ExchangeSession(_) => Ok(Box::new(ExchangeSession::new())),
        // What is about no other object is about the profile.
        Target::ExchangeOnline(settings) => {
            online(engine, settings, context).map_err(|error| match error.target {
                None => error.target(&profile.name),
                Some(_) => error,
            })
        }
        Target::ActiveDirectory(_) | Target::Folder(_) => {
            let what = format!(
                "Profile '{}' publishes to {:?}; only Exchange (ExchangeOnline, ExchangeSession) has a trust store.",
                profile.name,
                profile.target.kind()
            );
            Err(Error::new(ErrorId::ProfileInvalid, what).target(&profile.name))
        }
    }
}

/// The engine's secrets `certificate_password` and `access_token` are for the sign-in.
fn online(
    engine: &Engine,
    settings: &ExchangeOnlineSettings,
    context: &Context,
) -> Result<Box<dyn CmdletChannel>> {
    let clock = Clock::default();
    let surroundings = Surroundings {
        http: &HttpClient::new(&settings.connection, context)?,
        clock: &clock,
        secrets: &|name| engine.secret(name),
        environment: &|name| std::env::var(name).ok(),
        context,
    };
    let tokens = token_source(settings, &surroundings)?;
    Ok(Box::new(ExchangeOnline::connect(settings, tokens, clock, context)?))
}
