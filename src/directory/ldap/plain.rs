//! Which filters depend on an object's own attributes alone, so that whatever changes their answer changes the object.

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

/// Whether an object answers to `filter` in the same way until it is changed itself. What is not known to, does not.
pub(super) fn is_plain(filter: &Filter) -> bool {
    ber::read(filter.as_bytes(), ber::LDAP).is_ok_and(|(filter, _)| is_plain_part(&filter, MAX_DEPTH))
}

fn is_plain_part(filter: &Element, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let mut parts = filter.parts();
    let first = |mut parts: Reader| parts.expect(tag::OCTET_STRING).is_ok_and(|name| is_kept(name.contents));
    match filter.tag {
        // And, or, not.
        0xa0..=0xa2 => parts.all(|part| part.is_ok_and(|part| is_plain_part(&part, depth))),
        // Equality, substrings, at least, at most, about.
        0xa3 | 0xa4 | 0xa5 | 0xa6 | 0xa8 => first(parts),
        // There at all.
        0x87 => is_kept(filter.contents),
        // By a rule: the rule, the attribute, the value, and whether parts of the name count.
        0xa9 => {
            let (mut is_bits, mut is_own, mut has_name) = (false, false, false);
            for part in parts {
                let Ok(part) = part else { return false };
                match part.tag {
                    0x81 => is_bits = BITS.contains(&part.contents),
                    0x82 => is_own = is_kept(part.contents),
                    0x84 => has_name = true,
                    _ => {}
                }
            }
            is_bits && is_own && !has_name
        }
        _ => false,
    }
}

fn is_kept(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    let is_numbered = |prefix: &&str| {
        let number = name.strip_prefix(*prefix).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    KEPT.contains(&name.as_str()) || NUMBERED.iter().any(is_numbered)
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
            assert_eq!(is_plain(&Filter::parse(filter).unwrap()), expected, "{filter}");
        }
    }
}
