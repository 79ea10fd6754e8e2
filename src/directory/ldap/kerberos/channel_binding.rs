//! What ties a sign-in to the TLS connection that it goes over, so that nobody in between can pass it on.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use x509_parser::prelude::{AlgorithmIdentifier, FromDer, X509Certificate};
use x509_parser::signature_algorithm::RsaSsaPssParams;

/// The binding `tls-server-end-point` (RFC 5929, 4.1): a hash of the server's certificate, by the hash of its own signature.
/// `None` where that signature has none, as Ed25519, or one that is not known here.
pub(in super::super) fn channel_binding(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let hash = digest(signature_hash(&parsed.signature_algorithm)?, certificate);
    Some([b"tls-server-end-point:", hash.as_ref()].concat())
}

/// The hash of a signature. MD5 and SHA-1 count as SHA-256.
fn signature_hash(signature: &AlgorithmIdentifier<'_>) -> Option<&'static Algorithm> {
    match signature.algorithm.to_id_string().as_str() {
        // RFC 4055: md5-, sha1-, sha256-, sha384- and sha512WithRSAEncryption.
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" => Some(&SHA256),
        "1.2.840.113549.1.1.12" => Some(&SHA384),
        "1.2.840.113549.1.1.13" => Some(&SHA512),
        // RFC 5758: ecdsa-with-SHA1 (RFC 3279), -SHA256, -SHA384, -SHA512; dsa-with-sha1 (RFC 3279) and -sha256.
        "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" | "1.2.840.10040.4.3" | "2.16.840.1.101.3.4.3.2" => {
            Some(&SHA256)
        }
        "1.2.840.10045.4.3.3" => Some(&SHA384),
        "1.2.840.10045.4.3.4" => Some(&SHA512),
        // RSASSA-PSS (RFC 4055, 3.1); SHA-1 where the parameters name none.
        "1.2.840.113549.1.1.10" => {
            let parameters = signature.parameters.as_ref()?;
            let parameters = RsaSsaPssParams::try_from(parameters).ok()?;
            match parameters.hash_algorithm_oid().to_id_string().as_str() {
                "1.3.14.3.2.26" | "2.16.840.1.101.3.4.2.1" => Some(&SHA256),
                "2.16.840.1.101.3.4.2.2" => Some(&SHA384),
                "2.16.840.1.101.3.4.2.3" => Some(&SHA512),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
