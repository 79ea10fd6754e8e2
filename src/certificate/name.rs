//! Distinguished names: as text, and as a key that compares as RFC 5280 §7.1 asks.

use std::fmt;

use x509_parser::{
    asn1_rs::{Any, Tag},
    x509::{RelativeDistinguishedName, X509Name},
};

use crate::{
    ber::oid_text,
    model::{is_hidden, shortened},
};

/// Letters of a name that messages show.
const SHOWN: usize = 200;

/// Ends each relative distinguished name of a key.
const END_OF_RDN: &str = "\u{0}";

/// A subject or issuer. In messages, a name that is longer than any real one is cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// RFC 4514 text, most specific part first, with the short names that Windows and OpenSSL show.
    pub text: String,
    /// The DER as it stands in the certificate.
    pub der: Vec<u8>,
    /// Equal for names that RFC 5280 §7.1 takes as equal, and for no others: case and repeated spaces do not count.
    pub key: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.text.is_empty() { "(empty name)" } else { &self.text };
        f.write_str(&shortened(text, SHOWN))
    }
}

impl Name {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        let mut parts: Vec<String> = name.iter_rdn().map(rdn_text).collect();
        parts.reverse();
        Self { text: parts.join(","), der: name.as_raw().to_vec(), key: Self::key_of(name) }
    }

    /// The keys of the names above it in the tree, from the whole tree on, and its own.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        let ends = self.key.match_indices(END_OF_RDN).filter_map(|(at, end)| self.key.get(..at + end.len()));
        std::iter::once("").chain(ends)
    }

    /// The key of a parsed name; that of a name further up in the tree is its beginning.
    pub fn key_of(name: &X509Name<'_>) -> String {
        let mut key = String::new();
        for rdn in name.iter_rdn() {
            let mut keys: Vec<String> = rdn
                .iter()
                .map(|part| format!("{}={}", oid_text(part.attr_type()), value_key(part.attr_value())))
                .collect();
            keys.sort();
            key.push_str(&keys.join("\u{1}"));
            key.push_str(END_OF_RDN);
        }
        key
    }
}

fn rdn_text(rdn: &RelativeDistinguishedName<'_>) -> String {
    let texts = rdn.iter().map(|part| {
        format!("{}={}", short_name(&oid_text(part.attr_type())), escape(&value_text(part.attr_value())))
    });
    texts.collect::<Vec<_>>().join("+")
}

/// The short names of RFC 4514 §3 and those in common use for other attributes.
fn short_name(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.13" => "description",
        "2.5.4.15" => "businessCategory",
        "2.5.4.17" => "postalCode",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "2.5.4.65" => "pseudonym",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => other,
    }
}

/// The text of a directory string of any type; other values as `#` and hexadecimal digits.
pub(super) fn value_text(value: &Any<'_>) -> String {
    let data = value.data;
    let utf16 = || data.chunks_exact(2).map(|pair| pair.iter().fold(0u16, |c, b| c << 8 | u16::from(*b)));
    let utf32 = || data.chunks_exact(4).map(|four| four.iter().fold(0u32, |c, b| c << 8 | u32::from(*b)));
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            String::from_utf8_lossy(data).into_owned()
        }
        // Most writers mean Latin-1, whatever T.61 says.
        Tag::T61String => data.iter().map(|octet| char::from(*octet)).collect(),
        Tag::BmpString => char::decode_utf16(utf16()).map(|c| c.unwrap_or('\u{FFFD}')).collect(),
        Tag::UniversalString => utf32().map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect(),
        _ => format!("#{}", hex::encode(data)),
    }
}

/// RFC 4514 §2.4; control and other hidden characters are escaped as well, so that a name never breaks a line.
fn escape(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (i, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            ' ' if i == 0 || i == last => out.push_str("\\ "),
            '#' if i == 0 => out.push_str("\\#"),
            c if is_hidden(c) => {
                let mut utf8 = [0; 4];
                c.encode_utf8(&mut utf8).bytes().for_each(|octet| out.push_str(&format!("\\{octet:02X}")));
            }
            c => out.push(c),
        }
    }
    out
}

/// A value as names are compared by it. It may hold any character, so that those which part values and names are written
/// otherwise, as is the sign by which values that are no text begin.
fn value_key(value: &Any<'_>) -> String {
    if !is_text(value) {
        return format!("#{} {}", value.tag().0, hex::encode(value.data));
    }
    let folded = value_text(value).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut key = String::with_capacity(folded.len());
    for (place, character) in folded.chars().enumerate() {
        match character {
            '\u{0}' | '\u{1}' | '\\' => key.push_str(&format!("\\{:02x}", u32::from(character))),
            '#' if place == 0 => key.push_str("\\#"),
            other => key.push(other),
        }
    }
    key
}

fn is_text(value: &Any<'_>) -> bool {
    matches!(
        value.tag(),
        Tag::Utf8String
            | Tag::PrintableString
            | Tag::Ia5String
            | Tag::NumericString
            | Tag::VisibleString
            | Tag::T61String
            | Tag::BmpString
            | Tag::UniversalString
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_as_in_rfc_4514() {
        for (value, text) in [
            ("Alice", "Alice"),
            ("Before\rAfter", "Before\\0DAfter"),
            ("Eve\u{202E}", "Eve\\E2\\80\\AE"),
            ("James \"Jim\" Smith, III", "James \\\"Jim\\\" Smith\\, III"),
            ("#Hash", "\\#Hash"),
            (" both ends ", "\\ both ends\\ "),
        ] {
            assert_eq!(escape(value), text);
        }
    }

    #[test]
    fn strings_of_every_type_become_text() {
        for (tag, data, text) in [
            (Tag::BmpString, &[0, b'A', 0, 0xE9][..], "Aé"),
            (Tag::T61String, &[b'A', 0xE9], "Aé"),
            (Tag::UniversalString, &[0, 0, 0, b'A'], "A"),
            (Tag::Utf8String, "Aé".as_bytes(), "Aé"),
            (Tag::OctetString, &[1, 0xAB], "#01ab"),
        ] {
            assert_eq!(value_text(&Any::from_tag_and_data(tag, data)), text);
        }
    }
}
