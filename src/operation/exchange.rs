//! From a profile to the cmdlets of its Exchange organisation.

use super::Engine;
use crate::{
    error::Result,
    event::Context,
    exchange::{
        CmdletChannel,
        clock::Clock,
        http::HttpClient,
        online::ExchangeOnline,
        session::ExchangeSession,
        sign_in::{Surroundings, token_source},
    },
    profile::{Profile, TargetKind},
};

/// The channel of a profile whose target is `ExchangeOnline` or `ExchangeSession`; the service is not asked yet.
/// The engine's secrets `certificate_password` and `access_token` are for the sign-in.
///
/// Fails as [`token_source`] and [`ExchangeOnline::connect`] do.
pub(super) fn channel(
    engine: &Engine,
    profile: &Profile,
    context: &Context,
) -> Result<Box<dyn CmdletChannel>> {
    if profile.target == TargetKind::ExchangeSession {
        return Ok(Box::new(ExchangeSession::new()));
    }
    let clock = Clock::default();
    let surroundings = Surroundings {
        http: &HttpClient::new(profile, context)?,
        clock: &clock,
        secrets: &|name| engine.secret(name),
        environment: &|name| std::env::var(name).ok(),
        context,
    };
    let tokens = token_source(profile, &surroundings)?;
    Ok(Box::new(ExchangeOnline::connect(profile, tokens, clock, context)?))
}
