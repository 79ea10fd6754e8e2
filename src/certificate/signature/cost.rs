//! What it costs to check a signature. Anybody can put a CA certificate with any key beside the own one.

use super::{Scheme, Signed, ecdsa, rsa};
use crate::certificate::{KeyAlgorithm, PublicKey, key};

/// How many times as long as ring takes with RSA of 4096 bits or with P-256 it takes to check a signature with this key,
/// at most.
pub fn times_the_usual(signed: &Signed<'_>, key: &PublicKey) -> usize {
    match (&key.algorithm, signed.scheme) {
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, scheme) => of_rsa(signed.key, scheme),
        (KeyAlgorithm::Ec(curve), Scheme::Ecdsa(digest)) if ecdsa::by_ring(digest, curve).is_some() => {
            if *curve == "P-256" {
                1
            } else {
                4
            }
        }
        (KeyAlgorithm::Ec(_) | KeyAlgorithm::OtherCurve(_), _) => {
            if key.size.is_some_and(|bits| bits <= 256) { 5 } else { 16 }
        }
        (KeyAlgorithm::PostQuantumSignature(_), _) => 9,
        _ => 1,
    }
}

/// Multiplications grow with the square of the length.
fn of_rsa(octets: &[u8], scheme: Scheme) -> usize {
    let Ok(numbers) = key::rsa_numbers(octets) else { return 1 };
    let in_ring = rsa::by_ring(scheme, &numbers).is_some();
    let (n, e) = numbers;
    let length = usize::try_from(n.bits().min(16_384) / 1024).unwrap_or_default();
    if in_ring {
        // There is one for each bit of the exponent, and one more for each that is set. That of 65537 has 17 bits and two that
        // are set.
        let bits = e.bits().div_ceil(8) * 8 + e.count_ones();
        1 + length * length * usize::try_from(bits).unwrap_or_default() / 19 / 32
    } else {
        // Whatever the exponent, which has no more than 33 bits.
        1 + length * length * 3 / 5
    }
}
