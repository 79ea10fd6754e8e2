//! Who signs in to the directories of a profile.

use zeroize::Zeroizing;

use super::Opening;
use crate::{
    directory::ldap::{Account, ClientCertificate, TicketSource},
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::Timestamp,
    profile::{Authentication, DirectorySettings, DirectoryTargetSettings},
};

/// The engine's secret that is the credential's password.
const PASSWORD: &str = "password";

/// The engine's secrets that sign in to an additional source: each name ends with that source's server, in lower case.
const ADDITIONAL_USER: &str = "additional_user ";
const ADDITIONAL_PASSWORD: &str = "additional_password ";

/// The engine's secret that is the password of the profile's client certificate.
const CLIENT_CERTIFICATE_PASSWORD: &str = "client_certificate_password";

/// The engine's secrets that stand for the environment variables of Kerberos, which are the caller's: native code does not
/// see what .NET on Linux has set.
const CREDENTIAL_CACHE: &str = "krb5ccname";
const CLIENT_KEYTAB: &str = "krb5_client_ktname";

/// The engine's secrets that sign in to a directory as the target: user name and password.
const TARGET_USER: &str = "target_user";
const TARGET_PASSWORD: &str = "target_password";

/// A user name and its password.
struct UserPassword {
    user: String,
    password: Zeroizing<Vec<u8>>,
}

impl Opening<'_> {
    /// Who signs in to the profile's source, by the request's credential where it is one.
    /// Fails with `CredentialMissing`, `CertificatePasswordWrong`, `ClientCertificateUnusable`, `KerberosTicketMissing`.
    pub(super) fn source_account(&self, directory: &DirectorySettings) -> Result<Account> {
        let given = self.credential.zip(self.engine.secret(PASSWORD));
        let given =
            given.map(|(credential, password)| UserPassword { user: credential.user_name.clone(), password });
        self.account(directory, given, "-Credential")
    }

    /// Who signs in to one of the profile's additional sources. Never by the credential of the first, whose password this
    /// one's server would see. Fails as [`Opening::source_account`] does.
    pub(super) fn additional_account(&self, directory: &DirectorySettings) -> Result<Account> {
        let server = directory.place().to_lowercase();
        let user = self.text(&format!("{ADDITIONAL_USER}{server}"));
        let given = user.zip(self.engine.secret(&format!("{ADDITIONAL_PASSWORD}{server}")));
        let given = given.map(|(user, password)| UserPassword { user, password });
        self.account(directory, given, &format!("-AdditionalCredential @{{ '{server}' = (Get-Credential) }}"))
    }

    /// Warns of a credential that signs in nowhere.
    pub(super) fn tell_unused_credential(&self) -> Result<()> {
        let (profile, is_given) = (self.profile(), self.credential.is_some());
        let authentication =
            profile.source().directory().map(|directory| directory.effective_authentication(true));
        let how = match authentication {
            _ if !is_given => return Ok(()),
            Some(Authentication::Password) => return Ok(()),
            Some(Authentication::Certificate) => "signs in with a client certificate",
            Some(Authentication::Kerberos) => "signs in with Kerberos (-Authentication)",
            None => "reads a file",
        };
        let what = format!("-Credential is not used: profile '{}' {how}.", profile.name);
        self.context.log(LogLevel::Warning, what)
    }

    /// Fails with `InvalidRequest` where a credential is given for a server that no additional source has: that source would
    /// be signed in to in another way.
    pub(super) fn check_additional_credentials(&self) -> Result<()> {
        let profile = self.profile();
        let sources = profile.additional_sources().iter().filter_map(|one| one.source().directory());
        let servers: Vec<String> = sources.map(|directory| directory.place().to_lowercase()).collect();
        let names = self.engine.secret_names();
        let mut given = names.iter().filter_map(|name| name.strip_prefix(ADDITIONAL_USER));
        match given.find(|server| !servers.iter().any(|one| one == server)) {
            None => Ok(()),
            Some(server) => {
                let what = format!(
                    "-AdditionalCredential names '{server}', which is the first -Server of no additional source of profile '{}'.",
                    profile.name
                );
                let advice = match servers.as_slice() {
                    [] => "Leave it out: the profile has no -AdditionalSource.".to_owned(),
                    servers => format!("Name one of {}.", servers.join(", ")),
                };
                Err(Error::new(ErrorId::InvalidRequest, what).target(server).advice(advice))
            }
        }
    }

    /// Who signs in to a directory: `given`, if the settings let a password do that, which `parameter` passes.
    fn account(
        &self,
        directory: &DirectorySettings,
        given: Option<UserPassword>,
        parameter: &str,
    ) -> Result<Account> {
        let needs = |what: &str| {
            let name = &self.profile().name;
            let place = match directory.place() {
                "" => "the domain of this machine",
                place => place,
            };
            let message = format!("Profile '{name}' signs in to {place} and needs {what}.");
            Error::new(ErrorId::CredentialMissing, message).target(name)
        };
        match (directory.effective_authentication(given.is_some()), given) {
            (Authentication::Password, Some(UserPassword { user, password })) => {
                Account::with_password(&user, &password)
            }
            (Authentication::Password, None) => {
                Err(needs("a credential").advice(format!("Pass {parameter}.")))
            }
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
            (Authentication::Kerberos, _) => {
                let tickets = self.tickets(directory);
                tickets.check()?;
                Ok(Account::Kerberos(tickets))
            }
        }
    }

    /// Where tickets of Kerberos come from: the profile's keytab, else what the caller's environment names.
    fn tickets(&self, directory: &DirectorySettings) -> TicketSource {
        TicketSource {
            credential_cache: self.text(CREDENTIAL_CACHE),
            client_keytab: self.text(CLIENT_KEYTAB),
            keytab: directory.keytab_path.clone(),
            principal: directory.keytab_principal.clone(),
        }
    }

    /// A secret that is a text; `None` where there is none, or an empty one.
    fn text(&self, name: &str) -> Option<String> {
        let secret = self.engine.secret(name).filter(|secret| !secret.is_empty())?;
        Some(String::from_utf8_lossy(&secret).into_owned())
    }

    /// Who signs in to the directory that is the target: the engine's secrets `target_user` and `target_password`. Never
    /// the source's account, whose password the target's server would see. Fails with `CredentialMissing`.
    pub(super) fn target_account(&self, settings: &DirectoryTargetSettings) -> Result<Account> {
        match (self.text(TARGET_USER), self.engine.secret(TARGET_PASSWORD)) {
            (Some(user), Some(password)) => Account::with_password(&user, &password),
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
