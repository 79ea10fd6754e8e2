//! BER elements (X.690 §8.1): definite and indefinite lengths, without copying, limited in depth.

use std::borrow::Cow;

use x509_parser::asn1_rs::Oid;

/// How deeply elements of indefinite length may be nested. SignedData needs about ten levels.
const MAX_DEPTH: usize = 32;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;

/// The identifier octet of the constructed context-specific tag `[n]`.
pub(super) const fn context(n: u8) -> u8 {
    0xA0 | n
}

/// The identifier octet of the primitive context-specific tag `[n]`.
pub(super) const fn context_primitive(n: u8) -> u8 {
    0x80 | n
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    /// The identifier octet; of a tag number above 30 only its first.
    pub tag: u8,
    /// What is inside, without the end-of-contents octets.
    pub contents: &'a [u8],
    /// The whole element.
    pub raw: &'a [u8],
    /// Whether its own length is indefinite.
    pub indefinite: bool,
}

/// Why bytes are no element.
pub(super) type Reason = &'static str;

/// Reads the first element of `input`; hands back what follows it, too.
pub(super) fn read(input: &[u8]) -> Result<(Tlv<'_>, &[u8]), Reason> {
    read_at(input, 0)
}

fn read_at(input: &[u8], depth: usize) -> Result<(Tlv<'_>, &[u8]), Reason> {
    const CUT: Reason = "the data is cut off";
    if depth > MAX_DEPTH {
        return Err("elements are nested too deeply");
    }
    let (&tag, mut rest) = input.split_first().ok_or(CUT)?;
    if tag & 0x1F == 0x1F {
        let end = rest.iter().take(5).position(|octet| octet & 0x80 == 0).ok_or("a tag is too long")?;
        rest = rest.get(end + 1..).ok_or(CUT)?;
    }
    let (&first, rest) = rest.split_first().ok_or(CUT)?;
    let (length, body) = match first {
        0x80 => return read_indefinite(input, tag, rest, depth),
        short if short < 0x80 => (usize::from(short), rest),
        long => {
            let count = usize::from(long & 0x7F);
            if count > 4 {
                return Err("a length is too large");
            }
            let octets = rest.get(..count).ok_or(CUT)?;
            let length = octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
            (length, rest.get(count..).ok_or(CUT)?)
        }
    };
    let contents = body.get(..length).ok_or("a length points past the end of the data")?;
    let after = body.get(length..).ok_or(CUT)?;
    let raw = input.get(..input.len() - after.len()).ok_or(CUT)?;
    Ok((Tlv { tag, contents, raw, indefinite: false }, after))
}

fn read_indefinite<'a>(
    input: &'a [u8],
    tag: u8,
    body: &'a [u8],
    depth: usize,
) -> Result<(Tlv<'a>, &'a [u8]), Reason> {
    if tag & CONSTRUCTED == 0 {
        return Err("an element without parts has an indefinite length");
    }
    let mut rest = body;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            let contents = body.get(..body.len() - rest.len()).unwrap_or_default();
            let raw = input.get(..input.len() - after.len()).unwrap_or_default();
            return Ok((Tlv { tag, contents, raw, indefinite: true }, after));
        }
        (_, rest) = read_at(rest, depth + 1)?;
    }
}

/// Reads `input` as exactly one element of `tag`.
pub(super) fn read_only(input: &[u8], tag: u8) -> Option<Tlv<'_>> {
    read(input).ok().filter(|(tlv, rest)| tlv.tag == tag && rest.is_empty()).map(|(tlv, _)| tlv)
}

impl<'a> Tlv<'a> {
    /// The elements inside, until the end or the first broken one.
    pub fn children(&self) -> Children<'a> {
        Children { rest: self.contents }
    }

    /// The object identifier in dotted form, if it is one.
    pub fn oid(&self) -> Option<String> {
        (self.tag == OID && !self.contents.is_empty())
            .then(|| Oid::new(Cow::Borrowed(self.contents)).to_id_string())
    }

    /// The octets of a string (of any tag) that may come in parts (X.690 §8.7).
    pub fn octets(&self) -> Cow<'a, [u8]> {
        if self.tag & CONSTRUCTED == 0 {
            return Cow::Borrowed(self.contents);
        }
        let mut all = Vec::new();
        self.collect_octets(0, &mut all);
        Cow::Owned(all)
    }

    fn collect_octets(&self, depth: usize, all: &mut Vec<u8>) {
        if self.tag & CONSTRUCTED == 0 {
            all.extend_from_slice(self.contents);
        } else if depth < MAX_DEPTH {
            self.children().map_while(Result::ok).for_each(|part| part.collect_octets(depth + 1, all));
        }
    }

    /// The element with definite, shortest lengths throughout: DER, as far as lengths go.
    pub fn definite(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.raw.len());
        self.write_definite(0, &mut out);
        out
    }

    fn write_definite(&self, depth: usize, out: &mut Vec<u8>) {
        let complete = self.children().all(|part| part.is_ok());
        if self.tag & CONSTRUCTED == 0 || depth >= MAX_DEPTH || !complete {
            return write(self.tag, self.contents, out);
        }
        let mut contents = Vec::with_capacity(self.contents.len());
        self.children().map_while(Result::ok).for_each(|part| part.write_definite(depth + 1, &mut contents));
        write(self.tag, &contents, out);
    }
}

/// Appends an element with a definite, shortest length.
pub(super) fn write(tag: u8, contents: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    let octets = contents.len().to_be_bytes();
    let octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    match contents.len() {
        length @ 0..0x80 => out.push(length as u8),
        _ => {
            out.push(0x80 | octets.len() as u8);
            out.extend_from_slice(&octets);
        }
    }
    out.extend_from_slice(contents);
}

/// The elements one after another; ends after the first broken one.
#[derive(Debug, Clone)]
pub(super) struct Children<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<Tlv<'a>, Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match read(self.rest) {
            Ok((tlv, rest)) => {
                self.rest = rest;
                Some(Ok(tlv))
            }
            Err(reason) => {
                self.rest = &[];
                Some(Err(reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definite_and_indefinite_lengths_read_alike() {
        let indefinite = [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 7, 0x04, 0x01, 8, 0, 0, 0, 0, 0xFF];
        let (tlv, rest) = read(&indefinite).unwrap();
        assert!(tlv.indefinite);
        assert_eq!(rest, [0xFF]);
        let string = tlv.children().next().unwrap().unwrap();
        assert_eq!(string.octets().as_ref(), [7, 8]);
        assert_eq!(tlv.definite(), [0x30, 8, 0x24, 6, 4, 1, 7, 4, 1, 8]);
    }

    #[test]
    fn what_is_no_element_is_refused_with_a_reason() {
        for (bytes, reason) in [
            (&[][..], "the data is cut off"),
            (&[0x30], "the data is cut off"),
            (&[0x30, 0x82, 1], "the data is cut off"),
            (&[0x30, 0x05, 1], "a length points past the end of the data"),
            (&[0x30, 0x85, 1, 1, 1, 1, 1], "a length is too large"),
            (&[0x04, 0x80, 0, 0], "an element without parts has an indefinite length"),
            (&[0x30, 0x80, 4, 1, 1], "the data is cut off"),
            (&[0x3F, 0x80, 0x80, 0x80, 0x80, 0x80, 1], "a tag is too long"),
        ] {
            assert_eq!(read(bytes), Err(reason), "{bytes:02X?}");
        }
        assert_eq!(read(&[0x30, 0x80].repeat(1000)), Err("elements are nested too deeply"));
    }

    #[test]
    fn long_lengths_are_written_shortest() {
        for length in [0, 127, 128, 255, 256, 70_000] {
            let mut out = Vec::new();
            write(SEQUENCE, &vec![0; length], &mut out);
            let (tlv, rest) = read(&out).unwrap();
            assert_eq!((tlv.contents.len(), rest.len()), (length, 0));
            assert_eq!(tlv.definite(), out);
        }
    }
}
