//! What a profile's source covers: search bases and filter, and filters for single recipients within it.

use uuid::Uuid;

use super::{connection::Connection, filter::Filter, result::Asked, search::read_object};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    profile::Profile,
};

/// Users, contacts and disabled accounts of shared mailboxes. Computers are of the class `user`, too, but of
/// another category; their `userCertificate` holds the certificate of a device.
const RECIPIENTS: &str = "(|(&(objectCategory=person)(objectClass=user))(objectClass=contact))";

/// Search bases, none within another, and the filter.
#[derive(Debug, Clone)]
pub(super) struct SearchScope {
    pub bases: Vec<String>,
    pub filter: Filter,
}

/// The filter of a profile's recipients.
/// Fails with `FilterInvalid`, naming the place.
pub(super) fn filter(profile: &Profile) -> Result<Filter> {
    let parse = |text: &str| Filter::parse(text).map_err(|e| e.describe(text));
    let recipients = parse(RECIPIENTS)?;
    match profile.filter.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(own) => Ok(Filter::and(&[recipients, parse(own)?])),
        None => Ok(recipients),
    }
}

/// The search bases as the server writes them, without those that lie within another one, so that no recipient is
/// found twice. Fails with `SearchBaseNotFound`.
pub(super) fn bases(
    connection: &mut Connection,
    profile: &Profile,
    context: &Context,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for base in &profile.search_base {
        if base.trim().is_empty() {
            // The empty name is the root DSE, below which Active Directory finds nothing.
            return Err(
                Error::new(ErrorId::SearchBaseNotFound, "A search base is empty.").target(base.clone())
            );
        }
        let entry = read_object(connection, base, &["distinguishedName"], context)
            .map_err(|e| e.target(base.clone()))?;
        let Some(entry) = entry else { return Err(base_not_found(connection.server(), base)) };
        found.push(entry.dn);
    }
    let (outer, inner) = outermost(&found);
    for base in inner {
        context.log(LogLevel::Verbose, format!("The search base '{base}' lies within another one."))?;
    }
    Ok(outer)
}

fn base_not_found(server: &str, base: &str) -> Error {
    let no_such_object = super::message::LdapResult { code: 32, ..Default::default() };
    match no_such_object.check(server, Asked::Search(base)) {
        Err(error) => error,
        Ok(()) => Error::new(ErrorId::SearchBaseNotFound, format!("The search base '{base}' was not found.")),
    }
}

/// Splits into those that lie in no other one, and those that do.
fn outermost(bases: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for (index, base) in bases.iter().enumerate() {
        let covered = bases.iter().enumerate().any(|(other, candidate)| {
            // Of two equal ones the first stays.
            other != index && is_within(base, candidate) && (other < index || !is_within(candidate, base))
        });
        if covered { inner.push(base.clone()) } else { outer.push(base.clone()) }
    }
    (outer, inner)
}

/// Whether `dn` is `container` or lies within it. Both are as the server writes them.
fn is_within(dn: &str, container: &str) -> bool {
    let (dn, container) = (dn.to_lowercase(), container.to_lowercase());
    let Some(before) = dn.strip_suffix(&container) else { return false };
    let Some(parent) = before.strip_suffix(',') else { return before.is_empty() };
    // An odd number of backslashes makes the comma a part of a name.
    (parent.len() - parent.trim_end_matches('\\').len()) % 2 == 0
}

/// A filter for recipients with one of these anchors; `None` where none of them is a GUID.
pub(super) fn anchors<S: AsRef<str>>(anchors: &[S]) -> Option<Filter> {
    let filters: Vec<_> = anchors.iter().filter_map(|anchor| guid(anchor.as_ref())).collect();
    (!filters.is_empty()).then(|| Filter::or(&filters))
}

fn guid(text: &str) -> Option<Filter> {
    // The 16 bytes of a GUID structure ([MS-DTYP] 2.3.4.2).
    Uuid::try_parse(text).ok().map(|guid| Filter::equality("objectGUID", &guid.to_bytes_le()))
}

/// A filter for recipients that one of these identities may name. The server's comparison is wider than ours
/// (Active Directory takes `jose` for `josé`), so what it finds is compared again.
pub(super) fn identities(identities: &[String]) -> Filter {
    let filters: Vec<_> = identities.iter().map(|identity| self::identity(identity)).collect();
    Filter::or(&filters)
}

fn identity(text: &str) -> Filter {
    if let Some(guid) = guid(text) {
        return guid;
    }
    if text.contains('=') && !text.contains('@') {
        return Filter::equality("distinguishedName", text.as_bytes());
    }
    let proxy = format!("smtp:{text}");
    let mut names = vec![
        Filter::equality("mail", text.as_bytes()),
        Filter::equality("proxyAddresses", proxy.as_bytes()),
        Filter::equality("userPrincipalName", text.as_bytes()),
        Filter::equality("sAMAccountName", text.as_bytes()),
    ];
    if text.contains('=') {
        names.push(Filter::equality("distinguishedName", text.as_bytes()));
    }
    Filter::or(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_within_another_one_is_not_searched_again() {
        let bases = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        for (given, outer) in [
            (&["DC=contoso,DC=test", "OU=A,DC=contoso,DC=test"][..], &["DC=contoso,DC=test"][..]),
            (&["OU=A,DC=contoso,DC=test", "dc=CONTOSO,dc=test"], &["dc=CONTOSO,dc=test"]),
            (&["OU=A,DC=x", "OU=B,DC=x"], &["OU=A,DC=x", "OU=B,DC=x"]),
            (&["OU=A,DC=x", "ou=a,dc=x"], &["OU=A,DC=x"]),
            (&["OU=AB,DC=x", "B,DC=x"], &["OU=AB,DC=x", "B,DC=x"]),
            (&[r"CN=a\,OU=A,DC=x", "OU=A,DC=x"], &[r"CN=a\,OU=A,DC=x", "OU=A,DC=x"]),
            (&[r"CN=a\\,OU=A,DC=x", "OU=A,DC=x"], &["OU=A,DC=x"]),
        ] {
            assert_eq!(outermost(&bases(given)).0, bases(outer), "{given:?}");
        }
    }

    #[test]
    fn identities_become_filters_over_what_can_hold_them() {
        let parsed = |text: &str| Filter::parse(text).unwrap();
        for (given, filter) in [
            (
                "00112233-4455-6677-8899-aabbccddeeff",
                r"(objectGUID=\33\22\11\00\55\44\77\66\88\99\aa\bb\cc\dd\ee\ff)",
            ),
            ("CN=a*,DC=x", r"(distinguishedName=CN=a\2a,DC=x)"),
            (
                "a(b)@x.test",
                r"(|(mail=a\28b\29@x.test)(proxyAddresses=smtp:a\28b\29@x.test)(userPrincipalName=a\28b\29@x.test)(sAMAccountName=a\28b\29@x.test))",
            ),
        ] {
            assert_eq!(identity(given), parsed(filter), "{given}");
        }
    }
}
