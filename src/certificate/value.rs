//! One value of `userCertificate` or `userSMIMECertificate`, in whatever form it came.

use super::{
    Certificate,
    tlv::{self, OCTET_STRING, OID, SEQUENCE, Tlv},
};
use crate::recipient::{Attribute, Fingerprint};

/// The largest value that is read. Active Directory holds 32,768 bytes; other directories more.
const MAX_VALUE: usize = 1 << 20;

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
    pub(super) fn take_certificate(&mut self, element: &Tlv<'_>) {
        let unreadable =
            self.problems.iter().filter(|p| matches!(p, ValueProblem::UnreadableCertificate(..)));
        let position = self.certificates.len() + unreadable.count() + 1;
        let first = Certificate::from_der(element.raw);
        match first.or_else(|reason| Certificate::from_der(&element.definite()).map_err(|_| reason)) {
            Ok(certificate) => self.certificates.push(certificate),
            Err(reason) => self.problems.push(ValueProblem::UnreadableCertificate(position, reason)),
        }
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
        _ => ValueContent::unreadable("it is neither a certificate nor PKCS#7 nor MS-OXOABK blocks"),
    }
}

fn read_sequence(bytes: &[u8]) -> ValueContent {
    let (outer, rest) = match tlv::read(bytes) {
        Ok(read) => read,
        Err(reason) => return ValueContent::unreadable(reason),
    };
    let mut content = read_certificate(&outer);
    if !rest.is_empty() && !content.certificates.is_empty() {
        content.problems.push(ValueProblem::TrailingBytes(rest.len()));
    }
    content
}

fn read_certificate(outer: &Tlv<'_>) -> ValueContent {
    let mut content = ValueContent::new(ValueForm::Certificate);
    content.take_certificate(outer);
    match content.problems.pop() {
        Some(ValueProblem::UnreadableCertificate(_, reason)) => ValueContent::unreadable(reason),
        _ => content,
    }
}
