//! From a request to what it works with: a profile's source, target and policy, and the job of a run.

mod job;
mod judge;

pub(super) use job::Place;
pub(super) use judge::Judge;

use zeroize::Zeroizing;

use super::{engine::Engine, request::Credential};
use crate::{
    directory::{Source, csv::CsvSource, ldap::LdapSource, ldif::LdifSource},
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
    model::Timestamp,
    places::profile_store::{self, StoredProfile},
    profile::{Profile, SourceKind, TargetKind},
    targets::{Target, active_directory::ActiveDirectoryTarget, exchange::Exchange, folder::Folder},
};

/// The engine's secret that is the credential's password.
const PASSWORD: &str = "password";

/// A stored profile, and who works with it.
pub(super) struct Opening<'a> {
    engine: &'a Engine,
    pub(super) stored: StoredProfile,
    credential: Option<&'a Credential>,
    context: &'a Context,
}

impl<'a> Opening<'a> {
    /// The profile of that name; nothing else is read yet. `credential` signs in at its directory.
    /// Fails with `ProfileNotFound`, `ProfileUnreadable`, `ProfileInvalid`.
    pub(super) fn of(
        engine: &'a Engine,
        profile_name: &str,
        credential: Option<&'a Credential>,
        context: &'a Context,
    ) -> Result<Self> {
        let stored = profile_store::load(&engine.places()?, profile_name)?;
        Ok(Self { engine, stored, credential, context })
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.stored.profile
    }

    /// Fails with `TrustAnchorMissing`, `TrustAnchorUnreadable`.
    pub(super) fn judge(&self, now: Timestamp) -> Result<Judge> {
        Judge::of(self.profile(), now)
    }

    /// Opens the profile's source. Fails with what the source says; `CredentialMissing`.
    pub(super) fn source(&self) -> Result<Box<dyn Source>> {
        let profile = self.profile();
        match profile.source {
            SourceKind::Ldif => {
                let path = profile.path.as_deref().ok_or_else(|| missing(profile, "Path"))?;
                Ok(Box::new(LdifSource::open(path)?))
            }
            SourceKind::Csv => {
                let path = profile.path.as_deref().ok_or_else(|| missing(profile, "Path"))?;
                Ok(Box::new(CsvSource::open(path)?))
            }
            SourceKind::ActiveDirectory | SourceKind::Directory => {
                let (user, password) = self.directory_credential()?;
                Ok(Box::new(LdapSource::connect(profile, Some(user), Some(&password), self.context)?))
            }
        }
    }

    /// Opens the profile's target; nothing is read or written yet.
    /// Fails with what the target says; `CredentialMissing`.
    pub(super) fn target(&self) -> Result<Box<dyn Target>> {
        let profile = self.profile();
        match profile.target {
            TargetKind::ExchangeOnline | TargetKind::ExchangeSession => {
                Ok(Box::new(Exchange::new(self.channel()?, profile)))
            }
            TargetKind::ActiveDirectory => Ok(Box::new(self.directory()?)),
            TargetKind::Folder => {
                let path = profile.output_path.as_deref().ok_or_else(|| missing(profile, "OutputPath"))?;
                Ok(Box::new(Folder::new(path)))
            }
        }
    }

    /// Opens the directory that the profile reads as a target. Fails with what it says; `CredentialMissing`.
    fn directory(&self) -> Result<ActiveDirectoryTarget> {
        let (user, password) = self.directory_credential()?;
        ActiveDirectoryTarget::connect(self.profile(), Some(user), Some(&password), self.context)
    }

    /// The cmdlets of the Exchange organisation of a profile whose target is `ExchangeOnline` or `ExchangeSession`;
    /// the service is not asked yet. The engine's secrets `certificate_password` and `access_token` are for the
    /// sign-in.
    ///
    /// Fails as [`token_source`] and [`ExchangeOnline::connect`] do.
    pub(super) fn channel(&self) -> Result<Box<dyn CmdletChannel>> {
        let (profile, context) = (self.profile(), self.context);
        if profile.target == TargetKind::ExchangeSession {
            return Ok(Box::new(ExchangeSession::new()));
        }
        let clock = Clock::default();
        let surroundings = Surroundings {
            http: &HttpClient::new(profile, context)?,
            clock: &clock,
            secrets: &|name| self.engine.secret(name),
            environment: &|name| std::env::var(name).ok(),
            context,
        };
        let tokens = token_source(profile, &surroundings)?;
        Ok(Box::new(ExchangeOnline::connect(profile, tokens, clock, context)?))
    }

    /// Who signs in at the profile's directory. Fails with `CredentialMissing`.
    fn directory_credential(&self) -> Result<(&'a str, Zeroizing<Vec<u8>>)> {
        match (self.credential, self.engine.secret(PASSWORD)) {
            (Some(credential), Some(password)) => Ok((&credential.user_name, password)),
            _ => {
                let profile = self.profile();
                let what = format!(
                    "Profile '{}' signs in at {} and needs a credential.",
                    profile.name,
                    profile.server.as_deref().unwrap_or_default()
                );
                Err(Error::new(ErrorId::CredentialMissing, what).target(&profile.name))
            }
        }
    }
}

fn missing(profile: &Profile, setting: &str) -> Error {
    Error::new(ErrorId::ProfileInvalid, format!("Profile '{}' has no -{setting}.", profile.name))
        .target(&profile.name)
}
