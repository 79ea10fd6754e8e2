//! Public keys and the algorithms of keys and signatures.

use x509_parser::{
    asn1_rs::Tag,
    num_bigint::BigUint,
    prelude::FromDer,
    public_key::RSAPublicKey,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};

use super::signature::digest_name;
use crate::ber::{self, oid_text};

/// What kind of key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA (RFC 3279).
    Rsa,
    /// RSA for RSASSA-PSS alone: signs only (RFC 4055 §1.2).
    RsaPss,
    /// A key on the named curve (RFC 5480).
    Ec(&'static str),
    /// A key on another curve, by its name or OID, or with parameters of its own.
    OtherCurve(String),
    /// DSA (RFC 3279).
    Dsa,
    /// Ed25519 or Ed448 (RFC 8410): signs only.
    Edwards(&'static str),
    /// X25519 or X448 (RFC 8410): encrypts only.
    Montgomery(&'static str),
    /// ML-DSA or SLH-DSA (RFC 9881, RFC 9909): signs only.
    PostQuantumSignature(&'static str),
    /// ML-KEM (RFC 9935): encrypts only.
    PostQuantumEncryption(&'static str),
    /// Anything else, by its OID.
    Other(String),
}

impl KeyAlgorithm {
    /// `RSA`, `EC P-256`, `Ed25519`, … or the OID.
    pub fn name(&self) -> String {
        match self {
            Self::Rsa => "RSA".into(),
            Self::RsaPss => "RSASSA-PSS".into(),
            Self::Dsa => "DSA".into(),
            Self::Ec(curve) => format!("EC {curve}"),
            Self::OtherCurve(curve) => format!("EC {curve}"),
            Self::Edwards(name)
            | Self::Montgomery(name)
            | Self::PostQuantumSignature(name)
            | Self::PostQuantumEncryption(name) => (*name).into(),
            Self::Other(oid) => oid.clone(),
        }
    }

    /// Whether such a key can encrypt at all.
    pub fn can_encrypt(&self) -> bool {
        matches!(
            self,
            Self::Rsa
                | Self::Ec(_)
                | Self::OtherCurve(_)
                | Self::Montgomery(_)
                | Self::PostQuantumEncryption(_)
        )
    }

    /// Whether such a key can sign at all.
    pub fn can_sign(&self) -> bool {
        !matches!(self, Self::Montgomery(_) | Self::PostQuantumEncryption(_) | Self::Other(_))
    }

    /// Whether it is RSA, for whatever it is used.
    pub fn is_rsa(&self) -> bool {
        matches!(self, Self::Rsa | Self::RsaPss)
    }

    /// Whether encrypting to it means key agreement (RFC 5753, RFC 8418) and not key transport.
    pub fn agrees(&self) -> bool {
        matches!(self, Self::Ec(_) | Self::OtherCurve(_) | Self::Montgomery(_))
    }
}

/// What a public key is for encryption and signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What kind of key it is.
    pub algorithm: KeyAlgorithm,
    /// The length in bits, where that makes sense.
    pub size: Option<u32>,
    /// The length of an RSA key's public exponent in bits.
    pub exponent_size: Option<u64>,
}

impl PublicKey {
    pub(super) fn of(spki: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = key_algorithm(&spki.algorithm);
        let bytes = spki.subject_public_key.data.as_ref();
        let mut key = Self { algorithm, size: None, exponent_size: None };
        match &key.algorithm {
            KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => {
                if let Ok((n, e)) = rsa_numbers(bytes) {
                    key.size = Some(u32::try_from(n.bits()).unwrap_or(u32::MAX));
                    key.exponent_size = Some(e.bits());
                }
            }
            KeyAlgorithm::Ec(curve) => key.size = curve_size(curve),
            KeyAlgorithm::OtherCurve(curve) => key.size = curve_size(curve),
            KeyAlgorithm::Dsa => key.size = dsa_size(&spki.algorithm),
            _ => {}
        }
        key
    }
}

/// Modulus and exponent, or why they can't be read, as a clause. Also of RSASSA-PSS, which the parser leaves as it is.
pub(super) fn rsa_numbers(bytes: &[u8]) -> Result<(BigUint, BigUint), &'static str> {
    let (_, key) = RSAPublicKey::from_der(bytes).map_err(|_| "the RSA key can't be read")?;
    if key.modulus.first().is_none_or(|octet| octet & 0x80 != 0) {
        return Err("the RSA modulus is negative");
    }
    Ok((BigUint::from_bytes_be(key.modulus), BigUint::from_bytes_be(key.exponent)))
}

/// The number in the name of a curve: P-256, brainpoolP384r1, secp256k1.
fn curve_size(name: &str) -> Option<u32> {
    let number = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    number.get(..3).filter(|_| !name.starts_with(|first: char| first.is_ascii_digit()))?.parse().ok()
}

/// The bits of p in `Dss-Parms ::= SEQUENCE { p, q, g }` (RFC 3279 §2.3.2).
fn dsa_size(algorithm: &AlgorithmIdentifier<'_>) -> Option<u32> {
    let parameters = algorithm.parameters.as_ref()?;
    let (p, _) = ber::read(parameters.data, ber::ANY).ok()?;
    u32::try_from(BigUint::from_bytes_be(p.contents).bits()).ok()
}

fn key_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> KeyAlgorithm {
    let oid = oid_text(&algorithm.algorithm);
    match oid.as_str() {
        "1.2.840.113549.1.1.1" => KeyAlgorithm::Rsa,
        "1.2.840.113549.1.1.10" => KeyAlgorithm::RsaPss,
        "1.2.840.10045.2.1" => curve(algorithm),
        "1.2.840.10040.4.1" => KeyAlgorithm::Dsa,
        "1.3.101.110" => KeyAlgorithm::Montgomery("X25519"),
        "1.3.101.111" => KeyAlgorithm::Montgomery("X448"),
        "1.3.101.112" => KeyAlgorithm::Edwards("Ed25519"),
        "1.3.101.113" => KeyAlgorithm::Edwards("Ed448"),
        "2.16.840.1.101.3.4.3.17" => KeyAlgorithm::PostQuantumSignature("ML-DSA-44"),
        "2.16.840.1.101.3.4.3.18" => KeyAlgorithm::PostQuantumSignature("ML-DSA-65"),
        "2.16.840.1.101.3.4.3.19" => KeyAlgorithm::PostQuantumSignature("ML-DSA-87"),
        "2.16.840.1.101.3.4.4.1" => KeyAlgorithm::PostQuantumEncryption("ML-KEM-512"),
        "2.16.840.1.101.3.4.4.2" => KeyAlgorithm::PostQuantumEncryption("ML-KEM-768"),
        "2.16.840.1.101.3.4.4.3" => KeyAlgorithm::PostQuantumEncryption("ML-KEM-1024"),
        _ => KeyAlgorithm::Other(oid),
    }
}

fn curve(algorithm: &AlgorithmIdentifier<'_>) -> KeyAlgorithm {
    let oid = algorithm.parameters.as_ref().filter(|p| p.tag() == Tag::Oid).and_then(|p| p.as_oid().ok());
    let oid = oid.map(|oid| oid_text(&oid));
    let other = match oid.as_deref() {
        Some("1.2.840.10045.3.1.7") => return KeyAlgorithm::Ec("P-256"),
        Some("1.3.132.0.34") => return KeyAlgorithm::Ec("P-384"),
        Some("1.3.132.0.35") => return KeyAlgorithm::Ec("P-521"),
        Some("1.3.36.3.3.2.8.1.1.7") => "brainpoolP256r1",
        Some("1.3.36.3.3.2.8.1.1.8") => "brainpoolP256t1",
        Some("1.3.36.3.3.2.8.1.1.11") => "brainpoolP384r1",
        Some("1.3.36.3.3.2.8.1.1.12") => "brainpoolP384t1",
        Some("1.3.36.3.3.2.8.1.1.13") => "brainpoolP512r1",
        Some("1.3.36.3.3.2.8.1.1.14") => "brainpoolP512t1",
        Some("1.3.132.0.10") => "secp256k1",
        Some("1.3.132.0.33") => "P-224",
        Some("1.2.840.10045.3.1.1") => "P-192",
        Some(other) => other,
        // RFC 5480 §2.1.1: neither is allowed in certificates.
        None if algorithm.parameters.as_ref().is_some_and(|p| p.data.len() > 1) => "(explicit parameters)",
        None => "(no curve named)",
    };
    KeyAlgorithm::OtherCurve(other.to_owned())
}

/// How a certificate is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// `sha256WithRSAEncryption`, … or the OID.
    pub name: String,
    /// The digest's name, such as `SHA-256`; `None` where there is none of its own, or it is not known.
    pub digest: Option<&'static str>,
    /// Whether the algorithm is one that Outlook can check.
    pub known: bool,
}

impl SignatureAlgorithm {
    pub(super) fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let oid = oid_text(&algorithm.algorithm);
        let (name, digest, known) = match oid.as_str() {
            "1.2.840.113549.1.1.2" => ("md2WithRSAEncryption", Some("MD2"), true),
            "1.2.840.113549.1.1.4" => ("md5WithRSAEncryption", Some("MD5"), true),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => ("sha1WithRSAEncryption", Some("SHA-1"), true),
            "1.2.840.113549.1.1.11" => ("sha256WithRSAEncryption", Some("SHA-256"), true),
            "1.2.840.113549.1.1.12" => ("sha384WithRSAEncryption", Some("SHA-384"), true),
            "1.2.840.113549.1.1.13" => ("sha512WithRSAEncryption", Some("SHA-512"), true),
            "1.2.840.113549.1.1.14" => ("sha224WithRSAEncryption", Some("SHA-224"), false),
            "1.2.840.113549.1.1.10" => ("RSASSA-PSS", pss_digest(algorithm), true),
            "1.2.840.10045.4.1" => ("ecdsa-with-SHA1", Some("SHA-1"), true),
            "1.2.840.10045.4.3.1" => ("ecdsa-with-SHA224", Some("SHA-224"), false),
            "1.2.840.10045.4.3.2" => ("ecdsa-with-SHA256", Some("SHA-256"), true),
            "1.2.840.10045.4.3.3" => ("ecdsa-with-SHA384", Some("SHA-384"), true),
            "1.2.840.10045.4.3.4" => ("ecdsa-with-SHA512", Some("SHA-512"), true),
            "1.2.840.10040.4.3" => ("dsa-with-sha1", Some("SHA-1"), true),
            "2.16.840.1.101.3.4.3.1" => ("dsa-with-sha224", Some("SHA-224"), false),
            "2.16.840.1.101.3.4.3.2" => ("dsa-with-sha256", Some("SHA-256"), false),
            "2.16.840.1.101.3.4.3.9" => ("ecdsa-with-SHA3-224", Some("SHA3-224"), false),
            "2.16.840.1.101.3.4.3.10" => ("ecdsa-with-SHA3-256", Some("SHA3-256"), false),
            "2.16.840.1.101.3.4.3.11" => ("ecdsa-with-SHA3-384", Some("SHA3-384"), false),
            "2.16.840.1.101.3.4.3.12" => ("ecdsa-with-SHA3-512", Some("SHA3-512"), false),
            "2.16.840.1.101.3.4.3.13" => ("sha3-224WithRSAEncryption", Some("SHA3-224"), false),
            "2.16.840.1.101.3.4.3.14" => ("sha3-256WithRSAEncryption", Some("SHA3-256"), false),
            "2.16.840.1.101.3.4.3.15" => ("sha3-384WithRSAEncryption", Some("SHA3-384"), false),
            "2.16.840.1.101.3.4.3.16" => ("sha3-512WithRSAEncryption", Some("SHA3-512"), false),
            "1.3.101.112" => ("Ed25519", None, false),
            "1.3.101.113" => ("Ed448", None, false),
            "2.16.840.1.101.3.4.3.17" => ("ML-DSA-44", None, false),
            "2.16.840.1.101.3.4.3.18" => ("ML-DSA-65", None, false),
            "2.16.840.1.101.3.4.3.19" => ("ML-DSA-87", None, false),
            other => (other, None, false),
        };
        Self { name: name.to_owned(), digest, known }
    }

    /// Whether collisions of its digest are practical (RFC 8550 §4.3: MD5 and SHA-1 are historic).
    pub fn is_weak(&self) -> bool {
        matches!(self.digest, Some("MD2" | "MD5" | "SHA-1"))
    }
}

/// RFC 4055 §3.1: SHA-1 where the parameters do not say otherwise.
fn pss_digest(algorithm: &AlgorithmIdentifier<'_>) -> Option<&'static str> {
    use x509_parser::signature_algorithm::RsaSsaPssParams;
    let params = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
    digest_name(&oid_text(params.hash_algorithm_oid()))
}
