//! In which site this machine is, as a domain controller sees it: a question without a connection ([MS-ADTS] 6.3.3,
//! RFC 4511 over UDP), which any domain controller answers to anybody.
//!
//! Nothing protects the answer. It decides who is asked first, and nothing else: whoever is asked shows a certificate, or
//! knows the service's key.

use super::super::{
    answer::{Answer, decode},
    filter::Filter,
    message::{Parts, Scope, Search, search_request},
};

/// The number of the one request.
const ID: u32 = 1;

/// `NETLOGON_NT_VERSION_5`, `_5EX` and `_WITH_CLOSEST_SITE` ([MS-ADTS] 6.3.1.1).
const NT_VERSION: [u8; 4] = [0x16, 0, 0, 0];

/// `LOGON_SAM_LOGON_RESPONSE_EX` ([MS-ADTS] 6.3.1.3).
const RESPONSE_EX: [u8; 2] = [23, 0];

/// Opcode, Sbz, Flags and DomainGuid, which stand before the names.
const BEFORE_NAMES: usize = 24;

/// DnsForestName, DnsDomainName, DnsHostName, NetbiosDomainName, NetbiosComputerName, UserName, DcSiteName, and then
/// ClientSiteName ([MS-ADTS] 6.3.1.9).
const CLIENT_SITE: usize = 7;

/// The question to a domain controller of `domain`.
pub(super) fn question(domain: &str) -> Vec<u8> {
    let filter = Filter::and(&[
        Filter::equality("DnsDomain", domain.as_bytes()),
        Filter::equality("NtVer", &NT_VERSION),
    ]);
    let search = Search {
        base: "",
        scope: Scope::Base,
        filter: &filter,
        attributes: &["Netlogon"],
        deleted: false,
        parts: Parts::One,
    };
    search_request(ID, &search, &[], 0)
}

/// The site of this machine that an answer names; `None` where it names none, or makes no sense.
pub(super) fn site(answer: Vec<u8>) -> Option<String> {
    let Ok(Some(Answer::Entry(entry))) = decode(answer, ID) else { return None };
    let response = entry.first("Netlogon")?;
    if response.get(..2)? != RESPONSE_EX {
        return None;
    }
    let mut at = BEFORE_NAMES;
    for _ in 0..CLIENT_SITE {
        at = name(response, at)?.1;
    }
    let (site, _) = name(response, at)?;
    is_site(&site).then_some(site)
}

/// The name at that place, and where the next one begins (RFC 1035, 4.1.4: its end may be somewhere before it).
fn name(bytes: &[u8], begin: usize) -> Option<(String, usize)> {
    let (mut labels, mut at, mut next) = (Vec::new(), begin, None);
    // No name has more labels, so that none leads in a circle.
    for _ in 0..128 {
        let length = usize::from(*bytes.get(at)?);
        match length {
            0 => return Some((labels.join("."), next.unwrap_or(at + 1))),
            1..64 => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                labels.push(std::str::from_utf8(label).ok()?.to_owned());
                at += 1 + length;
            }
            192.. => {
                next.get_or_insert(at + 2);
                at = (length - 192) << 8 | usize::from(*bytes.get(at + 1)?);
            }
            _ => return None,
        }
    }
    None
}

/// Whether it can be a part of a name that is looked up.
fn is_site(site: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !site.is_empty() && site.len() < 64 && site.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ber::{element, number, tag};

    /// An answer whose attribute has these bytes.
    fn answer(response: &[u8]) -> Vec<u8> {
        let values = element(tag::SET, &[&element(tag::OCTET_STRING, &[response])]);
        let attribute = element(tag::SEQUENCE, &[&element(tag::OCTET_STRING, &[b"Netlogon"]), &values]);
        let entry = [element(tag::OCTET_STRING, &[]), element(tag::SEQUENCE, &[&attribute])].concat();
        element(tag::SEQUENCE, &[&number(tag::INTEGER, ID), &element(0x64, &[&entry])])
    }

    /// Names with an end that others share, as domain controllers write them.
    fn response(client_site: &[u8]) -> Vec<u8> {
        let mut bytes = [&RESPONSE_EX[..], &[0; 22]].concat();
        bytes.extend(b"\x07contoso\x04test\0"); // 24: the forest
        bytes.extend(b"\xc0\x18"); // the domain
        bytes.extend(b"\x03dc1\xc0\x18"); // the host
        bytes.extend(b"\x07CONTOSO\0\x03DC1\0\0"); // NetBIOS names and no user
        bytes.extend(b"\x06Berlin\0");
        bytes.extend(client_site);
        bytes.extend([5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        bytes
    }

    #[test]
    fn an_answer_names_the_site_of_this_machine() {
        for (client_site, expected) in [
            (&b"\x06Madrid\0"[..], Some("Madrid")),
            (b"\0", None),
            (b"\x08Two.Dots\0", None),
            (b"\xc0\xff", None),
            (b"\x40", None),
            (b"\x30short", None),
        ] {
            assert_eq!(site(answer(&response(client_site))).as_deref(), expected, "{client_site:?}");
        }
        // The domain controller's own site, where this machine is in the same one.
        let mut same = response(b"");
        let at = same.windows(6).position(|part| part == b"Berlin").unwrap() - 1;
        let end = same.len() - 8;
        same.splice(end..end, [0xc0, at as u8]);
        assert_eq!(site(answer(&same)).as_deref(), Some("Berlin"));
    }

    #[test]
    fn no_answer_leads_astray() {
        let good = answer(&response(b"\x06Madrid\0"));
        for cut in 0..good.len() {
            assert_eq!(site(good[..cut].to_vec()), None, "{cut}");
        }
        let mut circle = response(b"");
        circle.truncate(BEFORE_NAMES);
        circle.extend([0xc0, BEFORE_NAMES as u8]);
        assert_eq!(site(answer(&circle)), None);
        assert_eq!(site(answer(&[21, 0])), None);
    }

    #[test]
    fn the_question_names_the_domain_and_the_version() {
        let question = question("contoso.test");
        for part in [&b"DnsDomain"[..], b"contoso.test", b"NtVer", &NT_VERSION, b"Netlogon"] {
            assert!(question.windows(part.len()).any(|window| window == part), "{part:?}");
        }
    }
}
