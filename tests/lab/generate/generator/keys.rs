//! Keys: a few, used again and again, since making RSA keys takes long.

use der::asn1::BitString;
use p256_of_lab::{SecretKey, ecdsa, elliptic_curve::rand_core::SeedableRng, pkcs8::EncodePublicKey};
use rand_chacha::ChaCha8Rng;
use rsa_of_lab::{RsaPrivateKey, pkcs1v15, pkcs8::DecodePrivateKey};
use sha1::{Digest, Sha1};
use sha2_of_lab::Sha256;
use spki::SubjectPublicKeyInfoOwned;

/// The public side of a key, ready to go into certificates.
#[derive(Clone)]
pub struct PublicKey {
    pub info: SubjectPublicKeyInfoOwned,
    /// The SHA-1 of the key's bits (RFC 5280, 4.2.1.2).
    pub identifier: Vec<u8>,
    /// Whether it agrees on keys instead of encrypting them.
    pub curve: bool,
}

impl PublicKey {
    fn new(info: SubjectPublicKeyInfoOwned, curve: bool) -> Self {
        let bits: &BitString = &info.subject_public_key;
        let identifier = Sha1::digest(bits.raw_bytes()).to_vec();
        Self { info, identifier, curve }
    }
}

/// An RSA key that people sign with.
pub struct RsaKey {
    pub public: PublicKey,
    pub signer: pkcs1v15::SigningKey<Sha256>,
}

/// The keys of all people.
pub struct Keys {
    pub rsa: Vec<RsaKey>,
    pub weak: PublicKey,
    pub curves: Vec<PublicKey>,
}

impl Keys {
    pub fn load() -> Self {
        let rsa = [
            include_str!("../keys/rsa-2048-1.pem"),
            include_str!("../keys/rsa-2048-2.pem"),
            include_str!("../keys/rsa-2048-3.pem"),
            include_str!("../keys/rsa-2048-4.pem"),
        ];
        let curve = |seed| PublicKey::new(public_info(&curve_key(seed)), true);
        Self {
            rsa: rsa.into_iter().map(rsa_key).collect(),
            weak: rsa_key(include_str!("../keys/rsa-1024.pem")).public,
            curves: (100..104).map(curve).collect(),
        }
    }
}

fn rsa_key(pem: &str) -> RsaKey {
    let key = RsaPrivateKey::from_pkcs8_pem(pem).expect("a key of the lab");
    let info = SubjectPublicKeyInfoOwned::from_key(key.to_public_key()).expect("a public key");
    RsaKey { public: PublicKey::new(info, false), signer: pkcs1v15::SigningKey::new(key) }
}

/// A key of a CA, with its public side.
pub fn authority_key(seed: u64) -> (ecdsa::SigningKey, PublicKey) {
    let key = curve_key(seed);
    let public = PublicKey::new(public_info(&key), true);
    (key, public)
}

/// A P-256 key, always the same for a seed.
fn curve_key(seed: u64) -> ecdsa::SigningKey {
    SecretKey::random(&mut ChaCha8Rng::seed_from_u64(seed)).into()
}

fn public_info(key: &ecdsa::SigningKey) -> SubjectPublicKeyInfoOwned {
    let public = key.verifying_key().to_public_key_der().expect("a public key");
    SubjectPublicKeyInfoOwned::try_from(public.as_bytes()).expect("a public key")
}
