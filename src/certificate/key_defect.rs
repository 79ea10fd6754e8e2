//! Whether mail can be encrypted to a public key, or a signature checked with it: found by trying, not by its name.

use bp256::{BrainpoolP256r1, BrainpoolP256t1};
use bp384::{BrainpoolP384r1, BrainpoolP384t1};
use p256::{
    NistP256,
    elliptic_curve::{
        AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey,
        sec1::{FromSec1Point, ModulusSize, ToSec1Point},
    },
};
use p384::NistP384;
use p521::NistP521;
use x509_parser::{num_bigint::BigUint, prelude::FromDer, x509::SubjectPublicKeyInfo};

use super::{Certificate, KeyAlgorithm, key, roca, weak_key};

/// Larger RSA keys are used by nobody (Microsoft, BCryptGenerateKeyPair), and what is looked for in them takes long.
const MAX_RSA: u64 = 16_384;

/// Why nobody should encrypt to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyDefect {
    /// It can't be a real one, for this reason (a clause).
    Invalid(String),
    /// It is an RSA key of the kind that ROCA breaks (CVE-2017-15361).
    Roca,
}

impl Certificate {
    /// What is wrong with its public key, whatever it is for. Takes some microseconds.
    pub fn key_defect(&self) -> Option<KeyDefect> {
        let Ok((_, info)) = SubjectPublicKeyInfo::from_der(self.public_key_info()) else {
            return Some(KeyDefect::Invalid("it can't be read".into()));
        };
        let octets = info.subject_public_key.data.as_ref();
        let invalid = match &self.key.algorithm {
            KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => return of_rsa(octets),
            KeyAlgorithm::Ec(curve) => off_curve(curve, octets),
            KeyAlgorithm::OtherCurve(curve) => off_curve(curve, octets),
            KeyAlgorithm::Montgomery(name)
            | KeyAlgorithm::Edwards(name)
            | KeyAlgorithm::PostQuantumSignature(name)
            | KeyAlgorithm::PostQuantumEncryption(name) => wrong_octets(name, octets),
            KeyAlgorithm::Dsa | KeyAlgorithm::Other(_) => None,
        };
        invalid.map(KeyDefect::Invalid)
    }
}

fn of_rsa(octets: &[u8]) -> Option<KeyDefect> {
    let (n, e) = match key::rsa_numbers(octets) {
        Ok(numbers) => numbers,
        Err(reason) => return Some(KeyDefect::Invalid(reason.into())),
    };
    if n.bits() > MAX_RSA {
        return None;
    }
    if roca::has_structure(&n) {
        return Some(KeyDefect::Roca);
    }
    weak_key::defect(&n, &e).map(KeyDefect::Invalid)
}

/// RFC 5480 §2.2: the octets are a point of the curve, compressed or not, and not the one at infinity.
fn off_curve(curve: &str, octets: &[u8]) -> Option<String> {
    let lies_on = match curve {
        "P-256" => is_point::<NistP256>(octets),
        "P-384" => is_point::<NistP384>(octets),
        "P-521" => is_point::<NistP521>(octets),
        "brainpoolP256r1" => is_point::<BrainpoolP256r1>(octets),
        "brainpoolP256t1" => is_point::<BrainpoolP256t1>(octets),
        "brainpoolP384r1" => is_point::<BrainpoolP384r1>(octets),
        "brainpoolP384t1" => is_point::<BrainpoolP384t1>(octets),
        _ => true,
    };
    (!lies_on).then(|| format!("it is no point of the curve {curve}"))
}

fn is_point<C>(octets: &[u8]) -> bool
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    PublicKey::<C>::from_sec1_bytes(octets).is_ok()
}

/// Keys that are so many octets, neither more nor less (RFC 8410 §4, RFC 9881 §4, RFC 9935 §4).
fn wrong_octets(name: &str, octets: &[u8]) -> Option<String> {
    let due = match name {
        "X25519" | "Ed25519" => 32,
        "X448" => 56,
        "Ed448" => 57,
        "ML-DSA-44" => 1312,
        "ML-DSA-65" => 1952,
        "ML-DSA-87" => 2592,
        "ML-KEM-512" => 800,
        "ML-KEM-768" => 1184,
        "ML-KEM-1024" => 1568,
        _ => return None,
    };
    if octets.len() != due {
        return Some(format!("it has {} octets, and a key of the type {name} has {due}", octets.len()));
    }
    let small = matches!(name, "X25519" | "X448") && is_of_small_order(octets);
    small.then(|| "its point has a small order, so that everybody agrees on the same key with it".into())
}

/// The u-coordinates with which key agreement gives zero (RFC 7748 §6.1 and §6.2): 0, 1, p - 1, p, p + 1, and of
/// Curve25519 two of the order 8. Little endian.
fn is_of_small_order(octets: &[u8]) -> bool {
    const ORDER_8: [&str; 2] = [
        "00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0",
        "57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f",
    ];
    let mut u = BigUint::from_bytes_le(octets);
    let (one, x25519) = (BigUint::from(1u8), octets.len() == 32);
    let p = if x25519 {
        // RFC 7748 §5: the highest bit does not count.
        u.set_bit(255, false);
        (&one << 255u32) - 19u8
    } else {
        (&one << 448u32) - (&one << 224u32) - 1u8
    };
    let of_order_8 = |text: &&str| BigUint::parse_bytes(text.as_bytes(), 16).is_some_and(|point| point == u);
    u <= one || u == &p - 1u8 || u == p || u == p + 1u8 || x25519 && ORDER_8.iter().any(of_order_8)
}
