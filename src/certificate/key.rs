//! Public keys and the algorithms of keys and signatures.

use x509_parser::{
    num_bigint::BigUint,
    prelude::FromDer,
    public_key::RSAPublicKey,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};

use super::weak_key;
use crate::ber::oid_text;

/// What kind of key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA (RFC 3279), also restricted to PSS (RFC 4055).
    Rsa,
    /// A key on the named curve (RFC 5480).
    Ec(&'static str),
    /// A key on another curve, by its OID, or with parameters of its own.
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
    /// Why the key can't be a real one, if it can't.
    pub defect: Option<String>,
    /// Whether it is an RSA key of the kind that ROCA breaks (CVE-2017-15361).
    pub roca: bool,
}

impl PublicKey {
    pub(super) fn of(spki: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = key_algorithm(&spki.algorithm);
        let bytes = spki.subject_public_key.data.as_ref();
        let mut key = Self { algorithm, size: None, exponent_size: None, defect: None, roca: false };
        match &key.algorithm {
            KeyAlgorithm::Rsa => key.read_rsa(bytes),
            KeyAlgorithm::Ec(curve) => (key.size, key.defect) = point(curve, bytes),
            KeyAlgorithm::Dsa => {
                key.size = spki.parsed().ok().and_then(|key| key.key_size().try_into().ok());
            }
            _ => {}
        }
        key
    }

    /// Also of RSASSA-PSS, which the parser would leave as it is.
    fn read_rsa(&mut self, bytes: &[u8]) {
        let Ok((_, key)) = RSAPublicKey::from_der(bytes) else {
            self.defect = Some("the RSA key can't be read".into());
            return;
        };
        if key.modulus.first().is_none_or(|octet| octet & 0x80 != 0) {
            self.defect = Some("the RSA modulus is negative".into());
            return;
        }
        let (n, e) = (BigUint::from_bytes_be(key.modulus), BigUint::from_bytes_be(key.exponent));
        self.size = Some(u32::try_from(n.bits()).unwrap_or(u32::MAX));
        self.exponent_size = Some(e.bits());
        self.defect = weak_key::defect(&n, &e);
        self.roca = weak_key::is_roca(&n);
    }
}

fn point(curve: &str, bytes: &[u8]) -> (Option<u32>, Option<String>) {
    let size: u32 = match curve {
        "P-256" => 256,
        "P-384" => 384,
        _ => 521,
    };
    let octets = size.div_ceil(8) as usize;
    let fits = match bytes.first() {
        Some(4) => bytes.len() == 1 + 2 * octets,
        Some(2 | 3) => bytes.len() == 1 + octets,
        _ => false,
    };
    (Some(size), (!fits).then(|| format!("the point does not fit the curve {curve}")))
}

fn key_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> KeyAlgorithm {
    let oid = oid_text(&algorithm.algorithm);
    match oid.as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => KeyAlgorithm::Rsa,
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
    let oid = algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid_text(&oid));
    match oid.as_deref() {
        Some("1.2.840.10045.3.1.7") => KeyAlgorithm::Ec("P-256"),
        Some("1.3.132.0.34") => KeyAlgorithm::Ec("P-384"),
        Some("1.3.132.0.35") => KeyAlgorithm::Ec("P-521"),
        Some(other) => KeyAlgorithm::OtherCurve(other.to_owned()),
        None => KeyAlgorithm::OtherCurve("with explicit parameters".into()),
    }
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
            "1.2.840.113549.1.1.10" => ("RSASSA-PSS", pss_digest(algorithm), true),
            "1.2.840.10045.4.1" => ("ecdsa-with-SHA1", Some("SHA-1"), true),
            "1.2.840.10045.4.3.2" => ("ecdsa-with-SHA256", Some("SHA-256"), true),
            "1.2.840.10045.4.3.3" => ("ecdsa-with-SHA384", Some("SHA-384"), true),
            "1.2.840.10045.4.3.4" => ("ecdsa-with-SHA512", Some("SHA-512"), true),
            "1.2.840.10040.4.3" => ("dsa-with-sha1", Some("SHA-1"), true),
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

/// The name of the digest of that OID.
pub(super) fn digest_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.2.5" => "MD5",
        "1.3.14.3.2.26" => "SHA-1",
        "2.16.840.1.101.3.4.2.1" => "SHA-256",
        "2.16.840.1.101.3.4.2.2" => "SHA-384",
        "2.16.840.1.101.3.4.2.3" => "SHA-512",
        _ => return None,
    })
}
