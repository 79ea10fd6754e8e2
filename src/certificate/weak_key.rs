//! RSA keys that look right and are not, found without any list of keys.

use std::sync::LazyLock;

use x509_parser::num_bigint::BigUint;

/// The odd primes below 752 (S/MIME Baseline Requirements §6.1.6), in groups whose product fits 64 bits.
static SMALL_PRIMES: LazyLock<Vec<(u64, Vec<u64>)>> = LazyLock::new(|| {
    let is_prime = |n: &u64| !(2..*n).any(|divisor| n.is_multiple_of(divisor));
    let primes: Vec<u64> = (3..752).filter(is_prime).collect();
    primes.chunks(6).map(|group| (group.iter().product(), group.to_vec())).collect()
});

/// Rounds of Fermat's method (S/MIME Baseline Requirements §6.1.1.3).
const FERMAT_ROUNDS: u64 = 100;

/// Why an RSA key can't be a real one (RFC 8017 §3.1), or why anybody finds its primes, as a clause.
pub(super) fn defect(n: &BigUint, e: &BigUint) -> Option<String> {
    if !n.bit(0) {
        Some("the RSA modulus is even".into())
    } else if !e.bit(0) || *e == BigUint::from(1u8) {
        Some("the RSA exponent is even or 1".into())
    } else if e >= n {
        Some("the RSA exponent is not smaller than the modulus".into())
    } else {
        let small = small_factor(n).map(|prime| format!("the RSA modulus is divisible by {prime}"));
        small.or_else(|| easily_found(n).map(str::to_owned))
    }
}

/// The smallest odd prime below 752 that divides `n`.
fn small_factor(n: &BigUint) -> Option<u64> {
    SMALL_PRIMES.iter().find_map(|(product, primes)| {
        let remainder = u64::try_from(n % *product).unwrap_or_default();
        primes.iter().copied().find(|prime| remainder.is_multiple_of(*prime))
    })
}

/// Fermat's method: n = (a - b)(a + b) where a² - n is a square, and a is just above the root of n where the primes are
/// close together (CVE-2022-26320).
fn easily_found(n: &BigUint) -> Option<&'static str> {
    let root = n.sqrt();
    if &root * &root == *n {
        return Some("the RSA modulus is a square");
    }
    let mut sieve = Sieve::new(n, &root);
    let close = (1..=FERMAT_ROUNDS).any(|round| {
        sieve.next() && {
            let a = &root + round;
            let difference = &a * &a - n;
            let b = difference.sqrt();
            &b * &b == difference
        }
    });
    close.then_some("the primes of the RSA modulus are close together, so that anybody finds them")
}

/// Tells most numbers from squares by their remainders: one number in 5,000 is left.
struct Sieve {
    /// A modulus, its squares as bits, and the remainders of a and of n.
    remainders: [(u64, u128, u64, u64); 8],
}

impl Sieve {
    const MODULI: [u64; 8] = [64, 63, 65, 11, 17, 19, 23, 31];

    /// For a from `root` on; a² - n is what is tested.
    fn new(n: &BigUint, root: &BigUint) -> Self {
        let product: u64 = Self::MODULI.iter().product();
        let remainder = |number: &BigUint| u64::try_from(number % product).unwrap_or_default();
        let (n, root) = (remainder(n), remainder(root));
        let one = |modulus| (modulus, squares(modulus), root % modulus, n % modulus);
        Self { remainders: Self::MODULI.map(one) }
    }

    /// Whether a² - n may be a square for the next a.
    fn next(&mut self) -> bool {
        let mut may_be = true;
        for (modulus, squares, a, n) in &mut self.remainders {
            *a = (*a + 1) % *modulus;
            may_be = may_be && *squares >> ((*a * *a + *modulus - *n) % *modulus) & 1 == 1;
        }
        may_be
    }
}

/// The remainders that squares have, as bits.
const fn squares(modulus: u64) -> u128 {
    let (mut bits, mut number) = (0, 0);
    while number < modulus {
        bits |= 1 << (number * number % modulus);
        number += 1;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next number above `n` that has no small factor; here it need not be a prime.
    fn rough(mut n: BigUint) -> BigUint {
        n.set_bit(0, true);
        while small_factor(&n).is_some() {
            n += 2u8;
        }
        n
    }

    #[test]
    fn impossible_keys_are_told_why() {
        let n = BigUint::from(757u32 * 10_007);
        let e = BigUint::from(17u8);
        assert_eq!(defect(&n, &e), None);
        for (n, e, reason) in [
            (&n + 1u8, e.clone(), "the RSA modulus is even"),
            (n.clone(), BigUint::from(1u8), "the RSA exponent is even or 1"),
            (n.clone(), BigUint::from(4u8), "the RSA exponent is even or 1"),
            (n.clone(), &n + 2u8, "the RSA exponent is not smaller than the modulus"),
            (BigUint::from(101u32 * 10_007), e.clone(), "the RSA modulus is divisible by 101"),
            (BigUint::from(751u32 * 10_007), e.clone(), "the RSA modulus is divisible by 751"),
            (BigUint::from(757u32 * 757), e, "the RSA modulus is a square"),
        ] {
            assert_eq!(defect(&n, &e).as_deref(), Some(reason));
        }
    }

    #[test]
    fn close_primes_are_found_within_a_hundred_rounds_and_others_are_not_suspected() {
        let p = rough((BigUint::from(1u8) << 1023u32) + 987_654_321u32);
        for (distance, close) in [(2u32, true), (300, true), (514, true), (530, false), (800, false)] {
            // The rounds that it takes grow with the square of the distance: (distance² / 8) / root of n.
            let q = rough(&p + (BigUint::from(1u8) << distance));
            let found = easily_found(&(&p * &q)).is_some();
            assert_eq!(found, close, "{distance}");
        }
    }
}
