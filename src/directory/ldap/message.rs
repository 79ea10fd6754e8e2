//! LDAP messages (RFC 4511, 4): requests to bytes, bytes to answers.
//!
//! The project writes them itself: `ldap3` panics on malformed answers, `ldap3_proto` prints to standard output,
//! knows no bytes in filters, refuses unknown result codes and leaves copies of passwords in memory.

use zeroize::Zeroizing;

use super::{filter::Filter, malformed::Malformed};
use crate::{
    ber::{self, Reader, element, number, tag},
    directory::entry::Entry,
};

/// RFC 2696.
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// `LDAP_SERVER_SHOW_DELETED_OID`, [MS-ADTS] 3.1.1.3.4.1.14.
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_RESULT_ENTRY: u8 = 0x64;
const SEARCH_RESULT_DONE: u8 = 0x65;
const SEARCH_RESULT_REFERENCE: u8 = 0x73;
const MODIFY_REQUEST: u8 = 0x66;
const MODIFY_RESPONSE: u8 = 0x67;
const EXTENDED_RESPONSE: u8 = 0x78;

/// How far below its base a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Base = 0,
    Subtree = 2,
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
    /// Entries a page; none: all at once.
    pub page_size: Option<u32>,
}

/// What is done to the values of an attribute (RFC 4511, 4.6). Others' values are never named, so there is no
/// replacing and no deleting of a whole attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The values come. One that is there already fails the whole request (`attributeOrValueExists`).
    Add = 0,
    /// The values go. One that is not there fails the whole request (`noSuchAttribute`).
    Delete = 1,
}

/// One part of a modify request: exact values of an attribute, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modification<'a> {
    pub operation: Operation,
    pub attribute: &'a str,
    pub values: Vec<&'a [u8]>,
}

/// What an operation ended with (RFC 4511, 4.1.9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LdapResult {
    pub code: u32,
    pub text: String,
    pub referrals: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Bind(LdapResult),
    Entry(Entry),
    Reference(Vec<String>),
    /// The end of a search, with the cookie for the next page; an empty one after the last.
    Done(LdapResult, Vec<u8>),
    Modify(LdapResult),
    Extended(LdapResult),
}

/// A simple bind (RFC 4513, 5.1.3).
pub(super) fn bind_request(id: u32, name: &str, password: &[u8]) -> Zeroizing<Vec<u8>> {
    let name = element(tag::OCTET_STRING, &[name.as_bytes()]);
    let simple = Zeroizing::new(element(tag::context(0), &[password]));
    let operation = Zeroizing::new(element(BIND_REQUEST, &[&number(tag::INTEGER, 3), &name, &simple]));
    Zeroizing::new(element(tag::SEQUENCE, &[&number(tag::INTEGER, id), &operation]))
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
    if let Some(size) = search.page_size {
        let value = [number(tag::INTEGER, size), element(tag::OCTET_STRING, &[cookie])].concat();
        controls.extend(control(PAGED_RESULTS, Some(&element(tag::SEQUENCE, &[&value]))));
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

/// Reads one whole message: its number (0: sent unasked) and what it says.
pub(super) fn decode(message: &[u8]) -> Result<(u32, Answer), Malformed> {
    let mut message = Reader::new(message, ber::LDAP).expect(tag::SEQUENCE)?.parts();
    let id = message.number(tag::INTEGER)?;
    let operation = message.element()?;
    let mut content = operation.parts();
    let answer = match operation.tag {
        BIND_RESPONSE => Answer::Bind(result(&mut content)?),
        SEARCH_RESULT_ENTRY => Answer::Entry(entry(&mut content)?),
        SEARCH_RESULT_REFERENCE => Answer::Reference(texts(content)?),
        SEARCH_RESULT_DONE => Answer::Done(result(&mut content)?, cookie(&mut message)?),
        MODIFY_RESPONSE => Answer::Modify(result(&mut content)?),
        EXTENDED_RESPONSE => Answer::Extended(result(&mut content)?),
        _ => return Err(Malformed("a message of a kind that nobody asked for")),
    };
    Ok((id, answer))
}

fn result(content: &mut Reader) -> Result<LdapResult, Malformed> {
    let code = content.number(tag::ENUMERATED)?;
    content.expect(tag::OCTET_STRING)?;
    // For people only, so that broken text does no harm. Active Directory ends it with a NUL.
    let text = String::from_utf8_lossy(content.expect(tag::OCTET_STRING)?.contents);
    let text = text.trim_end_matches(['\0', '\n', '\r', ' ']).to_owned();
    let referrals = match content.peek() {
        Some(found) if found == tag::constructed(3) => texts(content.expect(found)?.parts())?,
        _ => Vec::new(),
    };
    Ok(LdapResult { code, text, referrals })
}

fn texts(mut content: Reader) -> Result<Vec<String>, Malformed> {
    let mut texts = Vec::new();
    while !content.is_empty() {
        texts.push(content.text(tag::OCTET_STRING)?);
    }
    Ok(texts)
}

fn entry(content: &mut Reader) -> Result<Entry, Malformed> {
    let dn = content.text(tag::OCTET_STRING)?;
    let mut list = content.expect(tag::SEQUENCE)?.parts();
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.expect(tag::SEQUENCE)?.parts();
        let name = attribute.text(tag::OCTET_STRING)?;
        let mut set = attribute.expect(tag::SET)?.parts();
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.expect(tag::OCTET_STRING)?.contents.to_vec());
        }
        attributes.push((name, values));
    }
    Ok(Entry { dn, attributes })
}

/// The cookie of the paged results control, if the message carries one.
fn cookie(message: &mut Reader) -> Result<Vec<u8>, Malformed> {
    if message.is_empty() {
        return Ok(Vec::new());
    }
    let mut controls = message.expect(tag::constructed(0))?.parts();
    while !controls.is_empty() {
        let mut control = controls.expect(tag::SEQUENCE)?.parts();
        if control.expect(tag::OCTET_STRING)?.contents != PAGED_RESULTS.as_bytes() {
            continue;
        }
        if control.peek() == Some(tag::BOOLEAN) {
            control.expect(tag::BOOLEAN)?;
        }
        let value = control.expect(tag::OCTET_STRING)?.contents;
        let mut value = Reader::new(value, ber::LDAP).expect(tag::SEQUENCE)?.parts();
        value.expect(tag::INTEGER)?;
        return Ok(value.expect(tag::OCTET_STRING)?.contents.to_vec());
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests;
