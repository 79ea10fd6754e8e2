//! The trace of a profile's test: who writes it, and what is said at its head.

use std::{path::Path, sync::Arc};

use super::{engine::Engine, request::TestProfileRequest};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::trace::Trace,
    model::Timestamp,
    places::create_private_file,
    profile::{ApplicationKey, ExchangeOnlineSettings, Profile, SignIn, Target},
};

/// Begins the trace that the request asks for; `None` where it asks for none.
///
/// Fails with `ProfileInvalid` for a profile that asks nothing over the network here, `TargetNotWritable`, `DiskFull`.
pub(super) fn begin(
    engine: &Engine,
    request: &TestProfileRequest,
    profile: &Profile,
) -> Result<Option<Arc<Trace>>> {
    let Some(path) = &request.trace else { return Ok(None) };
    let Target::ExchangeOnline(online) = &profile.target else {
        let message = format!(
            "Profile '{}' publishes to {:?}; a trace shows what goes to Exchange Online over the network.",
            profile.name,
            profile.target.kind()
        );
        return Err(Error::new(ErrorId::ProfileInvalid, message)
            .target(&profile.name)
            .advice("Test it without -Trace, or name a profile with -Target ExchangeOnline."));
    };
    let file = create_private_file(path, request.force, ErrorId::TargetNotWritable)?;
    let head = format!(
        "SmimeSync {} on {} ({}): the test of profile '{}', {}\n{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        profile.name,
        Timestamp::now(),
        settings(online, engine.secret(crate::exchange::sign_in::ACCESS_TOKEN).is_some()),
    );
    let trace = Trace::new(file, &head);
    engine.each_secret(|secret| trace.hide(secret));
    Ok(Some(Arc::new(trace)))
}

/// Ends it. Fails with `TargetNotWritable`, `DiskFull` where something of it could not be written.
pub(super) fn end(request: &TestProfileRequest, trace: &Trace) -> Result<()> {
    let path = request.trace.as_deref().unwrap_or(Path::new(""));
    trace
        .finish()
        .map_err(|e| Error::io(ErrorId::TargetNotWritable, "The trace is not whole: cannot write", path, &e))
}

/// What decides where a request goes and who asks.
fn settings(online: &ExchangeOnlineSettings, token: bool) -> String {
    let signs_in = match online.sign_in() {
        _ if token => "an access token",
        Some(SignIn::ManagedIdentity(_)) => "a managed identity",
        Some(SignIn::Application { key: ApplicationKey::File(_), .. }) => "a certificate file",
        Some(SignIn::Application { key: ApplicationKey::Thumbprint(_), .. }) => "a certificate of the store",
        None => "nothing",
    };
    format!(
        "Organization: {}; cloud: {:?}; sign-in with {signs_in}; proxy: {}; timeout: {} s ({} s for lists)",
        online.organization,
        online.exchange_environment_name,
        online.proxy,
        online.connection.time_limit().as_secs(),
        online.connection.list_time_limit().as_secs()
    )
}
