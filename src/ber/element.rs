//! One element, and what is in it.

use std::borrow::Cow;

use x509_parser::asn1_rs::Oid;

use super::{Reader, Rules, element, tag};

/// How deeply strings in parts, and what is written anew, are followed.
const MAX_DEPTH: usize = 32;

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet; of a tag number above 30 only its first.
    pub tag: u8,
    /// What is inside, without the end-of-contents octets.
    pub contents: &'a [u8],
    /// The whole element.
    pub raw: &'a [u8],
    /// Whether its own length is indefinite.
    pub indefinite: bool,
    /// By which it was read.
    pub(super) rules: &'static Rules,
}

impl<'a> Element<'a> {
    /// Whether it is made of elements.
    pub fn has_parts(&self) -> bool {
        self.tag & tag::CONSTRUCTED != 0
    }

    /// The elements inside, until the end or the first broken one.
    pub fn parts(&self) -> Reader<'a> {
        Reader::new(self.contents, self.rules)
    }

    /// The object identifier in dotted form, if it is one.
    pub fn oid(&self) -> Option<String> {
        (self.tag == tag::OID && !self.contents.is_empty())
            .then(|| oid_text(&Oid::new(Cow::Borrowed(self.contents))))
    }

    /// The octets of a string (of any tag) that may come in parts (X.690 §8.7).
    pub fn octets(&self) -> Cow<'a, [u8]> {
        if !self.has_parts() {
            return Cow::Borrowed(self.contents);
        }
        let mut all = Vec::new();
        let mut open = vec![self.parts()];
        while let Some(top) = open.last_mut() {
            match top.next() {
                Some(Ok(part)) if !part.has_parts() => all.extend_from_slice(part.contents),
                Some(Ok(part)) if open.len() < MAX_DEPTH => open.push(part.parts()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    open.pop();
                }
            }
        }
        Cow::Owned(all)
    }

    /// The element with definite, shortest lengths throughout: DER, as far as lengths go.
    pub fn definite(&self) -> Vec<u8> {
        // What is open: its tag, what is still to come of it, what is written.
        let mut open = vec![(0, Reader::new(self.raw, self.rules), Vec::new())];
        loop {
            let depth = open.len();
            let Some((_, parts, written)) = open.last_mut() else { return Vec::new() };
            let finished = match parts.next() {
                Some(Ok(part)) if depth <= MAX_DEPTH && part.has_whole_parts() => {
                    open.push((part.tag, part.parts(), Vec::with_capacity(part.contents.len())));
                    continue;
                }
                Some(Ok(part)) => element(part.tag, &[part.contents]),
                Some(Err(_)) | None if depth == 1 => return std::mem::take(written),
                Some(Err(_)) | None => {
                    open.pop().map(|(tag, _, written)| element(tag, &[&written])).unwrap_or_default()
                }
            };
            if let Some((_, _, written)) = open.last_mut() {
                written.extend(finished);
            }
        }
    }

    fn has_whole_parts(&self) -> bool {
        self.has_parts() && self.parts().all(|part| part.is_ok())
    }
}

/// The dotted form of an object identifier. One that is longer than any real one is told by its octets in hexadecimal
/// digits: n octets may be one number, whose decimal digits take n² steps.
pub fn oid_text(oid: &Oid<'_>) -> String {
    const LONGEST: usize = 64;
    let octets = oid.as_bytes();
    if octets.len() > LONGEST { hex::encode_upper(octets) } else { oid.to_id_string() }
}
