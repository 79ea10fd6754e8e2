//! Signatures on certificates and on SignedData, checked with ring.

use std::fmt;

use x509_parser::{
    asn1_rs::BitString,
    error::X509Error,
    prelude::FromDer,
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
    if !budget.take(data.len()) {
        return Err(SignatureFailure::NotChecked);
    }
    let unsupported = || SignatureFailure::Unsupported("unknown".into());
    let (_, key) = SubjectPublicKeyInfo::from_der(key).map_err(|_| unsupported())?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(algorithm).map_err(|_| unsupported())?;
    verify_signature(&key, &algorithm, &BitString::new(0, signature), data).map_err(|error| match error {
        X509Error::SignatureVerificationError => SignatureFailure::Wrong,
        _ => SignatureFailure::Unsupported(SignatureAlgorithm::of(&algorithm).name),
    })
}
