//! Name constraints (RFC 5280 §4.2.1.10) of the CAs of a path on the names of the certificates below them.

use x509_parser::{extensions::GeneralSubtree, prelude::FromDer};

use super::{Checks, subtrees::Subtrees};
use crate::{
    certificate::{AlternativeName, Certificate, MAX_NAMES, NameConstraints},
    model::shortened,
};

/// Letters of a name that messages show.
const SHOWN: usize = 200;

/// Why a path does not hold, as a phrase.
pub(super) enum Objection {
    /// A name is forbidden, or constraints can't be read.
    Forbidden(String),
    /// There are more names than are read.
    NotChecked(String),
}

/// Checks every certificate of `path` (the leaf first) against the constraints of the CAs above it.
pub(super) fn check(path: &[&Certificate], checks: &mut Checks) -> Result<(), Objection> {
    for (above, ca) in path.iter().enumerate().skip(1) {
        let Some(written) = &ca.name_constraints else { continue };
        let Some(constraints) = checks.constraints(ca, written) else {
            let reason = format!("the name constraints of the CA {} can't be read", ca.subject);
            return Err(Objection::Forbidden(reason));
        };
        for (below, certificate) in path.iter().take(above).enumerate() {
            // RFC 5280 §6.1.3 (b): self-issued CA certificates are exempt, the leaf never is.
            if below > 0 && certificate.is_self_issued() {
                continue;
            }
            if let Some(name) = constraints.forbidden(certificate) {
                let (ca, name) = (&ca.subject, shortened(&name, SHOWN));
                return Err(Objection::Forbidden(format!("the CA {ca} is not allowed to issue for {name}")));
            }
            if certificate.names_left_out > 0 {
                return Err(Objection::NotChecked(format!(
                    "the CA {} may issue for certain names only, and the certificate of {} names more than {MAX_NAMES}",
                    ca.subject, certificate.subject
                )));
            }
        }
    }
    Ok(())
}

/// The name constraints of one CA.
#[derive(Debug)]
pub(super) struct Constraints {
    permitted: Subtrees,
    excluded: Subtrees,
    critical: bool,
}

impl Constraints {
    /// Reads them; `None` where that can't be done.
    pub(super) fn read(written: &NameConstraints) -> Option<Self> {
        let (_, constraints) = x509_parser::extensions::NameConstraints::from_der(&written.der).ok()?;
        let subtrees =
            |some: &Option<Vec<GeneralSubtree<'_>>>| Subtrees::of(some.as_deref().unwrap_or_default());
        Some(Self {
            permitted: subtrees(&constraints.permitted_subtrees),
            excluded: subtrees(&constraints.excluded_subtrees),
            critical: written.critical,
        })
    }

    /// The first name of `certificate` that they forbid.
    fn forbidden(&self, certificate: &Certificate) -> Option<String> {
        let address = certificate.addresses.iter().find(|one| self.forbid(|all| all.cover_address(one)));
        if let Some(address) = address {
            return Some(address.text.clone());
        }
        let subject = &certificate.subject;
        if !subject.key.is_empty() && self.forbid(|all| all.cover_directory_name(subject)) {
            return Some(subject.to_string());
        }
        certificate.alternative_names.iter().find_map(|name| {
            let (forbidden, shown) = match name {
                AlternativeName::Directory(name) => {
                    (self.forbid(|all| all.cover_directory_name(name)), name.to_string())
                }
                AlternativeName::Dns(name) => (self.forbid(|all| all.cover_dns_name(name)), name.clone()),
                AlternativeName::Uri(uri) => (self.forbid(|all| all.cover_uri(uri)), uri.clone()),
                AlternativeName::Ip(octets) => (self.forbid(|all| all.cover_ip(octets)), ip_text(octets)),
                AlternativeName::Other(form) => {
                    (self.is_uncompared(form), format!("a name of the form {form}, which can't be compared"))
                }
            };
            forbidden.then_some(shown)
        })
    }

    /// Whether a name is among the excluded ones, or not among the permitted ones of its form.
    fn forbid(&self, covers: impl Fn(&Subtrees) -> Option<bool>) -> bool {
        covers(&self.excluded) == Some(true) || covers(&self.permitted) == Some(false)
    }

    /// Whether names of that form are restricted in a way that nobody may pass over.
    fn is_uncompared(&self, form: &str) -> bool {
        self.critical && (self.permitted.others.contains(form) || self.excluded.others.contains(form))
    }
}

fn ip_text(octets: &[u8]) -> String {
    let v4 = || <[u8; 4]>::try_from(octets).map(|four| std::net::Ipv4Addr::from(four).to_string());
    let v6 = || <[u8; 16]>::try_from(octets).map(|all| std::net::Ipv6Addr::from(all).to_string());
    v4().or_else(|_| v6()).unwrap_or_else(|_| format!("the IP address {}", hex::encode(octets)))
}
