//! From a profile to its source, target and policy.

use zeroize::Zeroizing;

use crate::{
    directory::{Source, csv::CsvSource, ldap::LdapSource, ldif::LdifSource},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Evaluation, Fingerprint, Recipient, Timestamp},
    policy::{self, Policy},
    profile::{Profile, SourceKind, TargetKind},
    targets::{Target, active_directory::ActiveDirectoryTarget, exchange::Exchange, folder::Folder},
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
        let anchors = if profile.trust_anchor_path.is_empty() && profile.allow_untrusted {
            TrustAnchors::new([])
        } else {
            load_anchors(&profile.trust_anchor_path)?
        };
        let mut policy = Policy::new(profile.policy, profile.selection, profile.allow_untrusted);
        if profile.target == TargetKind::ActiveDirectory {
            policy = policy.curating(&profile.remove_value);
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
) -> Result<Box<dyn Source>> {
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
            let (user, password) = directory_credential(engine, profile, credential)?;
            Ok(Box::new(LdapSource::connect(profile, Some(user), Some(&password), context)?))
        }
    }
}

/// Opens the profile's target; nothing is read or written yet.
pub(super) fn target(
    engine: &Engine,
    profile: &Profile,
    credential: Option<&Credential>,
    context: &Context,
) -> Result<Box<dyn Target>> {
    match profile.target {
        TargetKind::ExchangeOnline | TargetKind::ExchangeSession => {
            Ok(Box::new(Exchange::new(exchange::channel(engine, profile, context)?, profile)))
        }
        TargetKind::ActiveDirectory => {
            let (user, password) = directory_credential(engine, profile, credential)?;
            Ok(Box::new(ActiveDirectoryTarget::connect(profile, Some(user), Some(&password), context)?))
        }
        TargetKind::Folder => {
            let path = profile.output_path.as_deref().ok_or_else(|| missing(profile, "OutputPath"))?;
            Ok(Box::new(Folder::new(path)))
        }
    }
}

/// Who signs in at the profile's directory. Fails with `CredentialMissing`.
fn directory_credential<'a>(
    engine: &Engine,
    profile: &Profile,
    credential: Option<&'a Credential>,
) -> Result<(&'a str, Zeroizing<Vec<u8>>)> {
    match (credential, engine.secret(PASSWORD)) {
        (Some(credential), Some(password)) => Ok((&credential.user_name, password)),
        _ => {
            let what = format!(
                "Profile '{}' signs in at {} and needs a credential.",
                profile.name,
                profile.server.as_deref().unwrap_or_default()
            );
            Err(Error::new(ErrorId::CredentialMissing, what).target(&profile.name))
        }
    }
}

fn missing(profile: &Profile, setting: &str) -> Error {
    Error::new(ErrorId::ProfileInvalid, format!("Profile '{}' has no -{setting}.", profile.name))
        .target(&profile.name)
}
