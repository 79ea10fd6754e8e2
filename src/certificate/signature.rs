//! Signatures on certificates and on SignedData, checked with ring.

use std::fmt;

use x509_parser::{
    asn1_rs::BitString,
    error::X509Error,
    prelude::FromDer,
    public_key::PublicKey,
    verify::verify_signature,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};

use super::{
    Certificate, SignatureAlgorithm,
    budget::{MAX_SIGNATURES, SignatureBudget},
};

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureFailure {
    /// It does not belong to the data and the key.
    Wrong,
    /// This algorithm, or this key with it, is not supported.
    Unsupported(String),
    /// It was not checked: too many were already.
    NotChecked,
}

impl fmt::Display for SignatureFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong => f.write_str("the signature is wrong"),
            Self::NotChecked => write!(f, "the signature was not checked after {MAX_SIGNATURES} others"),
            Self::Unsupported(name) => write!(f, "signatures of the type {name} can't be checked"),
        }
    }
}

impl Certificate {
    /// Checks that `issuer`'s key made the signature, as far as `budget` allows. Names, dates and rights are the
    /// caller's matter.
    pub fn verify_signed_by(
        &self,
        issuer: &Certificate,
        budget: &mut SignatureBudget,
    ) -> Result<(), SignatureFailure> {
        let algorithm = self.part_algorithm();
        verify(issuer.public_key_info(), algorithm, self.part_signature(), self.part_signed(), budget)
    }
}

/// Checks `signature` over `data`; key and algorithm are DER (SubjectPublicKeyInfo, AlgorithmIdentifier).
pub(super) fn verify(
    key: &[u8],
    algorithm: &[u8],
    signature: &[u8],
    data: &[u8],
    budget: &mut SignatureBudget,
) -> Result<(), SignatureFailure> {
    let unsupported = || SignatureFailure::Unsupported("unknown".into());
    let (_, key) = SubjectPublicKeyInfo::from_der(key).map_err(|_| unsupported())?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(algorithm).map_err(|_| unsupported())?;
    if !budget.take(data.len(), times_the_usual(&key)) {
        return Err(SignatureFailure::NotChecked);
    }
    verify_signature(&key, &algorithm, &BitString::new(0, signature), data).map_err(|error| match error {
        X509Error::SignatureVerificationError => SignatureFailure::Wrong,
        _ => SignatureFailure::Unsupported(SignatureAlgorithm::of(&algorithm).name),
    })
}

/// How many times as long as with RSA of 4096 bits or with P-256 it takes to check a signature with this key, at most.
/// Anybody can put a CA certificate with any key beside the own one.
fn times_the_usual(key: &SubjectPublicKeyInfo<'_>) -> usize {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            // Multiplications grow with the square of the length; there is one for each bit of the exponent, and one
            // more for each that is set. That of 65537 has 17 bits and two that are set.
            let length = rsa.modulus.len().min(2048) / 256;
            let exponent = rsa.exponent.get(..8.min(rsa.exponent.len())).unwrap_or_default();
            let set: u32 = exponent.iter().map(|octet| octet.count_ones()).sum();
            let multiplications = exponent.len() * 8 + set as usize;
            1 + length * length * multiplications / 19 / 8
        }
        Ok(PublicKey::EC(point)) if point.key_size() > 256 => 4,
        _ => 1,
    }
}
