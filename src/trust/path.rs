//! The search for a chain: RFC 5280 §6.1 for names, signatures, validity, CA rights, path lengths and name
//! constraints. Certificate policies restrict nothing here, since none is required.

use super::{ChainStatus, PathValidator, TrustAnchors, constraints};
use crate::{
    certificate::{Certificate, KeyUsage},
    model::{Timestamp, counted},
};

/// CA certificates in one chain. Real ones have two or three.
const MAX_LENGTH: usize = 8;

/// Signatures that are checked for one certificate before the search is given up.
const MAX_SIGNATURES: usize = 32;

impl PathValidator for TrustAnchors {
    fn validate(&self, leaf: &Certificate, intermediates: &[&Certificate], now: Timestamp) -> ChainStatus {
        let mut search = Search {
            anchors: self,
            intermediates,
            now,
            signatures: 0,
            changes: Vec::new(),
            path: vec![leaf],
        };
        match search.climb() {
            Ok(()) => ChainStatus::Trusted { changes: search.changes },
            Err(Failure::Broken(reason)) => ChainStatus::Broken { reason, changes: search.changes },
            Err(Failure::Missing(_)) if leaf.is_self_issued() && leaf.verify_signed_by(leaf).is_ok() => {
                ChainStatus::SelfSigned
            }
            Err(Failure::Missing(issuer)) => ChainStatus::MissingIssuer(issuer),
        }
    }
}

enum Failure {
    /// No certificate of this issuer is there.
    Missing(String),
    /// There is one, but it does not vouch.
    Broken(String),
}

struct Search<'a> {
    anchors: &'a TrustAnchors,
    intermediates: &'a [&'a Certificate],
    now: Timestamp,
    signatures: usize,
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
        let others = self.intermediates.iter().filter(|other| other.subject.key == last.issuer.key);
        for (issuer, is_anchor) in anchors.chain(others.map(|other| (*other, false))) {
            if !may_have_signed(issuer, last) || self.path.contains(&issuer) {
                continue;
            }
            match self.step(last, issuer, is_anchor) {
                Ok(()) => return Ok(()),
                // What is broken on one way says more than what is missing on another.
                Err(other) if matches!(failure, Failure::Missing(_)) => failure = other,
                Err(_) => {}
            }
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
        self.signatures += 1;
        if self.signatures > MAX_SIGNATURES || self.path.len() > MAX_LENGTH {
            return Err(Failure::Broken("the search for a chain was given up: it has too many steps".into()));
        }
        last.verify_signed_by(issuer)
            .map_err(|cause| Failure::Broken(format!("of the certificate of {}, {cause}", last.subject)))?;
        self.path.push(issuer);
        let end =
            if is_anchor { constraints::check(&self.path).map_err(Failure::Broken) } else { self.climb() };
        if end.is_err() {
            self.path.pop();
        }
        end
    }

    /// Whether `issuer` is a CA that may stand above the path.
    fn check_rights(&self, issuer: &Certificate, is_anchor: bool) -> Result<(), String> {
        let name = &issuer.subject;
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
                "the certificate of the CA {name} has the extension {oid}, which forbids its use"
            ));
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

/// An extension that nobody may pass over: unknown and critical, there twice, or restricting and unreadable.
fn forbidding_extension(issuer: &Certificate) -> Option<&str> {
    const RESTRICTING: [&str; 3] = ["2.5.29.15", "2.5.29.19", "2.5.29.30"];
    let unreadable = issuer.malformed_extensions.iter().filter(|oid| RESTRICTING.contains(&oid.as_str()));
    let others = issuer.unknown_critical_extensions.iter().chain(&issuer.duplicate_extensions);
    unreadable.chain(others).map(String::as_str).next()
}
