//! From a request to what it works with: a profile's source, target and policy, and the job of a run.

mod account;
mod job;
mod judge;
mod organisation;
mod recall;
mod source;
mod to_read;
mod watch;

pub(super) use job::Place;
pub(super) use judge::Judge;
pub(super) use watch::watch;

use std::sync::Arc;

use super::{engine::Engine, request::Credential};
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
        trace::Trace,
    },
    model::Timestamp,
    places::profile_store::{self, StoredProfile},
    profile::{ActiveDirectorySettings, ExchangeOnlineSettings, Profile, Target},
    targets::{
        self, active_directory::ActiveDirectoryTarget, directory::DirectoryTarget, exchange::Exchange,
        folder::Folder, ldif::LdifTarget,
    },
};

/// A stored profile, and who works with it.
pub(super) struct Opening<'a> {
    engine: &'a Engine,
    pub(super) stored: StoredProfile,
    credential: Option<&'a Credential>,
    context: &'a Context,
    trace: Option<Arc<Trace>>,
}

impl<'a> Opening<'a> {
    /// The profile of that name; nothing else is read yet. `credential` signs in to its directory.
    /// Fails with `ProfileNotFound`, `ProfileUnreadable`, `ProfileInvalid`.
    pub(super) fn of(
        engine: &'a Engine,
        profile_name: &str,
        credential: Option<&'a Credential>,
        context: &'a Context,
    ) -> Result<Self> {
        let stored = profile_store::load(&engine.places()?, profile_name)?;
        Ok(Self { engine, stored, credential, context, trace: None })
    }

    /// The same, with everything that goes to Exchange Online noted in `trace`.
    pub(super) fn traced(self, trace: Option<Arc<Trace>>) -> Self {
        Self { trace, ..self }
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.stored.profile
    }

    /// Fails with `TrustAnchorMissing`, `TrustAnchorUnreadable`.
    pub(super) fn judge(&self, now: Timestamp) -> Result<Judge> {
        Judge::of(self.profile(), now)
    }

    /// Opens the profile's target; nothing is read or written yet.
    /// Fails with what the target says; `CredentialMissing`.
    pub(super) fn target(&self) -> Result<Box<dyn targets::Target>> {
        match &self.profile().target {
            Target::ExchangeOnline(online) => Ok(Box::new(Exchange::new(self.channel()?, &online.contacts))),
            Target::ExchangeSession(session) => {
                Ok(Box::new(Exchange::new(self.channel()?, &session.contacts)))
            }
            Target::ActiveDirectory(_) => {
                Ok(Box::new(self.directory(self.active_directory("Sync-SmimeCertificate")?)?))
            }
            Target::Folder(folder) => Ok(Box::new(Folder::new(&folder.output.output_path))),
            Target::Directory(settings) => {
                let account = self.target_account(settings)?;
                Ok(Box::new(DirectoryTarget::new(settings, account, self.context)?))
            }
            Target::Ldif(file) => Ok(Box::new(LdifTarget::new(&file.output.output_path, self.source()?))),
        }
    }

    /// The Active Directory that the profile reads. Fails with `ProfileInvalid` where it reads from elsewhere.
    fn active_directory(&self, cmdlet: &str) -> Result<&ActiveDirectorySettings> {
        let profile = self.profile();
        let directory = profile.source().active_directory();
        if directory.is_some() && !profile.additional_sources().is_empty() {
            let what = format!(
                "Profile '{}' reads several directories; {cmdlet} writes to the one that a profile reads.",
                profile.name
            );
            let error = Error::new(ErrorId::ProfileInvalid, what).target(&profile.name);
            return Err(
                error.advice("Name a profile with -Source ActiveDirectory and without -AdditionalSource.")
            );
        }
        directory.ok_or_else(|| {
            let what = format!(
                "Profile '{}' reads from {:?}; {cmdlet} writes to Active Directory, and needs a profile that reads from it.",
                profile.name,
                profile.source().kind()
            );
            Error::new(ErrorId::ProfileInvalid, what)
                .target(&profile.name)
                .advice("Name a profile with -Source ActiveDirectory.")
        })
    }

    /// Opens a directory to write to it. Fails with what it says; `CredentialMissing`.
    fn directory(&self, settings: &ActiveDirectorySettings) -> Result<ActiveDirectoryTarget> {
        let account = self.source_account(&settings.directory)?;
        ActiveDirectoryTarget::new(settings, account, self.context)
    }

    /// The cmdlets of the Exchange organisation of a profile whose target is `ExchangeOnline` or `ExchangeSession`;
    /// the service is not asked yet.
    ///
    /// Fails with `ProfileInvalid` where the target is another one, and as [`token_source`] and
    /// [`ExchangeOnline::connect`] do.
    pub(super) fn channel(&self) -> Result<Box<dyn CmdletChannel>> {
        let profile = self.profile();
        match &profile.target {
            Target::ExchangeSession(_) => Ok(Box::new(ExchangeSession::new())),
            // What is about no other object is about the profile.
            Target::ExchangeOnline(settings) => self.online(settings).map_err(|error| match error.target {
                None => error.target(&profile.name),
                Some(_) => error,
            }),
            Target::ActiveDirectory(_) | Target::Folder(_) | Target::Ldif(_) | Target::Directory(_) => {
                let what = format!(
                    "Profile '{}' publishes to {:?}; only Exchange (ExchangeOnline, ExchangeSession) has a trust store.",
                    profile.name,
                    profile.target.kind()
                );
                Err(Error::new(ErrorId::ProfileInvalid, what).target(&profile.name))
            }
        }
    }

    /// The engine's secrets `certificate_password` and `access_token` are for the sign-in, `proxy_user` and
    /// `proxy_password` for the proxy.
    fn online(&self, settings: &ExchangeOnlineSettings) -> Result<Box<dyn CmdletChannel>> {
        let (clock, context) = (Clock::default(), self.context);
        let secrets = |name: &str| self.engine.secret(name);
        let mut http = HttpClient::new(settings, &secrets, context)?;
        if let Some(trace) = &self.trace {
            http = http.traced(trace.clone());
        }
        let surroundings = Surroundings {
            http: &http,
            clock: &clock,
            secrets: &secrets,
            environment: &|name| std::env::var(name).ok(),
            context,
        };
        let tokens = token_source(settings, &surroundings)?;
        Ok(Box::new(ExchangeOnline::connect(settings, http, tokens, clock)?))
    }
}
