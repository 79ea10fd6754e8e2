//! RSA signatures: ring takes PKCS#1 and PSS with SHA-2 and keys of 2,048 to 8,192 bits, the crate `rsa` what is left.

use ring::signature as ring;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, PublicKey};
use sha2::digest::{Digest as Digests, FixedOutputReset, const_oid::AssociatedOid};
use x509_parser::num_bigint::BigUint;

use super::{Digest, Scheme, SignatureFailure, Signed};
use crate::certificate::key;

/// Bits of the keys that are used: below, anybody breaks them, and above, Windows ends.
const SIZES: std::ops::RangeInclusive<usize> = 512..=16_384;

pub type Numbers = (BigUint, BigUint);

pub fn check(signed: &Signed<'_>) -> Result<(), SignatureFailure> {
    let numbers = key::rsa_numbers(signed.key);
    let numbers = numbers.map_err(|_| signed.unsupported(" and a key that can't be read"))?;
    match (by_ring(signed.scheme, &numbers), signed.scheme) {
        (Some(algorithm), _) => signed.by_ring(algorithm),
        (None, Scheme::Pkcs1(digest)) => in_rust(signed, numbers, digest, None),
        (None, Scheme::Pss { digest, salt }) => in_rust(signed, numbers, digest, Some(salt)),
        _ => Err(SignatureFailure::Wrong),
    }
}

/// ring's algorithm for that key, if it has one.
pub fn by_ring(scheme: Scheme, numbers: &Numbers) -> Option<&'static dyn ring::VerificationAlgorithm> {
    let algorithm: &'static dyn ring::VerificationAlgorithm = match scheme {
        Scheme::Pkcs1(Digest::Sha1) => &ring::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Scheme::Pkcs1(Digest::Sha256) => &ring::RSA_PKCS1_2048_8192_SHA256,
        Scheme::Pkcs1(Digest::Sha384) => &ring::RSA_PKCS1_2048_8192_SHA384,
        Scheme::Pkcs1(Digest::Sha512) => &ring::RSA_PKCS1_2048_8192_SHA512,
        Scheme::Pss { digest: Digest::Sha256, salt: 32 } => &ring::RSA_PSS_2048_8192_SHA256,
        Scheme::Pss { digest: Digest::Sha384, salt: 48 } => &ring::RSA_PSS_2048_8192_SHA384,
        Scheme::Pss { digest: Digest::Sha512, salt: 64 } => &ring::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    };
    let least = if scheme == Scheme::Pkcs1(Digest::Sha1) { 1024 } else { 2048 };
    is_for_ring(numbers, least).then_some(algorithm)
}

/// Whether ring takes the key, so that what it refuses is the signature.
fn is_for_ring((n, e): &Numbers, least: u64) -> bool {
    (least..=8192).contains(&n.bits())
        && n.bits() % 8 == 0
        && n.bit(0)
        && e.bit(0)
        && (2..=33).contains(&e.bits())
}

/// With `salt`, PSS; without, PKCS#1.
fn in_rust(
    signed: &Signed<'_>,
    (n, e): Numbers,
    digest: Digest,
    salt: Option<usize>,
) -> Result<(), SignatureFailure> {
    let boxed = |number: &BigUint| BoxedUint::from_be_slice_vartime(&number.to_bytes_be());
    let about = || format!(" and a key of {} bits whose exponent has {}", n.bits(), e.bits());
    let key = PublicKey::new_with_size_limits(boxed(&n), boxed(&e), SIZES)
        .map_err(|_| signed.unsupported(&about()))?;
    // RFC 8017 §9.1.2: what does not fit the key was not made with it.
    let octets = usize::try_from((n.bits() - 1).div_ceil(8)).unwrap_or_default();
    if salt.is_some_and(|salt| salt.saturating_add(digest.length() + 2) > octets) {
        return Err(SignatureFailure::Wrong);
    }
    match digest {
        Digest::Sha224 => with::<sha2::Sha224>(&key, signed, digest, salt),
        Digest::Sha256 => with::<sha2::Sha256>(&key, signed, digest, salt),
        Digest::Sha384 => with::<sha2::Sha384>(&key, signed, digest, salt),
        Digest::Sha512 => with::<sha2::Sha512>(&key, signed, digest, salt),
        Digest::Sha3_224 => with::<sha3::Sha3_224>(&key, signed, digest, salt),
        Digest::Sha3_256 => with::<sha3::Sha3_256>(&key, signed, digest, salt),
        Digest::Sha3_384 => with::<sha3::Sha3_384>(&key, signed, digest, salt),
        Digest::Sha3_512 => with::<sha3::Sha3_512>(&key, signed, digest, salt),
        // Weak anyway; ring checks what is usual.
        Digest::Sha1 => Err(signed.unsupported(&about())),
    }
}

fn with<D: Digests + FixedOutputReset + AssociatedOid>(
    key: &PublicKey,
    signed: &Signed<'_>,
    digest: Digest,
    salt: Option<usize>,
) -> Result<(), SignatureFailure> {
    let hash = digest.of(signed.data);
    let checked = match salt {
        Some(salt) => key.verify(Pss::<D>::new_with_salt(salt), &hash, signed.signature),
        None => key.verify(Pkcs1v15Sign::new::<D>(), &hash, signed.signature),
    };
    checked.map_err(|_| SignatureFailure::Wrong)
}
