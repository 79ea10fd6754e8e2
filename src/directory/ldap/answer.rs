//! Bytes to LDAP answers (RFC 4511, 4).

use std::ops::Range;

use super::{
    limits::{self, beginning},
    malformed::Malformed,
    message::{DIR_SYNC, PAGED_RESULTS},
};
use crate::{
    ber::{self, Header, Reader, tag},
    directory::{entry::Entry, raw_entry::Placed},
};

const BIND_RESPONSE: u8 = 0x61;
const SEARCH_RESULT_ENTRY: u8 = 0x64;
const SEARCH_RESULT_DONE: u8 = 0x65;
const MODIFY_RESPONSE: u8 = 0x67;
const SEARCH_RESULT_REFERENCE: u8 = 0x73;
const EXTENDED_RESPONSE: u8 = 0x78;

/// RFC 4511, 4.4.1.
const NOTICE_OF_DISCONNECTION: &[u8] = b"1.3.6.1.4.1.1466.20036";

/// What an operation ended with (RFC 4511, 4.1.9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LdapResult {
    pub code: u32,
    pub text: String,
    pub referrals: Vec<String>,
}

/// Where a search goes on that comes in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// For the next request.
    pub cookie: Vec<u8>,
    /// Whether there is more by now.
    pub is_more: bool,
}

/// An object that can't be taken as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Faulty {
    /// Its name, as far as it can be shown.
    pub dn: String,
    /// Whether `dn` is the name to the byte, by which the server can be asked.
    pub is_named: bool,
    /// Why, as a clause.
    pub why: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// How a sign-in stands, with the server's token of a mechanism that has some (RFC 4511, 4.2.2).
    Bind(LdapResult, Option<Vec<u8>>),
    Entry(Entry),
    Faulty(Faulty),
    Reference(Vec<String>),
    /// The end of a search, or of a part of it.
    Done(LdapResult, Rest),
    Modify(LdapResult),
    Extended(LdapResult),
    /// The server hangs up, and says why (RFC 4511, 4.4.1).
    Disconnection(LdapResult),
}

/// Reads one whole message; `None` for what is no answer to request `wanted` and no end of the connection.
pub(super) fn decode(message: Vec<u8>, wanted: u32) -> Result<Option<Answer>, Malformed> {
    let mut parts = Reader::new(&message, ber::LDAP).expect(tag::SEQUENCE)?.parts();
    let id = parts.number(tag::INTEGER)?;
    if id != wanted && id != 0 {
        return Ok(None);
    }
    let operation = parts.element()?;
    let mut content = operation.parts();
    if id == 0 {
        return Ok(if operation.tag == EXTENDED_RESPONSE { disconnection(&mut content)? } else { None });
    }
    Ok(Some(match operation.tag {
        BIND_RESPONSE => Answer::Bind(result(&mut content)?, token(&mut content)?),
        SEARCH_RESULT_ENTRY => {
            let (dn, attributes) = entry(&message, &mut content)?;
            match attributes {
                Ok(attributes) => Answer::Entry(Entry::of_message(dn, message, attributes)),
                Err((is_named, why)) => Answer::Faulty(Faulty { dn, is_named, why }),
            }
        }
        SEARCH_RESULT_DONE => Answer::Done(result(&mut content)?, rest(&mut parts)?),
        SEARCH_RESULT_REFERENCE => Answer::Reference(texts(content)?),
        MODIFY_RESPONSE => Answer::Modify(result(&mut content)?),
        EXTENDED_RESPONSE => Answer::Extended(result(&mut content)?),
        _ => return Err(Malformed("a message of a kind that nobody asked for")),
    }))
}

/// What the beginning of a message tells that is too large to be held; `None` as for [`decode`].
pub(super) fn decode_too_large(head: &[u8], wanted: u32) -> Result<Option<Answer>, Malformed> {
    let inner = inside(head)?;
    let (id, operation) = ber::read(inner, ber::LDAP)?;
    if Reader::new(id.raw, ber::LDAP).number(tag::INTEGER)? != wanted {
        return Ok(None);
    }
    if operation.first() != Some(&SEARCH_RESULT_ENTRY) {
        return Err(Malformed("an answer of more than 16 MiB"));
    }
    let why = "it is larger than 16 MiB".to_owned();
    let (dn, is_named) = match ber::read(inside(operation)?, ber::LDAP) {
        Ok((dn, _)) if dn.tag == tag::OCTET_STRING => shown(dn.contents),
        _ => return Err(Malformed("an object with a name of more than 8 KiB")),
    };
    Ok(Some(Answer::Faulty(Faulty { dn, is_named, why })))
}

/// What follows tag and length.
fn inside(bytes: &[u8]) -> Result<&[u8], Malformed> {
    let header = Header::read(bytes, ber::LDAP)?.ok_or(ber::Flaw::CutOff)?;
    Ok(bytes.get(header.size..).unwrap_or_default())
}

fn result(content: &mut Reader) -> Result<LdapResult, Malformed> {
    let code = content.number(tag::ENUMERATED)?;
    content.expect(tag::OCTET_STRING)?;
    // Active Directory ends it with a NUL.
    let text = said(content.expect(tag::OCTET_STRING)?.contents);
    let text = text.trim_end_matches(['\0', '\n', '\r', ' ']).to_owned();
    let referrals = match content.peek() {
        Some(found) if found == tag::constructed(3) => texts(content.expect(found)?.parts())?,
        _ => Vec::new(),
    };
    Ok(LdapResult { code, text, referrals })
}

/// The server's token, where the answer to a sign-in has one.
fn token(content: &mut Reader) -> Result<Option<Vec<u8>>, Malformed> {
    Ok(match content.peek() {
        Some(found) if found == tag::context(7) => Some(content.expect(found)?.contents.to_vec()),
        _ => None,
    })
}

/// Unasked notices have the name of what they notify of; only the end of the connection concerns us. Active Directory
/// writes that name at another place than the standard does, and others leave it out.
fn disconnection(content: &mut Reader) -> Result<Option<Answer>, Malformed> {
    let mut names = (*content).filter_map(Result::ok).map(|part| part.contents);
    let is_named = names.any(|name| name == NOTICE_OF_DISCONNECTION);
    let result = result(content)?;
    let is_nameless = content.is_empty() && result.code != 0;
    Ok((is_named || is_nameless).then_some(Answer::Disconnection(result)))
}

/// The first of some references. They are shown only, so that broken text does no harm.
fn texts(mut content: Reader) -> Result<Vec<String>, Malformed> {
    let mut texts = Vec::new();
    while !content.is_empty() {
        let text = content.expect(tag::OCTET_STRING)?.contents;
        if texts.len() < limits::REFERRALS {
            texts.push(said(text));
        }
    }
    Ok(texts)
}

/// Text of the server's that people read.
fn said(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text.get(..4 * limits::SAID).unwrap_or(text));
    match text.char_indices().nth(limits::SAID) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// The attributes of an object, or whether its name is right and why the object can't be taken.
type Attributes = Result<Vec<Placed>, (bool, String)>;

/// Name and attributes. Fails where not even the name can be read: then the rest makes no sense either.
fn entry(message: &[u8], content: &mut Reader) -> Result<(String, Attributes), Malformed> {
    let (dn, is_named) = shown(content.expect(tag::OCTET_STRING)?.contents);
    if !is_named {
        return Ok((dn, Err((false, "its name is not UTF-8, or longer than 8 KiB".into()))));
    }
    let attributes = attributes(message, content).map_err(|why| (true, why));
    Ok((dn, attributes))
}

fn attributes(message: &[u8], content: &mut Reader) -> Result<Vec<Placed>, String> {
    let broken = |flaw| format!("the server sent it with {}", Malformed::from(flaw).0);
    let mut list = content.expect(tag::SEQUENCE).map_err(broken)?.parts();
    let (mut attributes, mut count) = (Vec::new(), 0);
    while !list.is_empty() {
        let mut attribute = list.expect(tag::SEQUENCE).map_err(broken)?.parts();
        let name = attribute.expect(tag::OCTET_STRING).map_err(broken)?.contents;
        if std::str::from_utf8(name).is_err() {
            return Err("the name of one of its attributes is not UTF-8".into());
        }
        let mut set = attribute.expect(tag::SET).map_err(broken)?.parts();
        let mut values = Vec::new();
        while !set.is_empty() && count + values.len() < limits::VALUES {
            values.push(place(message, set.expect(tag::OCTET_STRING).map_err(broken)?.contents));
        }
        count += values.len() + 1;
        if count > limits::VALUES {
            return Err(TOO_MANY_VALUES.into());
        }
        attributes.push((place(message, name), values));
    }
    Ok(attributes)
}

/// Why an object with more than [`limits::VALUES`] can't be taken.
pub(super) const TOO_MANY_VALUES: &str = "it has more than 65,536 values";

/// Where `part` is in `message`, which it is a part of.
fn place(message: &[u8], part: &[u8]) -> Range<usize> {
    let begin = part.as_ptr().addr().saturating_sub(message.as_ptr().addr());
    begin..begin + part.len()
}

/// A name as it can be shown, and whether that is the name itself.
fn shown(name: &[u8]) -> (String, bool) {
    let text = String::from_utf8_lossy(name.get(..limits::NAME + 1).unwrap_or(name));
    let is_named = name.len() <= limits::NAME && std::str::from_utf8(name).is_ok();
    (if is_named { text.into_owned() } else { beginning(&text, limits::SAID) }, is_named)
}

/// What the control of an answer in parts tells, if the message carries one.
fn rest(message: &mut Reader) -> Result<Rest, Malformed> {
    if message.is_empty() {
        return Ok(Rest::default());
    }
    let mut controls = message.expect(tag::constructed(0))?.parts();
    while !controls.is_empty() {
        let mut control = controls.expect(tag::SEQUENCE)?.parts();
        let name = control.expect(tag::OCTET_STRING)?.contents;
        let is_of_changes = name == DIR_SYNC.as_bytes();
        if !is_of_changes && name != PAGED_RESULTS.as_bytes() {
            continue;
        }
        if control.peek() == Some(tag::BOOLEAN) {
            control.expect(tag::BOOLEAN)?;
        }
        let value = control.expect(tag::OCTET_STRING)?.contents;
        let mut value = Reader::new(value, ber::LDAP).expect(tag::SEQUENCE)?.parts();
        // Of pages, a number of objects that nobody can rely on.
        let first = value.expect(tag::INTEGER)?.contents;
        if is_of_changes {
            value.expect(tag::INTEGER)?;
        }
        let cookie = value.expect(tag::OCTET_STRING)?.contents;
        if cookie.len() > limits::COOKIE {
            return Err(Malformed("a page's cookie of more than 64 KiB"));
        }
        let is_more = if is_of_changes { first.iter().any(|byte| *byte != 0) } else { !cookie.is_empty() };
        return Ok(Rest { cookie: cookie.to_vec(), is_more });
    }
    Ok(Rest::default())
}

#[cfg(test)]
mod tests;
