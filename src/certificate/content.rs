//! What was found in a value: certificates, and what is wrong with it.

use strum::Display;

use super::{Certificate, budget::ReadBudget};
use crate::{ber::Element, model::Fingerprint};

/// The form of a value's bytes, whatever its attribute says; by its name in results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display)]
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
    /// The signature of the SignedData is of a kind that can't be checked, and which, as a clause.
    UnsupportedSignature(String),
    /// The SignedData is signed with this weak digest.
    WeakDigest(&'static str),
    /// The signature of the SignedData was not checked: too many others were already.
    UncheckedSignature,
    /// The preferred encryption certificate is not in the value.
    UnknownPreference,
    /// It was not read to its end: all values together have more certificates or octets than are read.
    CutShort,
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
    /// The certificate in it that signed that preference; `None` where nobody did.
    pub preference_signer: Option<Fingerprint>,
}

impl ValueContent {
    pub(super) fn new(form: ValueForm) -> Self {
        Self {
            form,
            certificates: Vec::new(),
            problems: Vec::new(),
            preferred_encryption: None,
            preference_signer: None,
        }
    }

    pub(super) fn unreadable(reason: impl Into<String>) -> Self {
        let mut content = Self::new(ValueForm::Unknown);
        content.problems.push(ValueProblem::Unreadable(reason.into()));
        content
    }

    /// A value that nobody reads any more.
    pub(super) fn not_read() -> Self {
        let mut content = Self::new(ValueForm::Unknown);
        content.cut_short();
        content
    }

    fn cut_short(&mut self) {
        if !self.is_cut_short() {
            self.problems.push(ValueProblem::CutShort);
        }
    }

    /// Reads one certificate out of several, or notes why it can't be read.
    pub(super) fn take_certificate(
        &mut self,
        element: &Element<'_>,
        budget: &mut ReadBudget,
    ) -> Option<&Certificate> {
        if !budget.take_part() {
            self.cut_short();
            return None;
        }
        let first = Certificate::from_der(element.raw);
        match first.or_else(|reason| Certificate::from_der(&element.definite()).map_err(|_| reason)) {
            Ok(certificate) => {
                self.certificates.push(certificate);
                self.certificates.last()
            }
            Err(reason) => {
                self.add_unreadable(reason);
                None
            }
        }
    }

    /// Whether not all of it was read, so that nobody knows what else is in it.
    pub fn is_cut_short(&self) -> bool {
        self.problems.contains(&ValueProblem::CutShort)
    }

    /// Notes that one certificate of several can't be read.
    pub(super) fn note_unreadable(&mut self, reason: String, budget: &mut ReadBudget) {
        if budget.take_part() { self.add_unreadable(reason) } else { self.cut_short() }
    }

    fn add_unreadable(&mut self, reason: String) {
        let unreadable =
            self.problems.iter().filter(|p| matches!(p, ValueProblem::UnreadableCertificate(..)));
        let position = self.certificates.len() + unreadable.count() + 1;
        self.problems.push(ValueProblem::UnreadableCertificate(position, reason));
    }

    /// Takes over what another part of the same text holds.
    pub(super) fn append(&mut self, other: Self) {
        if self.certificates.is_empty() && self.problems.is_empty() {
            *self = other;
            return;
        }
        self.certificates.extend(other.certificates);
        self.problems.extend(other.problems);
        if self.preferred_encryption.is_none() {
            self.preferred_encryption = other.preferred_encryption;
            self.preference_signer = other.preference_signer;
        }
    }
}
