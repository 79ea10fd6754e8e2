//! RSA keys that look right and are not, found without any list of keys.

use x509_parser::num_bigint::BigUint;

/// Why an RSA key can't be a real one (RFC 8017 §3.1), if it can't.
pub(super) fn defect(n: &BigUint, e: &BigUint) -> Option<String> {
    if !n.bit(0) {
        Some("the RSA modulus is even".into())
    } else if !e.bit(0) || *e == BigUint::from(1u8) {
        Some("the RSA exponent is even or 1".into())
    } else if e >= n {
        Some("the RSA exponent is not smaller than the modulus".into())
    } else {
        small_factor(n).map(|prime| format!("the RSA modulus is divisible by {prime}"))
    }
}

/// The smallest odd prime below 90 that divides `n`.
fn small_factor(n: &BigUint) -> Option<u64> {
    const GROUPS: [&[u64]; 2] =
        [&[3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47], &[53, 59, 61, 67, 71, 73, 79, 83, 89]];
    GROUPS.into_iter().find_map(|primes| {
        let remainder = remainder_of_all(n, primes);
        primes.iter().copied().find(|prime| remainder.is_multiple_of(*prime))
    })
}

/// Whether the modulus has the structure of keys made by Infineon's library (ROCA, CVE-2017-15361): modulo small
/// primes it is a power of 65537. A random modulus has it once in 2^27.
pub(super) fn is_roca(n: &BigUint) -> bool {
    const GROUPS: [&[u64]; 2] =
        [&[11, 13, 17, 19, 37, 53, 61, 71, 73, 79], &[97, 103, 107, 109, 127, 151, 157]];
    GROUPS.into_iter().all(|primes| {
        let remainder = remainder_of_all(n, primes);
        primes.iter().all(|prime| is_power_of_65537(remainder % prime, *prime))
    })
}

/// `n` modulo the product of `primes`, which must fit: one long division instead of many.
fn remainder_of_all(n: &BigUint, primes: &[u64]) -> u64 {
    let product: u64 = primes.iter().product();
    u64::try_from(n % product).unwrap_or_default()
}

fn is_power_of_65537(residue: u64, prime: u64) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == residue {
            return true;
        }
        power = power * 65537 % prime;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structure_of_roca_is_found_and_random_numbers_are_not_suspected() {
        let primes = [11u64, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
        let product: BigUint = primes.iter().map(|prime| BigUint::from(*prime)).product();
        for exponent in [1u32, 5, 77] {
            let power = BigUint::from(65537u32).modpow(&BigUint::from(exponent), &product);
            assert!(is_roca(&(power + (&product << 1900))));
        }
        let mut random = BigUint::from(3u8);
        for _ in 0..2000 {
            random = &random * &random % (BigUint::from(1u8) << 521) + 12_345_679u32;
            assert!(!is_roca(&random), "{random}");
        }
    }

    #[test]
    fn impossible_keys_are_told_why() {
        let n = BigUint::from(101u32 * 103);
        let e = BigUint::from(17u8);
        assert_eq!(defect(&n, &e), None);
        for (n, e, reason) in [
            (&n + 1u8, e.clone(), "the RSA modulus is even"),
            (n.clone(), BigUint::from(1u8), "the RSA exponent is even or 1"),
            (n.clone(), BigUint::from(4u8), "the RSA exponent is even or 1"),
            (n.clone(), &n + 2u8, "the RSA exponent is not smaller than the modulus"),
            (BigUint::from(89u32 * 101), e, "the RSA modulus is divisible by 89"),
        ] {
            assert_eq!(defect(&n, &e).as_deref(), Some(reason));
        }
    }
}
