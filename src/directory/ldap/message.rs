//! LDAP requests (RFC 4511, 4) to bytes.
//!
//! The project writes messages itself: `ldap3` panics on malformed answers, `ldap3_proto` prints to standard output,
//! knows no bytes in filters, refuses unknown result codes and leaves copies of passwords in memory.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::filter::Filter;
use crate::ber::{element, number, tag};

/// RFC 2696.
pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// RFC 4511, 4.14.1.
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// `LDAP_SERVER_DIRSYNC_OID`, [MS-ADTS] 3.1.1.3.4.1.3.
pub(super) const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
/// `LDAP_DIRSYNC_INCREMENTAL_VALUES`, bit 31: as an INTEGER of 32 bits it is negative.
const INCREMENTAL_VALUES: [u8; 4] = 0x8000_0000_u32.to_be_bytes();
/// Bytes of one answer of [`Parts::Changes`], as the server counts them.
const CHANGES_SIZE: u32 = 1024 * 1024;
/// `LDAP_SERVER_SHOW_DELETED_OID`, [MS-ADTS] 3.1.1.3.4.1.14.
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

const BIND_REQUEST: u8 = 0x60;
const UNBIND_REQUEST: u8 = 0x42;
const ABANDON_REQUEST: u8 = 0x50;
const SEARCH_REQUEST: u8 = 0x63;
const MODIFY_REQUEST: u8 = 0x66;
const EXTENDED_REQUEST: u8 = 0x77;

/// How far below its base a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Base = 0,
    Subtree = 2,
}

/// In which parts what a search finds comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// At once: one object at most.
    One,
    /// In pages of so many objects (RFC 2696).
    Pages(u32),
    /// What changed since the cookie, and where the next search goes on ([MS-ADTS] 3.1.1.3.4.1.3).
    Changes,
}

/// One search.
#[derive(Debug, Clone)]
pub(super) struct Search<'a> {
    pub base: &'a str,
    pub scope: Scope,
    pub filter: &'a Filter,
    pub attributes: &'a [&'a str],
    /// Tombstones, too.
    pub deleted: bool,
    pub parts: Parts,
}

/// What is done to the values of an attribute (RFC 4511, 4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The values come. One that is there already fails the whole request (`attributeOrValueExists`).
    Add = 0,
    /// The values go. One that is not there fails the whole request (`noSuchAttribute`).
    Delete = 1,
    /// The values are all that is there from now on; without any, the attribute goes. Only where a server takes no single
    /// values: what others have put there meanwhile is lost.
    Replace = 2,
}

/// One part of a modify request: exact values of an attribute, at least one but to replace all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modification<'a> {
    pub operation: Operation,
    pub attribute: Cow<'a, str>,
    pub values: Vec<&'a [u8]>,
}

/// A simple bind (RFC 4513, 5.1.3).
pub(super) fn bind_request(id: u32, name: &str, password: &[u8]) -> Zeroizing<Vec<u8>> {
    let name = element(tag::OCTET_STRING, &[name.as_bytes()]);
    let simple = Zeroizing::new(element(tag::context(0), &[password]));
    let operation = Zeroizing::new(element(BIND_REQUEST, &[&number(tag::INTEGER, 3), &name, &simple]));
    Zeroizing::new(element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &operation]))
}

/// A sign-in by a mechanism of SASL, with its token (RFC 4511, 4.2.1); an empty one is no missing one.
pub(super) fn sasl_bind_request(id: u32, mechanism: &str, token: &[u8]) -> Vec<u8> {
    let mechanism = element(tag::OCTET_STRING, &[mechanism.as_bytes()]);
    let credentials = element(tag::constructed(3), &[&mechanism, &element(tag::OCTET_STRING, &[token])]);
    let nobody = element(tag::OCTET_STRING, &[]);
    let operation = element(BIND_REQUEST, &[&number(tag::INTEGER, 3), &nobody, &credentials]);
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &operation])
}

/// StartTLS.
pub(super) fn start_tls_request(id: u32) -> Vec<u8> {
    let name = element(tag::context(0), &[START_TLS.as_bytes()]);
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &element(EXTENDED_REQUEST, &[&name])])
}

/// A search; `cookie` is what the page before ended with, `time_limit` the seconds after which the server gives up
/// (0: its own limit).
pub(super) fn search_request(id: u32, search: &Search, cookie: &[u8], time_limit: u32) -> Vec<u8> {
    let attributes: Vec<u8> =
        search.attributes.iter().flat_map(|name| element(tag::OCTET_STRING, &[name.as_bytes()])).collect();
    let operation = element(
        SEARCH_REQUEST,
        &[
            &element(tag::OCTET_STRING, &[search.base.as_bytes()]),
            &number(tag::ENUMERATED, search.scope as u32),
            // Aliases are never dereferenced, sizes not limited, values wanted.
            &number(tag::ENUMERATED, 0),
            &number(tag::INTEGER, 0),
            &number(tag::INTEGER, time_limit),
            &element(tag::BOOLEAN, &[&[0]]),
            search.filter.as_bytes(),
            &element(tag::SEQUENCE, &[&attributes]),
        ],
    );
    let mut controls = Vec::new();
    let cookie = element(tag::OCTET_STRING, &[cookie]);
    match search.parts {
        Parts::One => {}
        Parts::Pages(size) => {
            let value = element(tag::SEQUENCE, &[&number(tag::INTEGER, size), &cookie]);
            controls.extend(control(PAGED_RESULTS, Some(&value)));
        }
        Parts::Changes => {
            let flags = element(tag::INTEGER, &[&INCREMENTAL_VALUES]);
            let value = element(tag::SEQUENCE, &[&flags, &number(tag::INTEGER, CHANGES_SIZE), &cookie]);
            controls.extend(control(DIR_SYNC, Some(&value)));
        }
    }
    if search.deleted {
        controls.extend(control(SHOW_DELETED, None));
    }
    let controls = if controls.is_empty() { controls } else { element(tag::constructed(0), &[&controls]) };
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &operation, &controls])
}

/// A modify (RFC 4511, 4.6): all of `modifications` happen, or none. Without controls, so that the server insists
/// on each value.
pub(super) fn modify_request(id: u32, dn: &str, modifications: &[Modification]) -> Vec<u8> {
    let one = |modification: &Modification| {
        let values: Vec<u8> =
            modification.values.iter().flat_map(|value| element(tag::OCTET_STRING, &[value])).collect();
        let attribute = element(
            tag::SEQUENCE,
            &[
                &element(tag::OCTET_STRING, &[modification.attribute.as_bytes()]),
                &element(tag::SET, &[&values]),
            ],
        );
        element(tag::SEQUENCE, &[&number(tag::ENUMERATED, modification.operation as u32), &attribute])
    };
    let changes: Vec<u8> = modifications.iter().flat_map(one).collect();
    let object = element(tag::OCTET_STRING, &[dn.as_bytes()]);
    let operation = element(MODIFY_REQUEST, &[&object, &element(tag::SEQUENCE, &[&changes])]);
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &operation])
}

/// A critical control: without it the answer would mean something else.
fn control(oid: &str, value: Option<&[u8]>) -> Vec<u8> {
    let value = value.map(|value| element(tag::OCTET_STRING, &[value])).unwrap_or_default();
    let oid = element(tag::OCTET_STRING, &[oid.as_bytes()]);
    element(tag::SEQUENCE, &[&oid, &element(tag::BOOLEAN, &[&[0xff]]), &value])
}

/// An abandon (RFC 4511, 4.11) of request `abandoned`; it has no answer.
pub(super) fn abandon_request(id: u32, abandoned: u32) -> Vec<u8> {
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &number(ABANDON_REQUEST, abandoned)])
}

/// An unbind (RFC 4511, 4.3); the connection ends with it.
pub(super) fn unbind_request(id: u32) -> Vec<u8> {
    element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &element(UNBIND_REQUEST, &[])])
}

#[cfg(test)]
mod tests;
