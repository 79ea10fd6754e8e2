//! Which filters depend on an object's own attributes alone, so that whatever changes their answer changes the object.

use std::collections::BTreeSet;

use super::filter::Filter;
use crate::ber::{self, Element, Reader, tag};

/// Attributes that Active Directory keeps with the object itself, and replicates: no links, which change with the object
/// at their other end, and nothing that is worked out when it is asked for ([MS-ADA1] to [MS-ADA3]).
const KEPT: [&str; 46] = [
    "objectclass",
    "objectcategory",
    "objectguid",
    "useraccountcontrol",
    "samaccounttype",
    "displayname",
    "cn",
    "name",
    "givenname",
    "sn",
    "initials",
    "mail",
    "mailnickname",
    "proxyaddresses",
    "targetaddress",
    "userprincipalname",
    "samaccountname",
    "usercertificate",
    "usersmimecertificate",
    "department",
    "departmentnumber",
    "company",
    "division",
    "title",
    "description",
    "info",
    "comment",
    "l",
    "st",
    "c",
    "co",
    "countrycode",
    "postalcode",
    "streetaddress",
    "physicaldeliveryofficename",
    "employeeid",
    "employeenumber",
    "employeetype",
    "telephonenumber",
    "mobile",
    "admincount",
    "primarygroupid",
    "whencreated",
    "msexchrecipienttypedetails",
    "msexchrecipientdisplaytype",
    "msexchhidefromaddresslists",
];

/// Of these there are many: `extensionAttribute1` and so on.
const NUMBERED: [&str; 2] = ["extensionattribute", "msexchextensionattribute"];

/// `LDAP_MATCHING_RULE_BIT_AND` and `_OR` ([MS-ADTS] 3.1.1.3.4.4): they look at the value alone.
const BITS: [&[u8]; 2] = [b"1.2.840.113556.1.4.803", b"1.2.840.113556.1.4.804"];

/// Filters within filters; no parsed one has more.
const MAX_DEPTH: usize = 80;

/// The attributes, in lower case, by which an object answers to `filter` in the same way until one of them is changed.
/// `None` for a filter that is not known to depend on the object alone.
pub(super) fn attributes(filter: &Filter) -> Option<BTreeSet<String>> {
    let (filter, _) = ber::read(filter.as_bytes(), ber::LDAP).ok()?;
    let mut found = BTreeSet::new();
    collect(&filter, MAX_DEPTH, &mut found).map(|()| found)
}

fn collect(filter: &Element, depth: usize, found: &mut BTreeSet<String>) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let mut parts = filter.parts();
    match filter.tag {
        // And, or, not.
        0xa0..=0xa2 => parts.try_for_each(|part| collect(&part.ok()?, depth, found)),
        // Equality, substrings, at least, at most, about.
        0xa3 | 0xa4 | 0xa5 | 0xa6 | 0xa8 => kept(parts.expect(tag::OCTET_STRING).ok()?.contents, found),
        // There at all.
        0x87 => kept(filter.contents, found),
        0xa9 => by_rule(parts, found),
        _ => None,
    }
}

/// By a rule: the rule, the attribute, the value, and whether parts of the name count.
fn by_rule(parts: Reader, found: &mut BTreeSet<String>) -> Option<()> {
    let (mut is_bits, mut attribute) = (false, None);
    for part in parts {
        let part = part.ok()?;
        match part.tag {
            0x81 => is_bits = BITS.contains(&part.contents),
            0x82 => attribute = Some(part.contents),
            0x84 => return None,
            _ => {}
        }
    }
    kept(attribute.filter(|_| is_bits)?, found)
}

fn kept(name: &[u8], found: &mut BTreeSet<String>) -> Option<()> {
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    if !is_kept(&name) {
        return None;
    }
    found.insert(name);
    Some(())
}

fn is_kept(name: &str) -> bool {
    let is_numbered = |prefix: &&str| {
        let number = name.strip_prefix(*prefix).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    KEPT.contains(&name) || NUMBERED.iter().any(is_numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_object_itself_has_makes_a_filter_plain() {
        for (filter, expected) in [
            ("(|(&(objectCategory=person)(objectClass=user))(objectClass=contact))", true),
            ("(&(mail=*)(!(displayName=a*b)))", true),
            ("(&(department=Sales)(extensionAttribute15=yes)(msExchExtensionAttribute45>=3))", true),
            ("(userAccountControl:1.2.840.113556.1.4.803:=2)", true),
            ("(!(userAccountControl:1.2.840.113556.1.4.804:=2))", true),
            ("(memberOf=CN=Staff,DC=x)", false),
            ("(&(mail=*)(|(!(memberOf=CN=Staff,DC=x))))", false),
            ("(memberOf:1.2.840.113556.1.4.1941:=CN=Staff,DC=x)", false),
            ("(userAccountControl:1.2.840.113556.1.4.1941:=2)", false),
            ("(userAccountControl:dn:1.2.840.113556.1.4.803:=2)", false),
            ("(mail:=a)", false),
            ("(:caseExactMatch:=a)", false),
            ("(manager=CN=Boss,DC=x)", false),
            ("(msDS-User-Account-Control-Computed=*)", false),
            ("(extensionAttribute=1)", false),
            ("(anr=ada)", false),
        ] {
            assert_eq!(attributes(&Filter::parse(filter).unwrap()).is_some(), expected, "{filter}");
        }
    }

    #[test]
    fn each_attribute_of_a_filter_is_found_once() {
        let filter =
            "(&(mail=*)(|(Department=Sales)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))(MAIL>=b))";
        let found = attributes(&Filter::parse(filter).unwrap()).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["department", "mail", "useraccountcontrol"]);
    }
}
