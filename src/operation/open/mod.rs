//! From a request to what it works with: a profile's source, target and policy, and the job of a run.

mod job;
mod judge;
mod organisation;
mod recall;
mod to_read;
mod watch;

pub(super) use job::Place;
pub(super) use judge::Judge;
pub(super) use watch::watch;

use std::sync::Arc;

use super::{engine::Engine, request::Credential};
use crate::{
    directory::{
        self,
        csv::CsvSource,
        ldap::{Account, ClientCertificate, LdapSource, TicketSource},
        ldif::LdifSource,
    },
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
    profile::{
        ActiveDirectorySettings, Authentication, DirectorySettings, DirectoryTargetSettings,
        ExchangeOnlineSettings, Profile, Source, Target,
    },
    targets::{
        self, active_directory::ActiveDirectoryTarget, directory::DirectoryTarget, exchange::Exchange,
        folder::Folder, ldif::LdifTarget,
    },
};

/// The engine's secret that is the credential's password.
const PASSWORD: &str = "password";

/// The engine's secret that is the password of the profile's client certificate.
const CLIENT_CERTIFICATE_PASSWORD: &str = "client_certificate_password";

/// The engine's secrets that stand for the environment variables of Kerberos, which are the caller's: native code does not
/// see what .NET on Linux has set.
const CREDENTIAL_CACHE: &str = "krb5ccname";
const CLIENT_KEYTAB: &str = "krb5_client_ktname";

/// The engine's secrets that sign in to a directory as the target: user name and password.
const TARGET_USER: &str = "target_user";
const TARGET_PASSWORD: &str = "target_password";

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

    /// Opens the profile's source. Fails with what the source says; `CredentialMissing`.
    pub(super) fn source(&self) -> Result<Box<dyn directory::Source>> {
        match self.profile().source() {
            Source::Ldif(file) => Ok(Box::new(LdifSource::open(&file.path)?)),
            Source::Csv(file) => Ok(Box::new(CsvSource::open(&file.path)?)),
            Source::ActiveDirectory(ActiveDirectorySettings { directory, .. }) => {
                let account = self.directory_account(directory)?;
                Ok(Box::new(LdapSource::active_directory(directory, account, self.context)?))
            }
            Source::Directory(directory) => {
                let account = self.directory_account(directory)?;
                Ok(Box::new(LdapSource::directory(directory, account, self.context)?))
            }
        }
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
        profile.source().active_directory().ok_or_else(|| {
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
        let account = self.directory_account(&settings.directory)?;
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

    /// Who signs in to the profile's directory.
    /// Fails with `CredentialMissing`, `CertificatePasswordWrong`, `ClientCertificateUnusable`.
    fn directory_account(&self, directory: &DirectorySettings) -> Result<Account> {
        let given = self.credential.zip(self.engine.secret(PASSWORD));
        let needs = |what: &str| {
            let name = &self.profile().name;
            let place = match directory.place() {
                "" => "the domain of this machine",
                place => place,
            };
            let message = format!("Profile '{name}' signs in to {place} and needs {what}.");
            Error::new(ErrorId::CredentialMissing, message).target(name)
        };
        let authentication = directory.effective_authentication(given.is_some());
        match (authentication, given) {
            (Authentication::Password, Some((credential, password))) => {
                Account::with_password(&credential.user_name, &password)
            }
            (Authentication::Password, None) => Err(needs("a credential")),
            (Authentication::Certificate, _) => {
                let now = Timestamp::now();
                let Some(path) = &directory.client_certificate_file_path else {
                    let thumbprint = directory.client_certificate_thumbprint.as_deref();
                    let thumbprint = thumbprint
                        .ok_or_else(|| needs("-ClientCertificateFilePath or -ClientCertificateThumbprint"))?;
                    return ClientCertificate::of_store(thumbprint, now, self.context)
                        .map(Account::Certificate);
                };
                let password = self.engine.secret(CLIENT_CERTIFICATE_PASSWORD);
                let password = password.as_ref().map(|password| password.as_slice());
                ClientCertificate::read(path, password, now).map(Account::Certificate)
            }
            (Authentication::Kerberos, _) => Ok(Account::Kerberos(self.tickets(directory))),
        }
    }

    /// Where tickets of Kerberos come from: the profile's keytab, else what the caller's environment names.
    fn tickets(&self, directory: &DirectorySettings) -> TicketSource {
        let text = |name: &str| {
            let secret = self.engine.secret(name).filter(|secret| !secret.is_empty())?;
            Some(String::from_utf8_lossy(&secret).into_owned())
        };
        TicketSource {
            credential_cache: text(CREDENTIAL_CACHE),
            client_keytab: text(CLIENT_KEYTAB),
            keytab: directory.keytab_path.clone(),
            principal: directory.keytab_principal.clone(),
        }
    }

    /// Who signs in to the directory that is the target: the engine's secrets `target_user` and `target_password`. Never
    /// the source's account, whose password the target's server would see. Fails with `CredentialMissing`.
    fn target_account(&self, settings: &DirectoryTargetSettings) -> Result<Account> {
        let (user, password) = (self.engine.secret(TARGET_USER), self.engine.secret(TARGET_PASSWORD));
        let user = user.as_ref().and_then(|user| std::str::from_utf8(user).ok());
        match (user, password) {
            (Some(user), Some(password)) => Account::with_password(user, &password),
            _ => {
                let (name, server) = (&self.profile().name, &settings.target_server);
                let what =
                    format!("Profile '{name}' signs in to its target {server} and needs a credential.");
                let error = Error::new(ErrorId::CredentialMissing, what).target(name);
                Err(error.advice("Pass -TargetCredential."))
            }
        }
    }
}
