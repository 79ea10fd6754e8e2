//! Digests by their OIDs.

use sha2::Digest as _;

/// A digest that can be calculated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
}

impl Digest {
    /// The one of that OID (RFC 3279, RFC 5754 §2, RFC 8702 §2).
    pub fn of_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            "2.16.840.1.101.3.4.2.7" => Self::Sha3_224,
            "2.16.840.1.101.3.4.2.8" => Self::Sha3_256,
            "2.16.840.1.101.3.4.2.9" => Self::Sha3_384,
            "2.16.840.1.101.3.4.2.10" => Self::Sha3_512,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
        }
    }

    /// The octets that a value of it has.
    pub fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 => 64,
        }
    }

    /// That of `data`.
    pub fn of(self, data: &[u8]) -> Vec<u8> {
        let by_ring = |algorithm| ring::digest::digest(algorithm, data).as_ref().to_vec();
        match self {
            Self::Sha1 => by_ring(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha256 => by_ring(&ring::digest::SHA256),
            Self::Sha384 => by_ring(&ring::digest::SHA384),
            Self::Sha512 => by_ring(&ring::digest::SHA512),
            Self::Sha224 => sha2::Sha224::digest(data).to_vec(),
            Self::Sha3_224 => sha3::Sha3_224::digest(data).to_vec(),
            Self::Sha3_256 => sha3::Sha3_256::digest(data).to_vec(),
            Self::Sha3_384 => sha3::Sha3_384::digest(data).to_vec(),
            Self::Sha3_512 => sha3::Sha3_512::digest(data).to_vec(),
        }
    }
}

/// The name of the digest of that OID, also of one that nobody calculates any more.
pub fn digest_name(oid: &str) -> Option<&'static str> {
    let old = (oid == "1.2.840.113549.2.5").then_some("MD5");
    Digest::of_oid(oid).map(Digest::name).or(old)
}
