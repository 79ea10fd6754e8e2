//! The application's certificate and RSA key in a file.
//!
//! The copies that `ring` makes inside itself are not zeroed, so a key in a file is less safe than one in a certificate
//! store.

use std::path::Path;

use ring::{
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

use crate::{
    certificate::{Certificate, KeyAlgorithm},
    error::{Error, ErrorId, Result},
    model::Timestamp,
    tls::key_file::{self, KeyFile, PrivateKey},
};

/// A certificate with its key.
pub(super) struct KeyPair {
    pub certificate: Certificate,
    key: RsaKeyPair,
}

impl KeyPair {
    /// Signs with PS256. Fails with `Internal`.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        let signed = self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature);
        signed
            .map_err(|_| Error::new(ErrorId::Internal, "The system has no random numbers to sign with."))?;
        Ok(signature)
    }
}

/// The certificate with its key in a file; of several, one that is valid at `now`, and of those the one that
/// ends last. A PFX file without a password is opened with the empty one.
///
/// Fails with `CertificatePasswordWrong`, and with `SignInCertificateUnusable` for everything else.
pub(super) fn read(path: &Path, password: Option<&[u8]>, now: Timestamp) -> Result<KeyPair> {
    choose(path, key_file::read(path, password, UNUSABLE)?, now)
}

const UNUSABLE: ErrorId = ErrorId::SignInCertificateUnusable;

fn choose(path: &Path, contents: KeyFile, now: Timestamp) -> Result<KeyPair> {
    let mut certificates = Vec::new();
    for der in &contents.certificates {
        let certificate = Certificate::from_der(der).map_err(|reason| {
            key_file::unusable(UNUSABLE, path, &format!("holds a certificate that can't be read: {reason}"))
        })?;
        certificates.push(certificate);
    }
    // A renewed certificate may have the key of the one before.
    certificates.sort_by_key(|one| (one.is_valid_at(now), one.not_after));
    let any_key = !contents.keys.is_empty();
    let (mut rejected, mut keys) = (None, Vec::new());
    for key in contents.keys {
        match key {
            PrivateKey::Pkcs1(der) => RsaKeyPair::from_der(&der),
            PrivateKey::Pkcs8(der) => RsaKeyPair::from_pkcs8(&der),
            PrivateKey::Sec1(_) => continue,
        }
        .map_or_else(|reason| rejected = Some(reason), |key| keys.push(key));
    }
    for certificate in certificates.iter().rev() {
        let own = |key: &RsaKeyPair| public_key(certificate).as_deref() == Some(key.public().as_ref());
        if let Some(index) = keys.iter().position(own) {
            return Ok(KeyPair { certificate: certificate.clone(), key: keys.swap_remove(index) });
        }
    }
    Err(key_file::unusable(UNUSABLE, path, &without_pair(&certificates, any_key, rejected)))
}

/// Why there is no certificate with its key.
fn without_pair(
    certificates: &[Certificate],
    any_key: bool,
    rejected: Option<ring::error::KeyRejected>,
) -> String {
    let other = certificates.iter().find(|one| one.key.algorithm != KeyAlgorithm::Rsa);
    match (certificates.first(), other, rejected) {
        (None, ..) => "holds no certificate".to_owned(),
        _ if !any_key => "holds no private key".to_owned(),
        (Some(_), Some(other), _) => {
            let kind = other.key.algorithm.name();
            format!(
                "holds the certificate '{}' with a key of the kind {kind}; Entra takes RSA",
                other.subject
            )
        }
        (Some(one), None, Some(reason)) => {
            format!("holds the certificate '{}' and a key that can't be used: {reason}", one.subject)
        }
        (Some(one), None, None) => {
            format!("holds the certificate '{}' and a key that does not belong to it", one.subject)
        }
    }
}

/// The RSA public key of a certificate (RSAPublicKey, RFC 8017, A.1.1).
pub(super) fn public_key(certificate: &Certificate) -> Option<Vec<u8>> {
    let (_, info) = SubjectPublicKeyInfo::from_der(certificate.public_key_info()).ok()?;
    (certificate.key.algorithm == KeyAlgorithm::Rsa).then(|| info.subject_public_key.data.to_vec())
}
