//! Signing in to Exchange Online: where its bearer tokens come from, and how they are renewed in time.

mod access_token;
mod assertion;
mod certificate;
mod claims;
mod entra;
mod handed_in;
mod host_key;
mod key_file;
mod managed_identity;
mod renewal;
mod token_answer;

use std::{future::Future, pin::Pin, sync::Arc};

use zeroize::Zeroizing;

pub use self::access_token::AccessToken;
use self::{
    certificate::{CertificateSignIn, Signer},
    handed_in::HandedIn,
    host_key::HostKey,
    managed_identity::ManagedIdentity,
    renewal::Renewing,
};
use super::{clock::Clock, cloud::Cloud, http::HttpClient};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    profile::{ApplicationKey, ExchangeOnlineSettings, SignIn},
};

/// The engine's secret that is a token handed in by the script.
pub const ACCESS_TOKEN: &str = "access_token";

/// The engine's secret that is the password of the application's PFX file.
pub const CERTIFICATE_PASSWORD: &str = "certificate_password";

/// A token that is on its way.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<AccessToken>> + Send + 'a>>;

/// Where bearer tokens come from. Many requests may ask at a time.
pub trait TokenSource: Send + Sync {
    /// A token that is valid now; signs in if there is none, or not for much longer.
    ///
    /// Fails with `SignInRefused`, `SignInCertificateUnusable`, `ClockSkew`, `AccessTokenUnusable`,
    /// `ManagedIdentityUnavailable`, with `Exchange…` where the sign-in can't be reached, and `Canceled`.
    fn token(&self) -> TokenFuture<'_>;

    /// Tells that the service did not take this token (401), so that it is not given out again.
    fn invalidate(&self, token: &AccessToken);
}

/// What signing in needs from outside.
pub struct Surroundings<'a> {
    /// What asks Entra, or the managed identity's service.
    pub http: &'a HttpClient,
    /// The time by which tokens expire.
    pub clock: &'a Clock,
    /// The engine's secrets, by name.
    pub secrets: &'a dyn Fn(&str) -> Option<Zeroizing<Vec<u8>>>,
    /// The environment's variables, by name: [`std::env::var`] where it is not a test.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Where questions and log messages go.
    pub context: &'a Context,
}

/// The token source of an organisation: a token that was handed in, else the machine's managed identity, else the
/// application's certificate as a file, else by its thumbprint. Nothing is sent yet, but keys are read.
///
/// Fails with `CredentialMissing` where there is none of them, `ProfileInvalid`, `AccessTokenUnusable`,
/// `ManagedIdentityUnavailable`, `SignInCertificateUnusable`, `CertificatePasswordWrong`, `Canceled`.
pub fn token_source(
    settings: &ExchangeOnlineSettings,
    from: &Surroundings<'_>,
) -> Result<Arc<dyn TokenSource>> {
    let cloud = Cloud::of(settings)?;
    if let Some(secret) = (from.secrets)(ACCESS_TOKEN) {
        return Ok(Arc::new(HandedIn::read(&secret, &cloud, from.clock.clone())?));
    }
    match settings.sign_in().ok_or_else(missing)? {
        SignIn::ManagedIdentity(client_id) => {
            Ok(Arc::new(Renewing::new(ManagedIdentity::of(client_id, &cloud, from)?, from)))
        }
        SignIn::Application { id, key } => {
            let issuer = CertificateSignIn::of(settings, id, &cloud, signer(key, from)?, from)?;
            Ok(Arc::new(Renewing::new(issuer, from)))
        }
    }
}

fn signer(key: ApplicationKey<'_>, from: &Surroundings<'_>) -> Result<Signer> {
    match key {
        ApplicationKey::File(path) => {
            let password = (from.secrets)(CERTIFICATE_PASSWORD);
            let password = password.as_ref().map(|password| password.as_slice());
            Ok(Signer::Key(Box::new(key_file::read(path, password, from.clock.timestamp())?)))
        }
        ApplicationKey::Thumbprint(thumbprint) => {
            Ok(Signer::Host(Arc::new(HostKey::find(thumbprint, from.context)?)))
        }
    }
}

fn missing() -> Error {
    let message = "The profile has nothing to sign in to Exchange Online with.";
    Error::new(ErrorId::CredentialMissing, message).advice(
        "Give the profile -AppId with -CertificateFilePath or -CertificateThumbprint, or -ManagedIdentity; \
         or pass -AccessToken.",
    )
}
