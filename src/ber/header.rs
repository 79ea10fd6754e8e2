//! The start of an element.

use super::{Flaw, Rules, tag};

/// How long the content of an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Definite(usize),
    /// Until the end-of-contents octets of its level.
    Indefinite,
}

/// Tag and length of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The identifier octet; of a tag number above 30 only its first.
    pub tag: u8,
    /// Bytes of tag and length.
    pub size: usize,
    /// The length of the content.
    pub content: Length,
}

impl Header {
    /// Reads tag and length; `None` where more bytes are needed.
    /// Fails with `LongTag`, `LongLength`, `Indefinite`, `IndefinitePrimitive`.
    pub fn read(bytes: &[u8], rules: &Rules) -> Result<Option<Self>, Flaw> {
        let Some(tag_size) = tag_size(bytes, rules)? else { return Ok(None) };
        let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(tag_size)) else { return Ok(None) };
        let head = |count: usize, content| Ok(Some(Self { tag, size: tag_size + 1 + count, content }));
        match usize::from(first & 0x7f) {
            short if first < 0x80 => head(0, Length::Definite(short)),
            0 if rules.indefinite.is_none() => Err(Flaw::Indefinite),
            0 if tag & tag::CONSTRUCTED == 0 => Err(Flaw::IndefinitePrimitive),
            0 => head(0, Length::Indefinite),
            count if count > rules.length_octets => Err(Flaw::LongLength),
            count => {
                let Some(octets) = bytes.get(tag_size + 1..tag_size + 1 + count) else { return Ok(None) };
                let length = octets.iter().fold(0u64, |length, octet| length << 8 | u64::from(*octet));
                head(count, Length::Definite(usize::try_from(length).map_err(|_| Flaw::LongLength)?))
            }
        }
    }
}

/// How many bytes the tag has (X.690 §8.1.2); `None` where more are needed.
fn tag_size(bytes: &[u8], rules: &Rules) -> Result<Option<usize>, Flaw> {
    let Some((first, following)) = bytes.split_first() else { return Ok(None) };
    if first & 0x1f != 0x1f {
        return Ok(Some(1));
    }
    let most = rules.tag_octets - 1;
    match following.iter().take(most).position(|octet| octet & 0x80 == 0) {
        Some(last) => Ok(Some(last + 2)),
        None if following.len() < most => Ok(None),
        None => Err(Flaw::LongTag),
    }
}
