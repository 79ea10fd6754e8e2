//! The search for a chain: RFC 5280 §6.1 for names, signatures, validity, CA rights, path lengths and name
//! constraints. Certificate policies restrict nothing here, since none is required.

use super::{
    ChainStatus, Checks, Intermediates, PathValidator, TrustAnchors,
    constraints::{self, Objection},
};
use crate::{
    certificate::{Certificate, KeyUsage, MAX_SIGNATURES, SignatureFailure, extension_name},
    model::{Timestamp, counted},
};

/// CA certificates in one chain. Real ones have two or three.
const MAX_LENGTH: usize = 8;

/// Signatures that are looked at for one certificate before the search is given up.
const MAX_STEPS: usize = 32;

/// Bits of a CA's RSA key: shorter ones can be broken by those with means (RFC 8550 §4.3).
const MIN_RSA: u32 = 2048;

impl PathValidator for TrustAnchors {
    fn validate(
        &self,
        leaf: &Certificate,
        intermediates: &Intermediates<'_>,
        now: Timestamp,
        checks: &mut Checks,
    ) -> ChainStatus {
        let mut search = Search {
            anchors: self,
            intermediates,
            now,
            checks,
            steps: 0,
            changes: Vec::new(),
            path: vec![leaf],
        };
        let found = search.climb();
        let mut changes = search.changes;
        changes.sort_unstable();
        changes.dedup();
        match found {
            Ok(()) => ChainStatus::Trusted { changes },
            Err(Failure::NotChecked(reason)) => ChainStatus::NotChecked { reason, changes },
            Err(Failure::Uncheckable(reason)) => ChainStatus::Uncheckable { reason, changes },
            Err(Failure::Broken(reason)) => ChainStatus::Broken { reason, changes },
            Err(Failure::Missing(issuer)) if leaf.is_self_issued() => match checks.signed_by(leaf, leaf) {
                Ok(()) => ChainStatus::SelfSigned,
                Err(SignatureFailure::NotChecked) => ChainStatus::NotChecked { reason: too_many(), changes },
                Err(_) => ChainStatus::MissingIssuer(issuer),
            },
            Err(Failure::Missing(issuer)) => ChainStatus::MissingIssuer(issuer),
        }
    }
}

enum Failure {
    /// No certificate of this issuer is there.
    Missing(String),
    /// There is one, but it does not vouch.
    Broken(String),
    /// There is one, and its signature is of a kind that nobody here can check.
    Uncheckable(String),
    /// There is one, and nobody looked whether it does.
    NotChecked(String),
}

impl Failure {
    /// What says more is higher: what is broken on one way more than what is missing on another, and most a way that
    /// was not gone, since it may have led to an anchor.
    fn rank(&self) -> u8 {
        match self {
            Self::Missing(_) => 0,
            Self::Broken(_) => 1,
            Self::Uncheckable(_) => 2,
            Self::NotChecked(_) => 3,
        }
    }
}

fn too_many() -> String {
    format!("the recipient's values need more than {MAX_SIGNATURES} checks of signatures")
}

struct Search<'a> {
    anchors: &'a TrustAnchors,
    intermediates: &'a Intermediates<'a>,
    now: Timestamp,
    checks: &'a mut Checks,
    steps: usize,
    changes: Vec<Timestamp>,
    /// The certificates so far, the leaf first.
    path: Vec<&'a Certificate>,
}

impl<'a> Search<'a> {
    /// Goes on from the end of the path to an anchor.
    fn climb(&mut self) -> Result<(), Failure> {
        let Some(&last) = self.path.last() else { return Err(Failure::Broken("it is empty".into())) };
        let mut failure = Failure::Missing(last.issuer.to_string());
        let anchors = self.anchors.named(&last.issuer.key).iter().map(|anchor| (anchor, true));
        let intermediates = self.intermediates;
        let others = intermediates.named(&last.issuer.key);
        let tried = others.iter().flat_map(|others| &others.tried).map(|other| (*other, false));
        for (issuer, is_anchor) in anchors.chain(tried) {
            let on_path = |one: &&Certificate| one.fingerprint == issuer.fingerprint;
            if !may_have_signed(issuer, last) || self.path.iter().any(on_path) {
                continue;
            }
            match self.step(last, issuer, is_anchor) {
                Ok(()) => return Ok(()),
                // What is missing further up is what is needed.
                Err(other) if other.rank() > failure.rank() || failure.rank() == 0 => failure = other,
                Err(_) => {}
            }
            if self.steps > MAX_STEPS {
                break;
            }
        }
        if others.is_some_and(|others| others.cut_short) {
            let reason = format!("too many CA certificates of the name {} are there", last.issuer);
            failure = Failure::NotChecked(reason);
        }
        Err(failure)
    }

    fn step(
        &mut self,
        last: &'a Certificate,
        issuer: &'a Certificate,
        is_anchor: bool,
    ) -> Result<(), Failure> {
        self.changes.extend([issuer.not_before, issuer.not_after.plus(1)]);
        self.check_rights(issuer, is_anchor).map_err(Failure::Broken)?;
        self.steps += 1;
        if self.steps > MAX_STEPS || self.path.len() > MAX_LENGTH {
            let reason = "the search for a chain was given up: it has too many steps";
            return Err(Failure::NotChecked(reason.into()));
        }
        self.checks.signed_by(last, issuer).map_err(|cause| match cause {
            SignatureFailure::NotChecked => Failure::NotChecked(too_many()),
            SignatureFailure::Unsupported(_) => {
                Failure::Uncheckable(format!("of the certificate of {}, {cause}", last.subject))
            }
            other => Failure::Broken(format!("of the certificate of {}, {other}", last.subject)),
        })?;
        self.path.push(issuer);
        let end = if is_anchor {
            constraints::check(&self.path, self.checks).map_err(|objection| match objection {
                Objection::Forbidden(reason) => Failure::Broken(reason),
                Objection::NotChecked(reason) => Failure::NotChecked(reason),
            })
        } else {
            self.climb()
        };
        if end.is_err() {
            self.path.pop();
        }
        end
    }

    /// Whether `issuer` is a CA that may stand above the path.
    fn check_rights(&self, issuer: &Certificate, is_anchor: bool) -> Result<(), String> {
        let name = &issuer.subject;
        if let Some(oid) = issuer.unreadable_restrictions.first() {
            return Err(format!(
                "of the certificate of the CA {name}, the extension {} can't be read, which may forbid its use",
                extension_name(oid)
            ));
        }
        if issuer.version > 3 {
            let version = issuer.version;
            return Err(format!(
                "the certificate of the CA {name} is of version {version}, which does not exist"
            ));
        }
        if let Some(flaw) = issuer.encoding.time {
            return Err(format!("a time in the validity of the certificate of the CA {name} {flaw}"));
        }
        if !issuer.is_ca() {
            return Err(format!("the issuer {name} is not a CA"));
        }
        if issuer.key_usage.is_some_and(|usage| !usage.has(KeyUsage::KEY_CERT_SIGN)) {
            return Err(format!("the CA {name} has no right to sign certificates (keyCertSign)"));
        }
        if !issuer.allows_mail() {
            // RFC 5280 leaves this open; Windows and the S/MIME Baseline Requirements take a CA's as a limit.
            return Err(format!("the CA {name} may not issue certificates for mail (extended key usage)"));
        }
        if self.now < issuer.not_before {
            return Err(format!("the certificate of the CA {name} is valid only from {}", issuer.not_before));
        }
        if issuer.not_after < self.now {
            return Err(format!("the certificate of the CA {name} expired on {}", issuer.not_after));
        }
        // Nobody relies on the signature of an anchor.
        if issuer.signature_algorithm.is_weak() && !is_anchor {
            let algorithm = &issuer.signature_algorithm.name;
            return Err(format!(
                "the certificate of the CA {name} is signed with {algorithm}, which is weak"
            ));
        }
        if let Some(oid) = forbidding_extension(issuer) {
            return Err(format!(
                "the certificate of the CA {name} has the extension {}, which forbids its use",
                extension_name(oid)
            ));
        }
        if let Some(bits) = issuer.key.size.filter(|bits| issuer.key.algorithm.is_rsa() && *bits < MIN_RSA) {
            return Err(format!("the CA {name} has an RSA key of {bits} bits, and {MIN_RSA} are the least"));
        }
        let cas_below = self.path.iter().skip(1).filter(|ca| !ca.is_self_issued()).count();
        let limit = issuer.basic_constraints.and_then(|constraints| constraints.path_length);
        if limit.is_some_and(|limit| cas_below > limit as usize) {
            let below = counted(cas_below, "CA", "CAs");
            return Err(format!("the CA {name} does not allow {below} below it (pathLenConstraint)"));
        }
        Ok(())
    }
}

/// Whether the key identifiers, where both are there, say that `issuer`'s key signed `subject`.
fn may_have_signed(issuer: &Certificate, subject: &Certificate) -> bool {
    match (&subject.authority_key_id, &issuer.subject_key_id) {
        (Some(wanted), Some(there)) => wanted == there,
        _ => true,
    }
}

/// An extension that nobody may pass over: unknown and critical, or there twice.
fn forbidding_extension(issuer: &Certificate) -> Option<&String> {
    issuer.unknown_critical_extensions.iter().chain(&issuer.duplicate_extensions).next()
}
