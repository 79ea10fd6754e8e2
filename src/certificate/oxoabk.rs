//! The tagged blocks of PidTagUserX509Certificate ([MS-OXOABK] 2.2.4.36): tag and length of two little-endian
//! octets each, the length counting these four as well.

use super::{
    Certificate,
    budget::ReadBudget,
    content::{ValueContent, ValueForm, ValueProblem},
};
use crate::{
    ber::{self, tag},
    model::Fingerprint,
};

const KEY_EXCHANGE_CERTIFICATE: u16 = 0x0003;
const CHAIN_CERTIFICATE: u16 = 0x0004;
const SIGN_CERTIFICATE: u16 = 0x0008;
const KEY_EXCHANGE_SHA1: u16 = 0x0022;

/// The tags that are known.
const KNOWN: [u16; 11] = [
    0x0001, // version
    0x0002, // asymmetric capabilities
    KEY_EXCHANGE_CERTIFICATE,
    CHAIN_CERTIFICATE,
    0x0006, // message encoding
    SIGN_CERTIFICATE,
    0x0009, // SHA-1 of the signing certificate
    0x000B, // display name, ANSI
    0x0020, // defaults
    KEY_EXCHANGE_SHA1,
    0x0051, // display name, Unicode
];

/// Whether `bytes` begin like such blocks.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    matches!(bytes, [a, b, c, d, ..] if KNOWN.contains(&u16::from_le_bytes([*a, *b])) && u16::from_le_bytes([*c, *d]) >= 4)
}

/// Whether `bytes` are blocks from end to end, of whatever tags: unknown ones must be skipped.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match split(rest) {
            Ok((.., after)) => rest = after,
            Err(_) => return false,
        }
    }
    true
}

/// Reads all blocks; what comes before a damaged one is kept.
pub(super) fn read(bytes: &[u8], budget: &mut ReadBudget) -> ValueContent {
    let mut content = ValueContent::new(ValueForm::OxoAbk);
    let mut key_exchange_sha1: Option<&[u8]> = None;
    let mut rest = bytes;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        let (tag, data, after) = match split(rest) {
            Ok(block) => block,
            Err(reason) => {
                let problem = ValueProblem::MalformedBlocks(format!("{reason} at offset {offset}"));
                content.problems.push(problem);
                break;
            }
        };
        match tag {
            KEY_EXCHANGE_CERTIFICATE => {
                let certificate = take_certificate(&mut content, data, budget);
                content.preferred_encryption = content.preferred_encryption.or(certificate);
            }
            CHAIN_CERTIFICATE | SIGN_CERTIFICATE => {
                take_certificate(&mut content, data, budget);
            }
            KEY_EXCHANGE_SHA1 => key_exchange_sha1 = key_exchange_sha1.or(Some(data)),
            _ => {}
        }
        if content.is_cut_short() {
            return content;
        }
        rest = after;
    }
    if let (None, Some(hash)) = (content.preferred_encryption, key_exchange_sha1) {
        let named = content.certificates.iter().find(|certificate| certificate.thumbprint == hash);
        content.preferred_encryption = named.map(|certificate| certificate.fingerprint);
        if named.is_none() {
            content.problems.push(ValueProblem::UnknownPreference);
        }
    }
    let holds_any = |p: &ValueProblem| matches!(p, ValueProblem::UnreadableCertificate(..));
    if content.certificates.is_empty() && !content.problems.iter().any(holds_any) {
        content.problems.push(ValueProblem::Unreadable("the MS-OXOABK blocks hold no certificate".into()));
    }
    content
}

/// Tag, data and what follows, of the first block.
fn split(bytes: &[u8]) -> Result<(u16, &[u8], &[u8]), String> {
    let [a, b, c, d, ..] = bytes else { return Err("a block is cut off".into()) };
    let length = u16::from_le_bytes([*c, *d]);
    let (tag, end) = (u16::from_le_bytes([*a, *b]), usize::from(length));
    if length < 4 {
        return Err(format!("the block {tag:#06x} has the length {length}, less than its own head"));
    }
    let data = bytes.get(4..end).ok_or_else(|| format!("the block {tag:#06x} points past the end"))?;
    Ok((tag, data, bytes.get(end..).unwrap_or_default()))
}

fn take_certificate(content: &mut ValueContent, data: &[u8], budget: &mut ReadBudget) -> Option<Fingerprint> {
    match ber::read_only(data, ber::ANY, tag::SEQUENCE) {
        Some(element) => content.take_certificate(&element, budget).map(Certificate::fingerprint_of),
        None => {
            content.note_unreadable("the block is no DER sequence".into(), budget);
            None
        }
    }
}
