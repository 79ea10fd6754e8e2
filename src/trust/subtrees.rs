//! One list of subtrees of name constraints (RFC 5280 §4.2.1.10): which names they cover. Names and subtrees may be very
//! many, so that names are looked up, and never compared one by one.

use std::collections::HashSet;

use x509_parser::extensions::{GeneralName, GeneralSubtree};

use crate::certificate::{Address, AddressOrigin, Name, address_key, domain_key, form_of};

/// The subtrees of one list, by the forms of names.
#[derive(Debug, Default)]
pub(super) struct Subtrees {
    /// Of rfc822Name, which SmtpUTF8Mailbox and the subject's emailAddress are held against, too (RFC 9598 §6).
    mail: Option<Addresses>,
    /// Of the user principal name.
    user_principal_name: Option<Addresses>,
    /// The keys of directory names.
    directory: Option<HashSet<String>>,
    dns: Option<HashSet<String>>,
    uri: Option<Hosts>,
    ip: Option<Vec<Vec<u8>>>,
    /// The forms of names that nobody here compares.
    pub(super) others: HashSet<String>,
}

/// Whether a list covers a name; `None`: it says nothing of names of that form.
type Covers = Option<bool>;

impl Subtrees {
    pub(super) fn of(subtrees: &[GeneralSubtree<'_>]) -> Self {
        let mut all = Self::default();
        for subtree in subtrees {
            all.add(&subtree.base);
        }
        all
    }

    fn add(&mut self, base: &GeneralName<'_>) {
        match base {
            GeneralName::RFC822Name(base) => self.mail.get_or_insert_default().add(base),
            GeneralName::DirectoryName(base) => {
                self.directory.get_or_insert_default().insert(Name::key_of(base));
            }
            GeneralName::DNSName(base) => {
                // Some CAs write the dot of the other forms here, too.
                let base = domain_key(base.strip_prefix('.').unwrap_or(base));
                self.dns.get_or_insert_default().insert(base);
            }
            GeneralName::URI(base) => self.uri.get_or_insert_default().add(base),
            GeneralName::IPAddress(octets) => self.ip.get_or_insert_default().push(octets.to_vec()),
            other => match Address::of_general_name(other) {
                Some(Address { text, origin: AddressOrigin::UserPrincipalName }) => {
                    self.user_principal_name.get_or_insert_default().add(&text);
                }
                _ => self.others.extend(form_of(other)),
            },
        }
    }

    pub(super) fn cover_address(&self, address: &Address) -> Covers {
        // What nobody sees in an address does not take it out of what they cover.
        let text = address.looks_like();
        let addresses = match address.origin {
            // Its suffix is often no mail domain: no rfc822Name.
            AddressOrigin::UserPrincipalName => &self.user_principal_name,
            _ => &self.mail,
        };
        Some(addresses.as_ref()?.cover(&text))
    }

    pub(super) fn cover_directory_name(&self, name: &Name) -> Covers {
        let bases = self.directory.as_ref()?;
        Some(name.ancestors().any(|ancestor| bases.contains(ancestor)))
    }

    pub(super) fn cover_dns_name(&self, name: &str) -> Covers {
        let (bases, name) = (self.dns.as_ref()?, domain_key(name));
        let below = name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..));
        Some(std::iter::once(name.as_str()).chain(below).chain([""]).any(|end| bases.contains(end)))
    }

    /// A URI without a host is covered by nothing, so that no list that permits any lets it pass.
    pub(super) fn cover_uri(&self, uri: &str) -> Covers {
        let hosts = self.uri.as_ref()?;
        Some(host_of(uri).is_some_and(|host| hosts.cover(&domain_key(host))))
    }

    pub(super) fn cover_ip(&self, address: &[u8]) -> Covers {
        let covers = |range: &Vec<u8>| {
            let Some((base, mask)) = range.split_at_checked(address.len()) else { return false };
            let masked = |octets: &[u8]| octets.iter().zip(mask).map(|(a, b)| a & b).collect::<Vec<_>>();
            mask.len() == address.len() && masked(base) == masked(address)
        };
        Some(self.ip.as_ref()?.iter().any(covers))
    }
}

/// Subtrees of addresses.
#[derive(Debug, Default)]
struct Addresses {
    /// Whole addresses.
    whole: HashSet<String>,
    hosts: Hosts,
    /// All addresses.
    all: bool,
}

impl Addresses {
    fn add(&mut self, base: &str) {
        match base.rsplit_once('@') {
            None if base.is_empty() => self.all = true,
            // None of the RFC's forms, but written, and taken so by OpenSSL.
            Some(("", host)) => self.hosts.add(host),
            Some(_) => _ = self.whole.insert(address_key(base)),
            None => self.hosts.add(base),
        }
    }

    fn cover(&self, address: &str) -> bool {
        let host = address.rsplit_once('@').map_or("", |(_, host)| host);
        self.all || self.whole.contains(&address_key(address)) || self.hosts.cover(&domain_key(host))
    }
}

/// Subtrees of hosts.
#[derive(Debug, Default)]
struct Hosts {
    /// Single hosts.
    hosts: HashSet<String>,
    /// With a leading dot: all hosts below a domain.
    domains: HashSet<String>,
}

impl Hosts {
    fn add(&mut self, base: &str) {
        match base.strip_prefix('.') {
            Some(domain) => _ = self.domains.insert(format!(".{}", domain_key(domain))),
            None => _ = self.hosts.insert(domain_key(base)),
        }
    }

    fn cover(&self, host: &str) -> bool {
        let mut ends = host.match_indices('.').filter_map(|(at, _)| host.get(at..));
        self.hosts.contains(host) || ends.any(|end| self.domains.contains(end))
    }
}

/// The host of a URI with an authority (RFC 3986 §3.2), if it is a name.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let is_number = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    (!host.is_empty() && !is_number).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(base: GeneralName<'_>) -> Subtrees {
        Subtrees::of(&[GeneralSubtree { base }])
    }

    #[test]
    fn address_constraints_read_as_in_rfc_5280() {
        for (address, base, within) in [
            ("a@contoso.test", "a@contoso.test", true),
            ("b@contoso.test", "a@contoso.test", false),
            ("A@Contoso.test", "contoso.test", true),
            ("a@mail.contoso.test", "contoso.test", false),
            ("a@mail.contoso.test", ".contoso.test", true),
            ("a@contoso.test", ".contoso.test", false),
            ("a@contoso.test", "@contoso.test", true),
            ("a@mail.contoso.test", "@contoso.test", false),
            ("a@contoso.test", "", true),
            ("no address", "contoso.test", false),
            ("a@bücher.test", "xn--bcher-kva.test", true),
            ("a@xn--bcher-kva.test", "BÜCHER.test", true),
            ("a@mail.bücher.test", ".xn--bcher-kva.test", true),
        ] {
            let named = Address { text: address.into(), origin: AddressOrigin::Rfc822Name };
            assert_eq!(Subtrees::default().cover_address(&named), None, "nothing is said of addresses");
            let subtrees = only(GeneralName::RFC822Name(base));
            assert_eq!(subtrees.cover_address(&named), Some(within), "{address} in {base}");
        }
    }

    #[test]
    fn dns_names_are_covered_by_every_domain_above_them() {
        for (name, base, within) in [
            ("host.contoso.test", "contoso.test", true),
            ("contoso.test", "contoso.test", true),
            ("contoso.test", ".contoso.test", true),
            ("notcontoso.test", "contoso.test", false),
            ("a.BÜCHER.test", "xn--bcher-kva.test", true),
            ("anything", "", true),
        ] {
            let subtrees = only(GeneralName::DNSName(base));
            assert_eq!(subtrees.cover_dns_name(name), Some(within), "{name} in {base}");
        }
    }

    #[test]
    fn of_a_uri_its_host_counts() {
        for (uri, base, within) in [
            ("https://host.contoso.test/a?b#c", "host.contoso.test", true),
            ("https://user@host.contoso.test:8443", ".contoso.test", true),
            ("https://contoso.test/", ".contoso.test", false),
            ("https://evil.test/.contoso.test", ".contoso.test", false),
            ("urn:contoso.test", "contoso.test", false),
            ("https://192.0.2.1/", "192.0.2.1", false),
        ] {
            let subtrees = only(GeneralName::URI(base));
            assert_eq!(subtrees.cover_uri(uri), Some(within), "{uri} in {base}");
        }
    }

    #[test]
    fn ip_addresses_are_compared_under_the_mask() {
        for (address, range, within) in [
            (&[192, 0, 2, 77][..], &[192, 0, 2, 0, 255, 255, 255, 0][..], true),
            (&[192, 0, 3, 77], &[192, 0, 2, 0, 255, 255, 255, 0], false),
            (&[192, 0, 2, 77], &[192, 0, 2, 99, 255, 255, 255, 0], true),
            (&[0x20; 16], &[0x20; 32], true),
            (&[0x20; 16], &[192, 0, 2, 0, 255, 255, 255, 0], false),
            (&[192, 0, 2, 77], &[192, 0, 2], false),
        ] {
            let subtrees = only(GeneralName::IPAddress(range));
            assert_eq!(subtrees.cover_ip(address), Some(within), "{address:?} in {range:?}");
        }
    }
}
