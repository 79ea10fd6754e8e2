//! How a signature is made, by its AlgorithmIdentifier.

use std::fmt;

use x509_parser::{prelude::FromDer, signature_algorithm::RsaSsaPssParams, x509::AlgorithmIdentifier};

use super::Digest;
use crate::{ber::oid_text, certificate::SignatureAlgorithm};

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

/// A way of signing that can be checked, with most keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    Pkcs1(Digest),
    /// RSASSA-PSS (RFC 8017 §8.1) with MGF1 of the same digest, and so many octets of salt.
    Pss { digest: Digest, salt: usize },
    /// ECDSA on the key's curve.
    Ecdsa(Digest),
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ML-DSA (RFC 9881) of that name.
    MlDsa(&'static str),
}

impl Scheme {
    /// That of an AlgorithmIdentifier in DER. Fails with its name.
    pub fn of(algorithm: &[u8]) -> Result<Self, String> {
        let (_, algorithm) = AlgorithmIdentifier::from_der(algorithm).map_err(|_| "unknown".to_owned())?;
        Self::of_parsed(&algorithm)
    }

    fn of_parsed(algorithm: &AlgorithmIdentifier<'_>) -> Result<Self, String> {
        let oid = oid_text(&algorithm.algorithm);
        let known = Self::by_oid(&oid);
        match oid.as_str() {
            RSASSA_PSS => pss(algorithm),
            _ => known.ok_or_else(|| SignatureAlgorithm::of(algorithm).name),
        }
    }

    /// What an RSASSA-PSS key is restricted to, where its AlgorithmIdentifier says so (RFC 4055 §1.2).
    pub fn of_key(algorithm: &AlgorithmIdentifier<'_>) -> Option<Result<Self, String>> {
        algorithm.parameters.as_ref().map(|_| pss(algorithm))
    }

    /// That of a SignerInfo, whose algorithm may be the key's alone, beside the digest (RFC 3370 §3.2, RFC 5753 §2.1.1).
    pub fn of_signer(algorithm: &[u8], digest: &str) -> Result<Self, String> {
        let (_, parsed) = AlgorithmIdentifier::from_der(algorithm).map_err(|_| "unknown".to_owned())?;
        let with: fn(Digest) -> Self = match oid_text(&parsed.algorithm).as_str() {
            "1.2.840.113549.1.1.1" => Self::Pkcs1,
            "1.2.840.10045.2.1" => Self::Ecdsa,
            _ => return Self::of_parsed(&parsed),
        };
        let name = || format!("{} with the digest {}", SignatureAlgorithm::of(&parsed).name, digest);
        Digest::of_oid(digest).map(with).ok_or_else(name)
    }

    fn by_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::Pkcs1(Digest::Sha1),
            "1.2.840.113549.1.1.14" => Self::Pkcs1(Digest::Sha224),
            "1.2.840.113549.1.1.11" => Self::Pkcs1(Digest::Sha256),
            "1.2.840.113549.1.1.12" => Self::Pkcs1(Digest::Sha384),
            "1.2.840.113549.1.1.13" => Self::Pkcs1(Digest::Sha512),
            "2.16.840.1.101.3.4.3.13" => Self::Pkcs1(Digest::Sha3_224),
            "2.16.840.1.101.3.4.3.14" => Self::Pkcs1(Digest::Sha3_256),
            "2.16.840.1.101.3.4.3.15" => Self::Pkcs1(Digest::Sha3_384),
            "2.16.840.1.101.3.4.3.16" => Self::Pkcs1(Digest::Sha3_512),
            "1.2.840.10045.4.1" => Self::Ecdsa(Digest::Sha1),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Digest::Sha224),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Digest::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Digest::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Digest::Sha512),
            "2.16.840.1.101.3.4.3.9" => Self::Ecdsa(Digest::Sha3_224),
            "2.16.840.1.101.3.4.3.10" => Self::Ecdsa(Digest::Sha3_256),
            "2.16.840.1.101.3.4.3.11" => Self::Ecdsa(Digest::Sha3_384),
            "2.16.840.1.101.3.4.3.12" => Self::Ecdsa(Digest::Sha3_512),
            "1.3.101.112" => Self::Ed25519,
            "2.16.840.1.101.3.4.3.17" => Self::MlDsa("ML-DSA-44"),
            "2.16.840.1.101.3.4.3.18" => Self::MlDsa("ML-DSA-65"),
            "2.16.840.1.101.3.4.3.19" => Self::MlDsa("ML-DSA-87"),
            _ => return None,
        })
    }
}

/// RFC 4055 §3.1.
fn pss(algorithm: &AlgorithmIdentifier<'_>) -> Result<Scheme, String> {
    let unreadable = || "RSASSA-PSS with parameters that can't be read".to_owned();
    let parameters = algorithm.parameters.as_ref().ok_or_else(unreadable)?;
    let parameters = RsaSsaPssParams::try_from(parameters).map_err(|_| unreadable())?;
    let mask = parameters.mask_gen_algorithm().map_err(|_| unreadable())?;
    let (oid, of_mask) = (oid_text(parameters.hash_algorithm_oid()), oid_text(&mask.hash));
    let digest = Digest::of_oid(&oid).ok_or_else(|| format!("RSASSA-PSS with the digest {oid}"))?;
    if oid_text(&mask.mgf) != "1.2.840.113549.1.1.8" || of_mask != oid || parameters.trailer_field() != 1 {
        let mask = super::digest_name(&of_mask).unwrap_or(&of_mask);
        return Err(format!("RSASSA-PSS with {} and a mask of {mask}", digest.name()));
    }
    let salt = usize::try_from(parameters.salt_length()).map_err(|_| unreadable())?;
    Ok(Scheme::Pss { digest, salt })
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pkcs1(digest) => write!(f, "RSA with {}", digest.name()),
            Self::Pss { digest, .. } => write!(f, "RSASSA-PSS with {}", digest.name()),
            Self::Ecdsa(digest) => write!(f, "ECDSA with {}", digest.name()),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::MlDsa(name) => f.write_str(name),
        }
    }
}
