//! BER (X.690 §8.1), as LDAP messages, certificates and PKCS#7 are written: elements read without copying, and
//! written. Nothing here calls itself, so that no input fills the stack.

mod element;
mod header;
mod reader;
mod write;

#[cfg(test)]
mod tests;

pub use self::{
    element::{Element, oid_text},
    header::{Header, Length},
    reader::{Reader, read, read_only},
    write::{element, number},
};

/// Identifier octets: class, whether it has parts, number.
pub mod tag {
    #![allow(missing_docs)]

    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0a;
    pub const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// The bit of an element that has parts.
    pub(super) const CONSTRUCTED: u8 = 0x20;

    /// The primitive context-specific tag `[number]`.
    pub const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// The constructed context-specific tag `[number]`.
    pub const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Which BER is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most octets of a tag.
    tag_octets: usize,
    /// The most octets that say how long an element is, after the one that counts them.
    length_octets: usize,
    /// How deeply elements of indefinite length may lie in one another; none: such a length is refused.
    indefinite: Option<usize>,
}

/// What LDAP allows (RFC 4511 §5.1): definite lengths; tags of one octet. Active Directory writes leading zeros.
pub const LDAP: &Rules = &Rules { tag_octets: 1, length_octets: 8, indefinite: None };

/// What is found in certificates and PKCS#7: indefinite lengths, too. SignedData needs about ten levels.
pub const ANY: &Rules = &Rules { tag_octets: 6, length_octets: 4, indefinite: Some(32) };

/// Why bytes are no element, or not the one that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// They end within the head of an element, or before the end of one of indefinite length.
    CutOff,
    /// An element is longer than what there is.
    PastTheEnd,
    /// A tag of more octets than the rules allow.
    LongTag,
    /// A length of more octets than the rules allow, or beyond all memory.
    LongLength,
    /// An indefinite length where the rules allow none.
    Indefinite,
    /// An indefinite length of an element without parts.
    IndefinitePrimitive,
    /// More levels of indefinite length than the rules allow.
    TooDeep,
    /// An element of another tag than the one that is due.
    OtherTag,
    /// A number that is negative or above 2^31 - 1.
    NumberRange,
}

impl Flaw {
    /// As a clause, for messages.
    pub fn reason(self) -> &'static str {
        match self {
            Self::CutOff => "the data is cut off",
            Self::PastTheEnd => "a length points past the end of the data",
            Self::LongTag => "a tag is too long",
            Self::LongLength => "a length is too large",
            Self::Indefinite => "a length is indefinite",
            Self::IndefinitePrimitive => "an element without parts has an indefinite length",
            Self::TooDeep => "elements are nested too deeply",
            Self::OtherTag => "an element is of another kind than expected",
            Self::NumberRange => "a number is out of its range",
        }
    }
}
