//! Signatures on certificates and on SignedData: checked with ring where it can, and in Rust beyond it.

mod cost;
mod digest;
mod ecdsa;
mod ml_dsa;
mod rsa;
mod scheme;

use std::fmt;

use x509_parser::{prelude::FromDer, x509::SubjectPublicKeyInfo};

pub(super) use self::{
    digest::{Digest, digest_name},
    scheme::Scheme,
};
use super::{
    Certificate, KeyAlgorithm, PublicKey,
    budget::{MAX_SIGNATURES, SignatureBudget},
};

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureFailure {
    /// It does not belong to the data and the key.
    Wrong,
    /// Nobody here can check such a one: this algorithm, or this key with it.
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
        let scheme = Scheme::of(self.part_algorithm()).map_err(SignatureFailure::Unsupported)?;
        verify(issuer.public_key_info(), scheme, self.part_signature(), self.part_signed(), budget)
    }
}

/// Checks `signature` over `data` with `key`, a SubjectPublicKeyInfo in DER.
pub(super) fn verify(
    key: &[u8],
    scheme: Scheme,
    signature: &[u8],
    data: &[u8],
    budget: &mut SignatureBudget,
) -> Result<(), SignatureFailure> {
    let (_, info) =
        SubjectPublicKeyInfo::from_der(key).map_err(|_| SignatureFailure::Unsupported("unknown".into()))?;
    let of_key = PublicKey::of(&info);
    let octets = info.subject_public_key.data.as_ref();
    let signed = Signed { scheme, key: octets, data, signature };
    if !budget.take(data.len(), cost::times_the_usual(&signed, &of_key)) {
        return Err(SignatureFailure::NotChecked);
    }
    match (scheme, &of_key.algorithm) {
        (Scheme::Pkcs1(_) | Scheme::Pss { .. }, KeyAlgorithm::Rsa) => rsa::check(&signed),
        (Scheme::Pss { digest, salt }, KeyAlgorithm::RsaPss) => {
            // RFC 4055 §3.3: what the key is restricted to, where it is, and the salt at least that long.
            let allowed = Scheme::of_key(&info.algorithm).is_none_or(|key| match key {
                Ok(Scheme::Pss { digest: due, salt: least }) => due == digest && salt >= least,
                _ => false,
            });
            if allowed { rsa::check(&signed) } else { Err(SignatureFailure::Wrong) }
        }
        (Scheme::Ecdsa(digest), KeyAlgorithm::Ec(curve)) => ecdsa::check(&signed, digest, curve),
        (Scheme::Ecdsa(digest), KeyAlgorithm::OtherCurve(curve)) => ecdsa::check(&signed, digest, curve),
        (Scheme::Ed25519, KeyAlgorithm::Edwards("Ed25519")) => signed.by_ring(&ring::signature::ED25519),
        (Scheme::MlDsa(name), KeyAlgorithm::PostQuantumSignature(other)) if name == *other => {
            ml_dsa::check(&signed, name)
        }
        // A key of another kind did not make it.
        _ => Err(SignatureFailure::Wrong),
    }
}

/// A signature with all that belongs to it.
struct Signed<'a> {
    scheme: Scheme,
    /// The contents of the subjectPublicKey.
    key: &'a [u8],
    data: &'a [u8],
    signature: &'a [u8],
}

impl Signed<'_> {
    fn by_ring(
        &self,
        algorithm: &'static dyn ring::signature::VerificationAlgorithm,
    ) -> Result<(), SignatureFailure> {
        let key = ring::signature::UnparsedPublicKey::new(algorithm, self.key);
        key.verify(self.data, self.signature).map_err(|_| SignatureFailure::Wrong)
    }

    fn unsupported(&self, more: &str) -> SignatureFailure {
        SignatureFailure::Unsupported(format!("{}{more}", self.scheme))
    }
}
