//! Name constraints (RFC 5280 §4.2.1.10) on mail addresses and subjects. Names and constraints may be very many, so
//! names are looked up and never compared one by one.

use std::collections::HashSet;

use x509_parser::{
    extensions::{GeneralName, GeneralSubtree, NameConstraints},
    prelude::FromDer,
};

use super::Checks;
use crate::{
    certificate::{Certificate, MAX_NAMES, Name},
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
        let Some(der) = &ca.name_constraints else { continue };
        let Some(constraints) = checks.constraints(ca, der) else {
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
}

impl Constraints {
    /// Reads them; `None` where that can't be done.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, constraints) = NameConstraints::from_der(der).ok()?;
        let subtrees =
            |some: &Option<Vec<GeneralSubtree<'_>>>| Subtrees::of(some.as_deref().unwrap_or_default());
        Some(Self {
            permitted: subtrees(&constraints.permitted_subtrees),
            excluded: subtrees(&constraints.excluded_subtrees),
        })
    }

    /// The first name of `certificate` that they forbid.
    fn forbidden(&self, certificate: &Certificate) -> Option<String> {
        let Self { permitted, excluded } = self;
        // Also the user principal name, since it is taken as an address: stricter than the RFC, and safe.
        // What nobody sees in an address does not take it out of what they cover.
        let address = certificate.addresses.iter().find(|address| {
            let address = address.looks_like();
            excluded.cover_address(&address)
                || permitted.limit_addresses() && !permitted.cover_address(&address)
        });
        if let Some(address) = address {
            return Some(address.text.clone());
        }
        let key = &certificate.subject.key;
        let outside = !permitted.names.is_empty() && !permitted.cover_name(key);
        (!key.is_empty() && (outside || excluded.cover_name(key))).then(|| certificate.subject.to_string())
    }
}

/// What one list of subtrees covers, by kinds of names.
#[derive(Debug, Default)]
struct Subtrees {
    /// Whole addresses.
    addresses: HashSet<String>,
    /// All addresses at a host.
    hosts: HashSet<String>,
    /// With a leading dot: all addresses at the hosts below a domain.
    domains: HashSet<String>,
    /// All addresses.
    all_addresses: bool,
    /// The beginnings of names' keys.
    names: Vec<String>,
}

impl Subtrees {
    fn of(subtrees: &[GeneralSubtree<'_>]) -> Self {
        let mut all = Self::default();
        for subtree in subtrees {
            match &subtree.base {
                GeneralName::RFC822Name(base) => all.add_address(&base.to_lowercase()),
                GeneralName::DirectoryName(base) => all.names.push(Name::key_of(base)),
                _ => {}
            }
        }
        all
    }

    fn add_address(&mut self, base: &str) {
        match base {
            "" => self.all_addresses = true,
            address if address.contains('@') => drop(self.addresses.insert(address.to_owned())),
            domain if domain.starts_with('.') => drop(self.domains.insert(domain.to_owned())),
            host => drop(self.hosts.insert(host.to_owned())),
        }
    }

    /// Whether they are about addresses at all.
    fn limit_addresses(&self) -> bool {
        self.all_addresses
            || ![&self.addresses, &self.hosts, &self.domains].into_iter().all(HashSet::is_empty)
    }

    fn cover_address(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        let mut ends = domain.match_indices('.').filter_map(|(at, _)| domain.get(at..));
        self.all_addresses
            || self.addresses.contains(&address)
            || self.hosts.contains(domain)
            || !self.domains.is_empty() && ends.any(|end| self.domains.contains(end))
    }

    fn cover_name(&self, key: &str) -> bool {
        self.names.iter().any(|base| key.starts_with(base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_constraints_read_as_in_rfc_5280() {
        for (address, base, within) in [
            ("a@contoso.test", "a@contoso.test", true),
            ("b@contoso.test", "a@contoso.test", false),
            ("A@Contoso.test", "contoso.test", true),
            ("a@mail.contoso.test", "contoso.test", false),
            ("a@mail.contoso.test", ".contoso.test", true),
            ("a@contoso.test", ".contoso.test", false),
            ("a@contoso.test", "", true),
            ("no address", "contoso.test", false),
        ] {
            let mut subtrees = Subtrees::default();
            subtrees.add_address(&base.to_lowercase());
            assert_eq!(subtrees.cover_address(address), within, "{address} in {base}");
        }
    }
}
