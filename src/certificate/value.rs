//! One value of `userCertificate` or `userSMIMECertificate`, in whatever form it came.

use super::{
    Certificate, oxoabk, signed_data,
    text::{self, Text},
    tlv::{self, CONSTRUCTED_OCTET_STRING, OCTET_STRING, SEQUENCE, Tlv},
};
use crate::recipient::{Attribute, Fingerprint};

/// The largest value that is read. Active Directory holds 32,768 bytes; other directories more.
const MAX_VALUE: usize = 1 << 20;

/// The most certificates that are read out of one PKCS#7 or MS-OXOABK value. Real ones have less than ten.
const MAX_CERTIFICATES: usize = 1000;

/// How often a value may be wrapped in text or in an OCTET STRING.
const MAX_WRAPS: usize = 4;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueForm {
    /// One DER certificate.
    Certificate,
    /// PKCS#7 or CMS SignedData.
    SignedData,
    /// The tagged blocks of [MS-OXOABK] 2.2.4.36.
    OxoAbk,
    /// Nothing that is known here.
    Unknown,
}

impl ValueForm {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "Certificate",
            Self::SignedData => "SignedData",
            Self::OxoAbk => "OxoAbk",
            Self::Unknown => "Unknown",
        }
    }
}

/// Something that is wrong with a value, or worth knowing. Reasons are phrases, without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueProblem {
    /// No certificate was found.
    Unreadable(String),
    /// One certificate of several can't be read: which (from 1), and why.
    UnreadableCertificate(usize, String),
    /// The SignedData around the certificates is damaged.
    MalformedSignedData(String),
    /// The blocks are damaged.
    MalformedBlocks(String),
    /// It is text, in this encoding, where binary is due.
    TextEncoded(&'static str),
    /// It is wrapped in an OCTET STRING.
    Wrapped,
    /// Its form belongs into the other attribute.
    WrongAttribute,
    /// So many bytes follow the end.
    TrailingBytes(usize),
    /// It has lengths that BER allows and DER forbids.
    IndefiniteLength,
    /// The signature of the SignedData does not prove anything, and why.
    UnverifiedSignature(String),
    /// The SignedData is signed with this weak digest.
    WeakDigest(&'static str),
    /// The preferred encryption certificate is not in the value.
    UnknownPreference,
}

/// What was found in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueContent {
    /// What it is, below text or wrapping.
    pub form: ValueForm,
    /// Its certificates, in their order.
    pub certificates: Vec<Certificate>,
    /// What is wrong with it.
    pub problems: Vec<ValueProblem>,
    /// The certificate in it that its owner wants mail encrypted to: from the signed attributes
    /// microsoftEncryptionCert or sMIMEEncryptionKeyPreference (RFC 8551 §2.5.3), only if the signature verifies;
    /// of MS-OXOABK blocks from the tags 0x0003 and 0x0022.
    pub preferred_encryption: Option<Fingerprint>,
}

impl ValueContent {
    pub(super) fn new(form: ValueForm) -> Self {
        Self { form, certificates: Vec::new(), problems: Vec::new(), preferred_encryption: None }
    }

    pub(super) fn unreadable(reason: impl Into<String>) -> Self {
        let mut content = Self::new(ValueForm::Unknown);
        content.problems.push(ValueProblem::Unreadable(reason.into()));
        content
    }

    /// Reads one certificate out of several, or notes why it can't be read.
    pub(super) fn take_certificate(&mut self, element: &Tlv<'_>) -> Option<&Certificate> {
        if self.is_cut_short() {
            let problem =
                ValueProblem::MalformedSignedData(format!("it has more than {MAX_CERTIFICATES} parts"));
            if self.problems.last() != Some(&problem) {
                self.problems.push(problem);
            }
            return None;
        }
        let first = Certificate::from_der(element.raw);
        match first.or_else(|reason| Certificate::from_der(&element.definite()).map_err(|_| reason)) {
            Ok(certificate) => {
                self.certificates.push(certificate);
                self.certificates.last()
            }
            Err(reason) => {
                self.note_unreadable(reason);
                None
            }
        }
    }

    /// Whether it has more parts than are read, so that nobody knows what else is in it.
    pub fn is_cut_short(&self) -> bool {
        self.certificates.len() + self.problems.len() >= MAX_CERTIFICATES
    }

    /// Notes that one certificate of several can't be read.
    pub(super) fn note_unreadable(&mut self, reason: String) {
        let unreadable =
            self.problems.iter().filter(|p| matches!(p, ValueProblem::UnreadableCertificate(..)));
        let position = self.certificates.len() + unreadable.count() + 1;
        self.problems.push(ValueProblem::UnreadableCertificate(position, reason));
    }

    /// Takes over what another part of the same text holds.
    fn append(&mut self, other: Self) {
        if self.certificates.is_empty() && self.problems.is_empty() {
            *self = other;
            return;
        }
        self.certificates.extend(other.certificates);
        self.problems.extend(other.problems);
        self.preferred_encryption = self.preferred_encryption.or(other.preferred_encryption);
    }
}

/// Reads a value of `attribute` in every form that is found in directories. Never fails: what can't be read is a
/// problem of the content, and one bad certificate does not lose the others.
pub fn read_value(attribute: Attribute, bytes: &[u8]) -> ValueContent {
    let mut content = if bytes.len() > MAX_VALUE {
        ValueContent::unreadable(format!(
            "it has {} bytes, and {MAX_VALUE} is the most that is read",
            bytes.len()
        ))
    } else {
        read(bytes, 0)
    };
    let due = match attribute {
        Attribute::UserCertificate => matches!(content.form, ValueForm::Certificate | ValueForm::Unknown),
        Attribute::UserSmimeCertificate => content.form != ValueForm::Certificate,
    };
    if !due {
        content.problems.push(ValueProblem::WrongAttribute);
    }
    content
}

/// Reads a file of certificates in any of the same forms.
pub fn read_bundle(bytes: &[u8]) -> ValueContent {
    read(bytes, 0)
}

fn read(bytes: &[u8], wraps: usize) -> ValueContent {
    if wraps > MAX_WRAPS {
        return ValueContent::unreadable("it is wrapped too often");
    }
    match bytes {
        [] => ValueContent::unreadable("it is empty"),
        [SEQUENCE, ..] => read_sequence(bytes),
        // MS-OXOABK's tag 0x0004 begins with the same octet, and goes on with 0.
        [OCTET_STRING, 1..=255, ..] | [CONSTRUCTED_OCTET_STRING, ..] => read_wrapped(bytes, wraps),
        _ if oxoabk::is_likely(bytes) => oxoabk::read(bytes),
        _ => match text::decode(bytes) {
            Some(Text::Pem(blocks)) => read_pem(blocks, wraps),
            Some(Text::Base64(inner)) => {
                with_problem(read(&inner, wraps + 1), ValueProblem::TextEncoded("base64"))
            }
            None if oxoabk::is_complete(bytes) => oxoabk::read(bytes),
            None => ValueContent::unreadable("it is neither a certificate nor PKCS#7 nor MS-OXOABK blocks"),
        },
    }
}

/// Notes how a value was encoded, if anything came of it.
fn with_problem(mut content: ValueContent, problem: ValueProblem) -> ValueContent {
    if content.form != ValueForm::Unknown {
        content.problems.push(problem);
    }
    content
}

fn read_wrapped(bytes: &[u8], wraps: usize) -> ValueContent {
    match tlv::read(bytes) {
        Ok((string, rest)) => {
            let content = with_problem(read(&string.octets(), wraps + 1), ValueProblem::Wrapped);
            if rest.is_empty() {
                content
            } else {
                with_problem(content, ValueProblem::TrailingBytes(rest.len()))
            }
        }
        Err(reason) => ValueContent::unreadable(reason),
    }
}

fn read_pem(blocks: Vec<Result<Vec<u8>, String>>, wraps: usize) -> ValueContent {
    let mut content = ValueContent::new(ValueForm::Unknown);
    for block in blocks {
        let part = match block {
            Ok(inner) => read(&inner, wraps + 1),
            Err(reason) => ValueContent::unreadable(reason),
        };
        content.append(part);
    }
    if content.certificates.is_empty() && content.problems.is_empty() {
        return ValueContent::unreadable("the PEM text has no block with certificates");
    }
    with_problem(content, ValueProblem::TextEncoded("PEM"))
}

fn read_sequence(bytes: &[u8]) -> ValueContent {
    let (outer, rest) = match tlv::read(bytes) {
        Ok(read) => read,
        Err(reason) => return ValueContent::unreadable(reason),
    };
    let content =
        if signed_data::is_likely(&outer) { signed_data::read(&outer) } else { read_certificate(&outer) };
    if rest.is_empty() { content } else { with_problem(content, ValueProblem::TrailingBytes(rest.len())) }
}

fn read_certificate(outer: &Tlv<'_>) -> ValueContent {
    let mut content = ValueContent::new(ValueForm::Certificate);
    content.take_certificate(outer);
    match content.problems.pop() {
        Some(ValueProblem::UnreadableCertificate(_, reason)) => ValueContent::unreadable(reason),
        _ => content,
    }
}
