//! One X.509 certificate (RFC 5280) with everything that rules and paths need, parsed once.

use std::{fmt, ops::Range, sync::Arc};

use x509_parser::{
    asn1_rs::Error as BerError, certificate::X509Certificate, error::X509Error, nom::error::ErrorKind,
    prelude::FromDer, x509::X509Version,
};

use super::{
    address::Address,
    alternative_name::AlternativeName,
    encoding::EncodingFlaws,
    extension::{BasicConstraints, Extensions, KeyUsage, MAX_NAMES, NameConstraints},
    key::{PublicKey, SignatureAlgorithm},
    name::Name,
};
use crate::{
    ber::{self, Element},
    model::{Fingerprint, Purpose, Timestamp, counted},
};

/// The extended key usages that allow mail: emailProtection and any.
const MAIL_PURPOSES: [&str; 2] = ["1.3.6.1.5.5.7.3.4", "2.5.29.37.0"];

/// An X.509 certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Arc<[u8]>,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: [u8; 20],
    /// 1, 2 or 3; what else the certificate says.
    pub version: u32,
    /// The serial number's octets, as they are encoded.
    pub serial: Vec<u8>,
    /// The name of its holder.
    pub subject: Name,
    /// The name of the CA that signed it.
    pub issuer: Name,
    /// Start of its validity.
    pub not_before: Timestamp,
    /// End of its validity, the last second included.
    pub not_after: Timestamp,
    /// The public key's algorithm and size.
    pub key: PublicKey,
    /// How it is signed.
    pub signature_algorithm: SignatureAlgorithm,
    /// Whether the algorithm inside the signed part is another one (RFC 5280 §4.1.1.2 forbids that).
    pub algorithms_differ: bool,
    /// Mail addresses and user principal names it names, in their order, of the first [`MAX_NAMES`] names.
    pub addresses: Vec<Address>,
    /// The other names in its subject alternative name, of the first [`MAX_NAMES`].
    pub alternative_names: Vec<AlternativeName>,
    /// Names of any kind beyond those, which nobody looked at.
    pub names_left_out: usize,
    /// The key usage bits; `None` if the extension is absent.
    pub key_usage: Option<KeyUsage>,
    /// OIDs of the extended key usages; `None` if the extension is absent.
    pub extended_key_usage: Option<Vec<String>>,
    /// The basic constraints; `None` if the extension is absent.
    pub basic_constraints: Option<BasicConstraints>,
    /// The subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// The key identifier of the issuer's key.
    pub authority_key_id: Option<Vec<u8>>,
    /// OIDs of extensions that are there more than once.
    pub duplicate_extensions: Vec<String>,
    /// OIDs of critical extensions that no rule or path check understands.
    pub unknown_critical_extensions: Vec<String>,
    /// OIDs of extensions that restrict what it is good for, and whose contents can't be read.
    pub unreadable_restrictions: Vec<String>,
    /// OIDs of other extensions whose contents can't be read.
    pub malformed_extensions: Vec<String>,
    /// The name constraints; `None` if the extension is absent.
    pub name_constraints: Option<NameConstraints>,
    /// What is wrong with how it is written.
    pub encoding: EncodingFlaws,
    parts: Parts,
}

/// Where the parts that signatures are about lie within the DER.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Parts {
    tbs: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    spki: Range<usize>,
}

impl Certificate {
    /// Reads exactly one DER certificate. Fails with the reason, as a phrase.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let (outer, rest) = ber::read(der, ber::ANY).map_err(|flaw| flaw.reason().to_owned())?;
        if !rest.is_empty() {
            return Err(format!("{} the certificate", counted(rest.len(), "byte follows", "bytes follow")));
        }
        let (_, parsed) = X509Certificate::from_der(der)
            .map_err(|error| format!("it is no X.509 certificate: {}", what_is_wrong(&error.into())))?;
        Ok(Self::of(&outer, &parsed))
    }

    fn of(outer: &Element<'_>, parsed: &X509Certificate<'_>) -> Self {
        let Extensions {
            mut addresses,
            alternative_names,
            names,
            key_usage,
            extended_key_usage,
            basic_constraints,
            subject_key_id,
            authority_key_id,
            duplicates,
            unknown_critical,
            unreadable_restrictions,
            malformed,
            name_constraints,
        } = Extensions::of(parsed.extensions());
        let left = MAX_NAMES.saturating_sub(names);
        let mut of_subject = Address::of_subject(&parsed.subject);
        addresses.extend(of_subject.by_ref().take(left));
        let names_left_out = names.saturating_sub(MAX_NAMES) + of_subject.count();
        let mut thumbprint = [0; 20];
        let sha1 = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, outer.raw);
        thumbprint.copy_from_slice(sha1.as_ref());
        Self {
            der: outer.raw.into(),
            fingerprint: Fingerprint::of(outer.raw),
            thumbprint,
            version: match parsed.version {
                X509Version(number) => number.saturating_add(1),
            },
            serial: parsed.raw_serial().to_vec(),
            subject: Name::of(&parsed.subject),
            issuer: Name::of(&parsed.issuer),
            not_before: Timestamp(parsed.validity.not_before.timestamp()),
            not_after: Timestamp(parsed.validity.not_after.timestamp()),
            key: PublicKey::of(&parsed.subject_pki),
            signature_algorithm: SignatureAlgorithm::of(&parsed.signature_algorithm),
            algorithms_differ: parsed.tbs_certificate.signature != parsed.signature_algorithm,
            addresses,
            alternative_names,
            names_left_out,
            key_usage,
            extended_key_usage,
            basic_constraints,
            subject_key_id,
            authority_key_id,
            duplicate_extensions: duplicates,
            unknown_critical_extensions: unknown_critical,
            unreadable_restrictions,
            malformed_extensions: malformed,
            name_constraints,
            encoding: EncodingFlaws::of(outer),
            parts: Parts::of(outer, parsed),
        }
    }

    /// Its DER, to the byte.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether `time` lies within its validity; both ends belong to it (RFC 5280 §4.1.2.5).
    pub fn is_valid_at(&self, time: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// Whether it is a CA certificate (RFC 5280 §4.2.1.9), or a self-issued one of version 1, as old roots are.
    pub fn is_ca(&self) -> bool {
        match self.basic_constraints {
            Some(constraints) => constraints.ca,
            None => self.version < 3 && self.is_self_issued(),
        }
    }

    /// Whether subject and issuer are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.subject.key == self.issuer.key
    }

    /// Whether its extended key usages, if there are any, allow mail (RFC 8550 §4.4.4).
    pub fn allows_mail(&self) -> bool {
        let any_allows = |oids: &Vec<String>| oids.iter().any(|oid| MAIL_PURPOSES.contains(&oid.as_str()));
        self.extended_key_usage.as_ref().is_none_or(any_allows)
    }

    /// Whether key and key usage allow encrypting to it (RFC 8550 §4.4.2): keyEncipherment for RSA and ML-KEM,
    /// keyAgreement for keys on curves.
    pub fn encrypts(&self) -> bool {
        let bit =
            if self.key.algorithm.agrees() { KeyUsage::KEY_AGREEMENT } else { KeyUsage::KEY_ENCIPHERMENT };
        self.key.algorithm.can_encrypt() && self.key_usage.is_none_or(|usage| usage.has(bit))
    }

    /// Whether key and key usage allow signing mail.
    pub fn signs(&self) -> bool {
        let bits = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
        self.key.algorithm.can_sign() && self.key_usage.is_none_or(|usage| usage.has(bits))
    }

    /// What it can be used for, by key, key usage and extended key usage.
    pub fn purpose(&self) -> Purpose {
        match (self.allows_mail() && self.encrypts(), self.allows_mail() && self.signs()) {
            (true, true) => Purpose::EncryptionAndSigning,
            (true, false) => Purpose::Encryption,
            (false, true) => Purpose::Signing,
            (false, false) => Purpose::None,
        }
    }

    pub(super) fn part_signed(&self) -> &[u8] {
        self.der.get(self.parts.tbs.clone()).unwrap_or_default()
    }

    pub(super) fn part_algorithm(&self) -> &[u8] {
        self.der.get(self.parts.algorithm.clone()).unwrap_or_default()
    }

    pub(super) fn part_signature(&self) -> &[u8] {
        self.der.get(self.parts.signature.clone()).unwrap_or_default()
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn public_key_info(&self) -> &[u8] {
        self.der.get(self.parts.spki.clone()).unwrap_or_default()
    }
}

/// What a parser stumbled over, as a phrase without its own words.
fn what_is_wrong(cause: &X509Error) -> &'static str {
    match cause {
        X509Error::InvalidVersion => "its version can't be read",
        X509Error::InvalidSerial => "its serial number can't be read",
        X509Error::InvalidAlgorithmIdentifier => "its signature algorithm can't be read",
        X509Error::InvalidX509Name | X509Error::InvalidAttributes | X509Error::DuplicateAttributes => {
            "the name of its holder or issuer can't be read"
        }
        X509Error::InvalidDate => "its validity can't be read",
        X509Error::InvalidSPKI => "its public key can't be read",
        X509Error::InvalidSubjectUID | X509Error::InvalidIssuerUID => "a unique identifier can't be read",
        X509Error::InvalidExtensions | X509Error::DuplicateExtensions => "its extensions can't be read",
        X509Error::InvalidSignatureValue => "its signature can't be read",
        X509Error::NomError(ErrorKind::Eof | ErrorKind::Complete)
        | X509Error::Der(BerError::Incomplete(_)) => "a part of it is missing",
        _ => "one of its parts is not what it should be",
    }
}

impl Parts {
    fn of(outer: &Element<'_>, parsed: &X509Certificate<'_>) -> Self {
        let range = |part: &[u8]| {
            let start = (part.as_ptr() as usize).saturating_sub(outer.raw.as_ptr() as usize);
            start..start.saturating_add(part.len())
        };
        let mut children = outer.parts().map_while(Result::ok);
        let mut next = || children.next().map(|child| range(child.raw)).unwrap_or_default();
        Self {
            tbs: next(),
            algorithm: next(),
            signature: range(&parsed.signature_value.data),
            spki: range(parsed.subject_pki.raw),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, SHA-256 {})", self.subject, self.fingerprint)
    }
}
