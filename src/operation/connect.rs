//! From a profile to its source, target and policy.

use zeroize::Zeroizing;

use crate::{
    directory::{self, csv::CsvSource, ldap::LdapSource, ldif::LdifSource},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Evaluation, Fingerprint, Recipient, Timestamp},
    policy::{self, Policy},
    profile::{ActiveDirectorySettings, DirectorySettings, Profile, Source, Target},
    targets::{self, active_directory::ActiveDirectoryTarget, exchange::Exchange, folder::Folder},
    trust::{TrustAnchors, load_anchors},
};

use super::{Engine, exchange, request::Credential};

/// The engine's secret that is the credential's password.
const PASSWORD: &str = "password";

/// A policy with the anchors that it trusts.
pub(super) struct Judge {
    policy: Policy,
    anchors: TrustAnchors,
    now: Timestamp,
}

impl Judge {
    /// Fails with `TrustAnchorMissing`, `TrustAnchorUnreadable`.
    pub(super) fn of(profile: &Profile, now: Timestamp) -> Result<Self> {
        let anchors = if profile.trust.trust_anchor_path.is_empty() && profile.trust.allow_untrusted {
            TrustAnchors::new([])
        } else {
            load_anchors(&profile.trust.trust_anchor_path)?
        };
        let mut policy =
            Policy::new(profile.policy.rules, profile.policy.selection, profile.trust.allow_untrusted);
        if let Target::ActiveDirectory(in_place) = &profile.target {
            policy = policy.curating(&in_place.remove_value);
        }
        Ok(Self { policy, anchors, now })
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.policy.fingerprint(&self.anchors.fingerprint())
    }

    pub(super) fn evaluate(&self, recipient: &Recipient) -> Evaluation {
        policy::evaluate(recipient, &self.policy, &self.anchors, self.now)
    }
}

/// Opens the profile's source. Fails with what the source says; `CredentialMissing`.
pub(super) fn source(
    engine: &Engine,
    profile: &Profile,
    credential: Option<&Credential>,
    context: &Context,
) -> Result<Box<dyn directory::Source>> {
    match profile.source() {
        Source::Ldif(file) => Ok(Box::new(LdifSource::open(&file.path)?)),
        Source::Csv(file) => Ok(Box::new(CsvSource::open(&file.path)?)),
        Source::ActiveDirectory(ActiveDirectorySettings { directory, .. }) => {
            let (user, password) = directory_credential(engine, profile, directory, credential)?;
            Ok(Box::new(LdapSource::active_directory(directory, Some(user), Some(&password), context)?))
        }
        Source::Directory(directory) => {
            let (user, password) = directory_credential(engine, profile, directory, credential)?;
            Ok(Box::new(LdapSource::directory(directory, Some(user), Some(&password), context)?))
        }
    }
}

/// Opens the profile's target; nothing is read or written yet.
pub(super) fn target(
    engine: &Engine,
    profile: &Profile,
    credential: Option<&Credential>,
    context: &Context,
) -> Result<Box<dyn targets::Target>> {
    let exchange = |contacts| -> Result<Box<dyn targets::Target>> {
        Ok(Box::new(Exchange::new(exchange::channel(engine, profile, context)?, contacts)))
    };
    match &profile.target {
        Target::ExchangeOnline(online) => exchange(&online.contacts),
        Target::ExchangeSession(session) => exchange(&session.contacts),
        Target::ActiveDirectory(_) => {
            let settings = active_directory(profile, "Sync-SmimeCertificate")?;
            let (user, password) = directory_credential(engine, profile, &settings.directory, credential)?;
            Ok(Box::new(ActiveDirectoryTarget::connect(settings, Some(user), Some(&password), context)?))
        }
        Target::Folder(folder) => Ok(Box::new(Folder::new(&folder.output_path))),
    }
}

/// The Active Directory that the profile reads. Fails with `ProfileInvalid` where it reads from elsewhere.
pub(super) fn active_directory<'a>(
    profile: &'a Profile,
    cmdlet: &str,
) -> Result<&'a ActiveDirectorySettings> {
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

/// Who signs in at the profile's directory. Fails with `CredentialMissing`.
fn directory_credential<'a>(
    engine: &Engine,
    profile: &Profile,
    directory: &DirectorySettings,
    credential: Option<&'a Credential>,
) -> Result<(&'a str, Zeroizing<Vec<u8>>)> {
    match (credential, engine.secret(PASSWORD)) {
        (Some(credential), Some(password)) => Ok((&credential.user_name, password)),
        _ => {
            let what = format!(
                "Profile '{}' signs in at {} and needs a credential.",
                profile.name, directory.server
            );
            Err(Error::new(ErrorId::CredentialMissing, what).target(&profile.name))
        }
    }
}
