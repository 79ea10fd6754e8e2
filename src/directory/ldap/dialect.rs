//! What differs between Active Directory and other directories, in one place.

use uuid::Uuid;

use super::{connection::Connection, filter::Filter, search::read_object};
use crate::{
    directory::entry::{ATTRIBUTES, AnchorKind, ENTRY_CSN, Entry, MODIFY_TIMESTAMP, USN_CHANGED},
    error::Result,
    event::Context,
};

/// How a server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// The filter of all recipients.
    pub recipients: &'static str,
    /// The attributes to ask for besides [`ATTRIBUTES`].
    more_attributes: &'static [&'static str],
    /// Whether tombstones can be seen (`LDAP_SERVER_SHOW_DELETED_OID`).
    pub tombstones: bool,
    /// Whether the server numbers its changes (uSNChanged).
    pub counts_changes: bool,
    /// The attribute that holds an object's own name.
    name: &'static str,
    /// The attributes that hold mail addresses, each with what stands before an address in it.
    addresses: &'static [(&'static str, &'static str)],
    /// What its recipients are known by.
    pub anchor: AnchorKind,
}

/// [MS-ADTS]. Users, contacts and disabled accounts of shared mailboxes; computers are of the class `user`, too, but
/// of another category, and their `userCertificate` holds the certificate of a device.
pub(super) const ACTIVE_DIRECTORY: Dialect = Dialect {
    recipients: "(|(&(objectCategory=person)(objectClass=user))(objectClass=contact))",
    more_attributes: &[USN_CHANGED],
    tombstones: true,
    counts_changes: true,
    name: "distinguishedName",
    addresses: &[
        ("mail", ""),
        ("proxyAddresses", "smtp:"),
        ("userPrincipalName", ""),
        ("sAMAccountName", ""),
    ],
    anchor: AnchorKind::ObjectGuid,
};

/// RFC 4519 and RFC 2798 for people; certificates are transferred as `;binary` (RFC 4523, 2.1), which servers may
/// insist on seeing in the request; `entryDN` is RFC 5020, `entryUUID` RFC 4530, `modifyTimestamp` RFC 4512, 3.4.3.
pub(super) const STANDARD: Dialect = Dialect {
    recipients: "(|(objectClass=person)(objectClass=inetOrgPerson))",
    more_attributes: &["userCertificate;binary", "userSMIMECertificate;binary", MODIFY_TIMESTAMP, ENTRY_CSN],
    tombstones: false,
    counts_changes: false,
    name: "entryDN",
    addresses: &[("mail", "")],
    anchor: AnchorKind::EntryUuid,
};

impl Dialect {
    /// The same for a server as it shows the object `base`: without `entryUUID`, recipients are known by their DN.
    /// One kind for all of them: which it is must not depend on who is read first.
    pub fn fitted(self, connection: &mut Connection, base: &str, context: &Context) -> Result<Self> {
        if self.anchor != AnchorKind::EntryUuid {
            return Ok(self);
        }
        let shown = read_object(connection, base, &["entryUUID"], context)?;
        let has_uuid = shown.is_some_and(|base| base.values("entryUUID").next().is_some());
        let anchor = if has_uuid { AnchorKind::EntryUuid } else { AnchorKind::DistinguishedName };
        Ok(Self { anchor, ..self })
    }

    /// What a search for recipients asks for.
    pub fn attributes(&self) -> Vec<&'static str> {
        [&ATTRIBUTES, self.more_attributes].concat()
    }

    /// What an entry is known by; `None` for one that shows no such thing.
    pub fn anchor_of(&self, entry: &Entry) -> Option<String> {
        self.anchor.text(entry).ok()
    }

    /// The attributes that [`Dialect::anchor_of`] needs.
    pub fn anchor_attributes(&self) -> &'static [&'static str] {
        match self.anchor {
            AnchorKind::ObjectGuid => &["objectGUID", "isDeleted"],
            AnchorKind::EntryUuid => &["entryUUID"],
            // No attributes at all (RFC 4511, 4.5.1.8).
            AnchorKind::DistinguishedName => &["1.1"],
        }
    }

    /// A filter for recipients with one of these anchors; `None` where none of them can be one.
    pub fn anchors<S: AsRef<str>>(&self, anchors: &[S]) -> Option<Filter> {
        let filters: Vec<_> =
            anchors.iter().filter_map(|anchor| self.anchor_filter(anchor.as_ref())).collect();
        (!filters.is_empty()).then(|| Filter::or(&filters))
    }

    fn anchor_filter(&self, text: &str) -> Option<Filter> {
        let uuid = || Uuid::try_parse(text).ok();
        match self.anchor {
            // The 16 bytes of a GUID structure ([MS-DTYP] 2.3.4.2).
            AnchorKind::ObjectGuid => uuid().map(|guid| Filter::equality("objectGUID", &guid.to_bytes_le())),
            AnchorKind::EntryUuid => {
                uuid().map(|uuid| Filter::equality("entryUUID", uuid.to_string().as_bytes()))
            }
            AnchorKind::DistinguishedName => {
                text.contains('=').then(|| Filter::equality(self.name, text.as_bytes()))
            }
        }
    }

    /// A filter for recipients that one of these identities may name. The server's comparison is wider than ours
    /// (Active Directory takes `jose` for `josé`), so what it finds is compared again.
    pub fn identities(&self, identities: &[String]) -> Filter {
        let filters: Vec<_> = identities.iter().map(|identity| self.identity(identity)).collect();
        Filter::or(&filters)
    }

    fn identity(&self, text: &str) -> Filter {
        if let Some(filter) = self.anchor_filter(text).filter(|_| !text.contains('@')) {
            return filter;
        }
        let name = || Filter::equality(self.name, text.as_bytes());
        if text.contains('=') && !text.contains('@') {
            return name();
        }
        let holding = |(attribute, prefix): &(&str, &str)| {
            Filter::equality(attribute, format!("{prefix}{text}").as_bytes())
        };
        let mut filters: Vec<_> = self.addresses.iter().map(holding).collect();
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
            (by_name, "cn=a,dc=x", "(entryDN=cn=a,dc=x)"),
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
    fn anchors_that_can_not_be_any_are_not_asked_for() {
        let anchors = ["nobody".to_owned(), "cn=a,dc=x".to_owned()];
        let by_name = Dialect { anchor: AnchorKind::DistinguishedName, ..STANDARD };
        assert_eq!(ACTIVE_DIRECTORY.anchors(&anchors), None);
        assert_eq!(STANDARD.anchors(&anchors), None);
        assert_eq!(by_name.anchors(&anchors), Some(Filter::parse("(|(entryDN=cn=a,dc=x))").unwrap()));
    }
}
