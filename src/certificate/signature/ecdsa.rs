//! ECDSA: ring takes P-256 and P-384 with SHA-256 and SHA-384, RustCrypto's curves what is left.

use ecdsa::{VerifyingKey, der, signature::hazmat::PrehashVerifier as _};
use ring::signature as ring;

use super::{Digest, SignatureFailure, Signed};

/// The first octet of a point that is not compressed (SEC 1 §2.3.3), the only form that ring reads.
const UNCOMPRESSED: u8 = 4;

pub fn check(signed: &Signed<'_>, digest: Digest, curve: &str) -> Result<(), SignatureFailure> {
    match by_ring(digest, curve).filter(|_| signed.key.first() == Some(&UNCOMPRESSED)) {
        Some(algorithm) => signed.by_ring(algorithm),
        None => in_rust(signed, digest, curve),
    }
}

/// ring's algorithm for that pair, if it has one.
pub fn by_ring(digest: Digest, curve: &str) -> Option<&'static dyn ring::VerificationAlgorithm> {
    Some(match (curve, digest) {
        ("P-256", Digest::Sha256) => &ring::ECDSA_P256_SHA256_ASN1,
        ("P-256", Digest::Sha384) => &ring::ECDSA_P256_SHA384_ASN1,
        ("P-384", Digest::Sha256) => &ring::ECDSA_P384_SHA256_ASN1,
        ("P-384", Digest::Sha384) => &ring::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}

/// A key that is no point of its curve made no signature.
macro_rules! is_right {
    ($curve:ty, $signed:expr, $hash:expr) => {{
        let key = VerifyingKey::<$curve>::from_sec1_bytes($signed.key);
        let signature = der::Signature::<$curve>::from_bytes($signed.signature);
        match (key, signature) {
            (Ok(key), Ok(signature)) => key.verify_prehash($hash, &signature).is_ok(),
            _ => false,
        }
    }};
}

fn in_rust(signed: &Signed<'_>, digest: Digest, curve: &str) -> Result<(), SignatureFailure> {
    let hash = &digest.of(signed.data);
    let right = match curve {
        "P-256" => is_right!(p256::NistP256, signed, hash),
        "P-384" => is_right!(p384::NistP384, signed, hash),
        "P-521" => is_right!(p521::NistP521, signed, hash),
        "brainpoolP256r1" => is_right!(bp256::BrainpoolP256r1, signed, hash),
        "brainpoolP256t1" => is_right!(bp256::BrainpoolP256t1, signed, hash),
        "brainpoolP384r1" => is_right!(bp384::BrainpoolP384r1, signed, hash),
        "brainpoolP384t1" => is_right!(bp384::BrainpoolP384t1, signed, hash),
        other => return Err(signed.unsupported(&format!(" on the curve {other}"))),
    };
    if right { Ok(()) } else { Err(SignatureFailure::Wrong) }
}
