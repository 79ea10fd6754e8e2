//! RSA moduli with the structure of those that Infineon's library made (ROCA, CVE-2017-15361): modulo the product of
//! small primes they are a power of 65537.

use x509_parser::num_bigint::BigUint;

const GENERATOR: u32 = 65_537;

/// The product of the primes up to 167: that of the shortest keys, which divides those of the longer ones.
const PRIMORIAL: &[u8] = b"924cba6ae99dfa084537facc54948df0c23da044d8cabe0edd75bc6";

/// The order of 65537 modulo that, and its prime powers.
const ORDER: u64 = 2_454_106_387_091_158_800;
const PRIME_POWERS: [u64; 13] = [16, 81, 25, 7, 11, 13, 17, 23, 29, 37, 41, 53, 83];

/// Whether the modulus has that structure. Of random ones, one in 2^27 comes as far as the whole test, and none passes
/// it.
pub(super) fn has_structure(n: &BigUint) -> bool {
    may_have(n) && is_power(n)
}

/// The same modulo each of the primes in which powers of 65537 are few.
fn may_have(n: &BigUint) -> bool {
    const GROUPS: [&[u64]; 2] =
        [&[11, 13, 17, 19, 37, 53, 61, 71, 73, 79], &[97, 103, 107, 109, 127, 151, 157]];
    GROUPS.into_iter().all(|primes| {
        let product: u64 = primes.iter().product();
        let remainder = u64::try_from(n % product).unwrap_or_default();
        primes.iter().all(|prime| is_power_modulo(remainder % prime, *prime))
    })
}

fn is_power_modulo(residue: u64, prime: u64) -> bool {
    let mut power = 1;
    for _ in 0..prime {
        if power == residue {
            return true;
        }
        power = power * u64::from(GENERATOR) % prime;
    }
    false
}

/// Whether n has a discrete logarithm to the base 65537, by Pohlig and Hellman: its order divides that of 65537, and
/// what is left of it in the subgroup of each prime power is a power of what is left of 65537.
fn is_power(n: &BigUint) -> bool {
    let Some(modulus) = BigUint::parse_bytes(PRIMORIAL, 16) else { return false };
    let one = BigUint::from(1u8);
    n.modpow(&BigUint::from(ORDER), &modulus) == one
        && PRIME_POWERS.into_iter().all(|prime_power| {
            let cofactor = BigUint::from(ORDER / prime_power);
            let base = BigUint::from(GENERATOR).modpow(&cofactor, &modulus);
            let target = n.modpow(&cofactor, &modulus);
            let powers = std::iter::successors(Some(one.clone()), |power| Some(power * &base % &modulus));
            powers.take(usize::try_from(prime_power).unwrap_or_default()).any(|power| power == target)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_belong_together() {
        let is_prime = |n: &u64| !(2..*n).any(|divisor| n.is_multiple_of(divisor));
        let product: BigUint = (2..=167u64).filter(is_prime).map(BigUint::from).product();
        assert_eq!(BigUint::parse_bytes(PRIMORIAL, 16).unwrap(), product);
        assert_eq!(PRIME_POWERS.into_iter().product::<u64>(), ORDER);
        let power = |exponent: u64| BigUint::from(GENERATOR).modpow(&BigUint::from(exponent), &product);
        assert_eq!(power(ORDER), BigUint::from(1u8));
        for prime in [2, 3, 5, 7, 11, 13, 17, 23, 29, 37, 41, 53, 83] {
            assert_ne!(power(ORDER / prime), BigUint::from(1u8), "{prime}");
        }
    }

    #[test]
    fn the_structure_is_found_and_random_numbers_are_not_suspected() {
        let product = BigUint::parse_bytes(PRIMORIAL, 16).unwrap();
        for exponent in [1u32, 5, 77, 1_000_003] {
            let power = BigUint::from(GENERATOR).modpow(&BigUint::from(exponent), &product);
            assert!(has_structure(&(power + (&product << 1800u32))));
        }
        let mut random = BigUint::from(3u8);
        for _ in 0..2000 {
            random = &random * &random % (BigUint::from(1u8) << 521u32) + 12_345_679u32;
            assert!(!has_structure(&random), "{random}");
        }
    }

    #[test]
    fn what_is_a_power_modulo_some_of_the_primes_alone_is_no_such_key() {
        let some: BigUint = [11u64, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
            .into_iter()
            .map(BigUint::from)
            .product();
        let n = BigUint::from(GENERATOR).modpow(&BigUint::from(77u8), &some) + (&some << 1900u32);
        assert!(may_have(&n) && !is_power(&n));
    }
}
