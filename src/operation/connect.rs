//! From a profile to its source, target and policy.

use crate::{
    directory::{Source, csv::CsvSource, ldap::LdapSource, ldif::LdifSource},
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::CmdletChannel,
    policy::{self, Policy, evaluation::Evaluation},
    profile::{Profile, SourceKind, TargetKind},
    recipient::{Fingerprint, Recipient},
    target::{Target, folder::Folder},
    timestamp::Timestamp,
    trust::{TrustAnchors, load_anchors},
};

use super::{Engine, request::Credential};

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
            let password = engine.secret(PASSWORD);
            let user = credential.map(|credential| credential.user_name.as_str());
            if user.is_none() || password.is_none() {
                let what = format!(
                    "Profile '{}' signs in at {} and needs a credential.",
                    profile.name,
                    profile.server.as_deref().unwrap_or_default()
                );
                return Err(Error::new(ErrorId::CredentialMissing, what).target(&profile.name));
            }
            let password = password.as_ref().map(|password| password.as_slice());
            Ok(Box::new(LdapSource::connect(profile, user, password, context)?))
        }
    }
}

/// Opens the profile's target; nothing is read or written yet.
pub(super) fn target(
    _engine: &Engine,
    profile: &Profile,
    _credential: Option<&Credential>,
    _context: &Context,
) -> Result<Box<dyn Target>> {
    match profile.target {
        TargetKind::ExchangeOnline | TargetKind::ExchangeSession | TargetKind::ActiveDirectory => {
            Err(missing(profile, "Target"))
        }
        TargetKind::Folder => {
            let path = profile.output_path.as_deref().ok_or_else(|| missing(profile, "OutputPath"))?;
            Ok(Box::new(Folder::new(path)))
        }
    }
}

/// Where the profile's target runs its cmdlets. Fails with `ProfileInvalid` where the target is not in Exchange.
pub(super) fn channel(
    _engine: &Engine,
    profile: &Profile,
    _context: &Context,
) -> Result<Box<dyn CmdletChannel>> {
    match profile.target {
        TargetKind::ExchangeOnline | TargetKind::ExchangeSession => {
            Err(Error::new(ErrorId::Internal, "There is no channel to Exchange."))
        }
        other => {
            let what = format!(
                "Profile '{}' publishes to {other:?}; only Exchange (ExchangeOnline, ExchangeSession) has a trust store.",
                profile.name
            );
            Err(Error::new(ErrorId::ProfileInvalid, what).target(&profile.name))
        }
    }
}

fn missing(profile: &Profile, setting: &str) -> Error {
    Error::new(ErrorId::ProfileInvalid, format!("Profile '{}' has no -{setting}.", profile.name))
        .target(&profile.name)
}
