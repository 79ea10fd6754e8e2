//! What differs between Active Directory and other directories, in one place.

use uuid::Uuid;

use super::{connection::Connection, filter::Filter, search::read_object};
use crate::{
    directory::{
        attribute_names::AttributeNames,
        entry::{ATTRIBUTES, AnchorKind, ENTRY_CSN, Entry, MODIFY_TIMESTAMP, USN_CHANGED},
        security_id, unique_id,
    },
    error::Result,
    event::Context,
    wildcard::Pattern,
};

/// How a server is asked.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    /// The filter of all recipients.
    pub recipients: &'static str,
    /// The attributes to ask for besides [`ATTRIBUTES`].
    more_attributes: &'static [&'static str],
    /// Whether tombstones can be seen (`LDAP_SERVER_SHOW_DELETED_OID`).
    pub tombstones: bool,
    /// Whether the name of a domain leads to its servers.
    pub has_domains: bool,
    /// Whether the server numbers its changes (uSNChanged).
    pub counts_changes: bool,
    /// The attribute that holds an object's own name.
    name: &'static str,
    /// The attributes that hold mail addresses, each with what stands before an address in it.
    addresses: &'static [(&'static str, &'static str)],
    /// Whether a filter can ask for members of groups within a group ([MS-ADTS] 3.1.1.3.4.4.3).
    nested_groups: bool,
    /// The attributes by which a server tells who is a recipient; every object has them.
    pub shown_by_all: &'static [&'static str],
    /// What its recipients are known by.
    pub anchor: AnchorKind,
    /// How it names attributes, for filters that are made here; those of people are in its own words.
    pub names: AttributeNames,
}

/// [MS-ADTS]. Users, contacts and disabled accounts of shared mailboxes; computers are of the class `user`, too, but
/// of another category, and their `userCertificate` holds the certificate of a device.
pub(super) const ACTIVE_DIRECTORY: Dialect = Dialect {
    recipients: "(|(&(objectCategory=person)(objectClass=user))(objectClass=contact))",
    more_attributes: &[USN_CHANGED],
    tombstones: true,
    has_domains: true,
    counts_changes: true,
    name: "distinguishedName",
    addresses: &[
        ("mail", ""),
        ("proxyAddresses", "smtp:"),
        ("userPrincipalName", ""),
        ("sAMAccountName", ""),
    ],
    nested_groups: true,
    shown_by_all: &["objectClass", "objectCategory"],
    anchor: AnchorKind::ObjectGuid,
    names: AttributeNames::OURS,
};

/// RFC 4519 and RFC 2798 for people; certificates are transferred as `;binary` (RFC 4523, 2.1), which servers may
/// insist on seeing in the request; `entryDN` is RFC 5020, `entryUUID` RFC 4530, `modifyTimestamp` RFC 4512, 3.4.3.
pub(super) const STANDARD: Dialect = Dialect {
    recipients: "(|(objectClass=person)(objectClass=inetOrgPerson))",
    more_attributes: &["userCertificate;binary", "userSMIMECertificate;binary", MODIFY_TIMESTAMP, ENTRY_CSN],
    tombstones: false,
    has_domains: false,
    counts_changes: false,
    name: "entryDN",
    addresses: &[("mail", "")],
    nested_groups: false,
    shown_by_all: &["objectClass"],
    anchor: AnchorKind::EntryUuid,
    names: AttributeNames::OURS,
};

/// The attributes that hold addresses and names only where a directory has others for them, as [`Dialect::addresses`].
const OTHER_ADDRESSES: [(&str, &str); 4] =
    [("proxyAddresses", "smtp:"), ("proxyAddresses", ""), ("userPrincipalName", ""), ("sAMAccountName", "")];

impl Dialect {
    /// The same for a server as it shows the object `base`: without `entryUUID`, recipients are known by their DN.
    /// One kind for all of them: which it is must not depend on who is read first.
    pub fn fitted(&self, connection: &mut Connection, base: &str, context: &Context) -> Result<Self> {
        if self.anchor != AnchorKind::EntryUuid {
            return Ok(self.clone());
        }
        let shown = read_object(connection, base, &["entryUUID"], context)?;
        let has_uuid = shown.is_some_and(|base| base.values("entryUUID").next().is_some());
        let anchor = if has_uuid { AnchorKind::EntryUuid } else { AnchorKind::DistinguishedName };
        Ok(Self { anchor, ..self.clone() })
    }

    /// What a search for recipients asks for.
    pub fn attributes(&self) -> Vec<&'static str> {
        [&ATTRIBUTES, self.more_attributes].concat()
    }

    /// What an entry is known by; `None` for one that shows no such thing.
    pub fn anchor_of(&self, entry: &Entry) -> Option<String> {
        self.anchor.text(entry).ok()
    }

    /// The attributes that [`Dialect::anchor_of`] needs, and [`Dialect::shown_by_all`].
    pub fn anchor_attributes(&self) -> &'static [&'static str] {
        match self.anchor {
            AnchorKind::ObjectGuid => &["objectGUID", "isDeleted", "objectClass", "objectCategory"],
            AnchorKind::EntryUuid => &["entryUUID", "objectClass"],
            AnchorKind::DistinguishedName => &["objectClass"],
        }
    }

    /// A filter for recipients with one of these anchors; `None` where none of them can be one.
    pub fn anchors<S: AsRef<str>>(&self, anchors: &[S]) -> Option<Filter> {
        let filters: Vec<_> =
            anchors.iter().filter_map(|anchor| self.anchor_filter(anchor.as_ref())).collect();
        (!filters.is_empty()).then(|| Filter::or(&filters))
    }

    fn anchor_filter(&self, text: &str) -> Option<Filter> {
        match self.anchor {
            // The 16 bytes of a GUID structure ([MS-DTYP] 2.3.4.2).
            AnchorKind::ObjectGuid => {
                Uuid::try_parse(text).ok().map(|guid| Filter::equality("objectGUID", &guid.to_bytes_le()))
            }
            AnchorKind::EntryUuid => unique_id::parse(text.as_bytes())
                .map(|id| Filter::equality(self.names.of("entryUUID"), id.as_bytes())),
            AnchorKind::DistinguishedName => {
                text.contains('=').then(|| Filter::equality(self.name, text.as_bytes()))
            }
        }
    }

    /// A filter for the members of a group, by the attribute that servers keep of it (`memberOf`, [MS-ADA2] 2.43).
    pub fn member_of(&self, group: &str) -> Filter {
        const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
        match self.nested_groups {
            true => Filter::matched("memberOf", IN_CHAIN, group.as_bytes()),
            false => Filter::equality("memberOf", group.as_bytes()),
        }
    }

    /// A filter for recipients that one of these identities may name. The server's comparison is wider than ours
    /// (Active Directory takes `jose` for `josé`), so what it finds is compared again.
    pub fn identities(&self, identities: &[String]) -> Filter {
        let filters: Vec<_> = identities.iter().map(|identity| self.identity(identity)).collect();
        Filter::or(&filters)
    }

    /// A filter for recipients with a name that one of these patterns may match; the server's comparison is wider than
    /// ours here, too, and distinguished names it compares as a whole only.
    pub fn matching(&self, patterns: &[Pattern]) -> Filter {
        let of = |pattern: &Pattern| {
            let fragments = pattern.fragments();
            if pattern.is_of_distinguished_names() {
                return vec![Filter::present("objectClass")];
            }
            let holding = |(attribute, prefix): (&str, &str)| {
                let mut fragments = fragments.clone();
                if let Some(first) = fragments.first_mut() {
                    first.insert_str(0, prefix);
                }
                Filter::substrings(attribute, &fragments)
            };
            self.addresses().map(holding).collect::<Vec<_>>()
        };
        Filter::or(&patterns.iter().flat_map(of).collect::<Vec<_>>())
    }

    /// The attributes that hold addresses and names, as the directory calls them, each with what stands before one in it.
    fn addresses(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let other = OTHER_ADDRESSES.iter().filter(|(name, _)| self.names.has_other(name));
        self.addresses.iter().chain(other).map(|(name, prefix)| (self.names.of(name), *prefix))
    }

    fn identity(&self, text: &str) -> Filter {
        if let Some(filter) = self.anchor_filter(text).filter(|_| !text.contains('@')) {
            return filter;
        }
        if let Some(security_id) = security_id::parse(text).filter(|_| self.anchor == AnchorKind::ObjectGuid)
        {
            return Filter::equality("objectSid", &security_id);
        }
        let name = || Filter::equality(self.name, text.as_bytes());
        if text.contains('=') && !text.contains('@') {
            return name();
        }
        let holding = |(attribute, prefix): (&str, &str)| {
            Filter::equality(attribute, format!("{prefix}{text}").as_bytes())
        };
        let mut filters: Vec<_> = self.addresses().map(holding).collect();
        if text.contains('=') {
            filters.push(name());
        }
        Filter::or(&filters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_become_filters_over_what_can_hold_them() {
        let parsed = |text: &str| Filter::parse(text).unwrap();
        let by_name = Dialect { anchor: AnchorKind::DistinguishedName, ..STANDARD };
        for (dialect, given, filter) in [
            (
                ACTIVE_DIRECTORY,
                "00112233-4455-6677-8899-aabbccddeeff",
                r"(objectGUID=\33\22\11\00\55\44\77\66\88\99\aa\bb\cc\dd\ee\ff)",
            ),
            (ACTIVE_DIRECTORY, "CN=a*,DC=x", r"(distinguishedName=CN=a\2a,DC=x)"),
            (ACTIVE_DIRECTORY, "S-1-5-18", r"(objectSid=\01\01\00\00\00\00\00\05\12\00\00\00)"),
            (STANDARD, "S-1-5-18", "(|(mail=S-1-5-18))"),
            (
                ACTIVE_DIRECTORY,
                "a(b)@x.test",
                r"(|(mail=a\28b\29@x.test)(proxyAddresses=smtp:a\28b\29@x.test)(userPrincipalName=a\28b\29@x.test)(sAMAccountName=a\28b\29@x.test))",
            ),
            (
                STANDARD,
                "00112233-4455-6677-8899-AABBCCDDEEFF",
                "(entryUUID=00112233-4455-6677-8899-aabbccddeeff)",
            ),
            (STANDARD, "cn=a,dc=x", "(entryDN=cn=a,dc=x)"),
            (STANDARD, "a@x.test", "(|(mail=a@x.test))"),
            (STANDARD, "mail=a@x.test,dc=x", "(|(mail=mail=a@x.test,dc=x)(entryDN=mail=a@x.test,dc=x))"),
            (by_name.clone(), "cn=a,dc=x", "(entryDN=cn=a,dc=x)"),
            (
                by_name,
                "00112233-4455-6677-8899-aabbccddeeff",
                "(|(mail=00112233-4455-6677-8899-aabbccddeeff))",
            ),
        ] {
            assert_eq!(dialect.identity(given), parsed(filter), "{given}");
        }
    }

    #[test]
    fn members_are_asked_for_by_the_group_and_in_active_directory_by_those_within_it() {
        let group = "CN=A (b),DC=x";
        for (dialect, filter) in [
            (ACTIVE_DIRECTORY, r"(memberOf:1.2.840.113556.1.4.1941:=CN=A \28b\29,DC=x)"),
            (STANDARD, r"(memberOf=CN=A \28b\29,DC=x)"),
        ] {
            assert_eq!(dialect.member_of(group), Filter::parse(filter).unwrap(), "{filter}");
        }
    }

    #[test]
    fn patterns_become_filters_over_what_can_hold_a_name() {
        let parsed = |text: &str| Filter::parse(text).unwrap();
        for (dialect, given, filter) in [
            (STANDARD, "al*@x.test", "(|(mail=al*@x.test))"),
            (STANDARD, "*", "(|(mail=*))"),
            (STANDARD, "cn=a*", "(|(objectClass=*))"),
            (
                ACTIVE_DIRECTORY,
                "*a?b",
                "(|(mail=*a*b)(proxyAddresses=smtp:*a*b)(userPrincipalName=*a*b)(sAMAccountName=*a*b))",
            ),
            (
                ACTIVE_DIRECTORY,
                "*",
                "(|(mail=*)(proxyAddresses=smtp:*)(userPrincipalName=*)(sAMAccountName=*))",
            ),
        ] {
            let pattern = Pattern::parse(given).unwrap();
            assert_eq!(dialect.matching(&[pattern]), parsed(filter), "{given}");
        }
    }

    #[test]
    fn where_a_directory_has_other_names_filters_have_them() {
        let map = serde_json::json!({
            "entryUUID": "nsUniqueId", "proxyAddresses": "mailAlternateAddress", "sAMAccountName": "uid"
        });
        let names = AttributeNames::new(&serde_json::from_value(map).unwrap());
        let dialect = Dialect { names, ..STANDARD };
        for (given, filter) in [
            (
                "a@x.test",
                "(|(mail=a@x.test)(mailAlternateAddress=smtp:a@x.test)(mailAlternateAddress=a@x.test)(uid=a@x.test))",
            ),
            ("3A1F0C01-1DD211B2-80A6C0A8-01010000", "(nsUniqueId=3a1f0c01-1dd211b2-80a6c0a8-01010000)"),
            ("cn=a,dc=x", "(entryDN=cn=a,dc=x)"),
        ] {
            assert_eq!(dialect.identity(given), Filter::parse(filter).unwrap(), "{given}");
        }
        let pattern = Pattern::parse("a*").unwrap();
        let matching = "(|(mail=a*)(mailAlternateAddress=smtp:a*)(mailAlternateAddress=a*)(uid=a*))";
        assert_eq!(dialect.matching(&[pattern]), Filter::parse(matching).unwrap());
    }

    #[test]
    fn anchors_that_can_not_be_any_are_not_asked_for() {
        let anchors = ["nobody".to_owned(), "cn=a,dc=x".to_owned()];
        let by_name = Dialect { anchor: AnchorKind::DistinguishedName, ..STANDARD };
        assert_eq!(ACTIVE_DIRECTORY.anchors(&anchors), None);
        assert_eq!(STANDARD.anchors(&anchors), None);
        assert_eq!(by_name.anchors(&anchors), Some(Filter::parse("(|(entryDN=cn=a,dc=x))").unwrap()));
    }
}
