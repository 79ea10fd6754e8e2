//! Whether an RSA modulus is itself a prime, so that the private key can be calculated from the public one.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use x509_parser::{num_bigint::BigUint, prelude::FromDer, x509::SubjectPublicKeyInfo};

use super::{Certificate, KeyAlgorithm, budget::PrimeBudget, key};
use crate::model::Fingerprint;

/// Keys that are remembered, some megabytes of them.
const MAX_KNOWN: usize = 100_000;

/// Keys whose modulus is no prime. They are looked at again with each evaluation of their recipient.
static KNOWN: LazyLock<Mutex<HashSet<Fingerprint>>> = LazyLock::new(Mutex::default);

impl Certificate {
    /// Whether it has an RSA key whose modulus is a prime; false also where `budget` does not suffice to find out.
    pub fn has_prime_modulus(&self, budget: &mut PrimeBudget) -> bool {
        if self.key.algorithm != KeyAlgorithm::Rsa || !budget.take(self.key.size.unwrap_or(0).into()) {
            return false;
        }
        let key = Fingerprint::of(self.public_key_info());
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&key) {
            return false;
        }
        if self.modulus().is_some_and(|n| is_probably_prime(&n)) {
            return true;
        }
        let mut known = known();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key);
        false
    }

    fn modulus(&self) -> Option<BigUint> {
        let (_, info) = SubjectPublicKeyInfo::from_der(self.public_key_info()).ok()?;
        Some(key::rsa_numbers(&info.subject_public_key.data).ok()?.0)
    }
}

/// Fermat's test to the base 2. Composite numbers that pass it are so rare that nobody meets one as a key.
fn is_probably_prime(n: &BigUint) -> bool {
    let one = BigUint::from(1u8);
    n > &one && BigUint::from(2u8).modpow(&(n - &one), n) == one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_products() {
        // Two primes of Mersenne's.
        let mersenne = |exponent: u32| (BigUint::from(1u8) << exponent) - 1u8;
        assert!(is_probably_prime(&mersenne(521)) && is_probably_prime(&mersenne(607)));
        assert!(!is_probably_prime(&(mersenne(521) * mersenne(607))));
        assert!(!is_probably_prime(&(mersenne(521) + 2u8)));
    }

    #[test]
    fn the_budget_is_for_usual_keys() {
        let mut budget = PrimeBudget::of_recipient();
        assert!((0..4).all(|_| budget.take(2048)) && !budget.take(512));
        let mut budget = PrimeBudget::of_recipient();
        assert!(!budget.take(16_384) && !budget.take(4096) && budget.take(3072) && !budget.take(2048));
    }
}
