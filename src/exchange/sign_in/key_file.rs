//! The application's certificate and RSA key in a file: PFX (PKCS#12, RFC 7292) or PEM (RFC 7468).
//!
//! What is read here is zeroed. The copies that `p12-keystore` and `ring` make inside themselves are not: neither
//! does that, so a key in a file is less safe than one in a certificate store.

use std::path::Path;

use p12_keystore::{Pkcs12Archive, error::Error as PfxError};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use rustls::pki_types::pem::SectionKind;
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

use crate::{
    certificate::{Certificate, KeyAlgorithm},
    error::{Error, ErrorId, Result},
    model::Timestamp,
    regular_file,
    tls::pem,
};

/// The largest file that is taken; a chain with its key has some 10 KiB.
const MAX_FILE: u64 = 1024 * 1024;

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

/// What is in a file.
#[derive(Default)]
struct Contents {
    certificates: Vec<Vec<u8>>,
    keys: Vec<Result<RsaKeyPair, ring::error::KeyRejected>>,
    /// Keys of other kinds.
    other_keys: bool,
}

/// The certificate with its key in a file; of several, one that is valid at `now`, and of those the one that
/// ends last. A PFX file without a password is opened with the empty one.
///
/// Fails with `CertificatePasswordWrong`, and with `SignInCertificateUnusable` for everything else.
pub(super) fn read(path: &Path, password: Option<&[u8]>, now: Timestamp) -> Result<KeyPair> {
    let file = File { path };
    let size = std::fs::metadata(path).map_err(|e| file.unreadable(&e))?.len();
    if size > MAX_FILE {
        return Err(file.unusable(format!("has {size} bytes; {MAX_FILE} is the most")));
    }
    let bytes = Zeroizing::new(regular_file::read(path).map_err(|e| file.unreadable(&e))?);
    let contents = if bytes.first() == Some(&0x30) { file.pfx(&bytes, password)? } else { file.pem(&bytes)? };
    file.choose(contents, now)
}

struct File<'a> {
    path: &'a Path,
}

impl File<'_> {
    fn pfx(&self, bytes: &[u8], password: Option<&[u8]>) -> Result<Contents> {
        let text = std::str::from_utf8(password.unwrap_or_default()).map_err(|_| {
            self.password("is opened by a password in UTF-8, and that which was given is none")
        })?;
        let archive = Pkcs12Archive::from_pkcs12(bytes, text).map_err(|e| match e {
            PfxError::MacError(_) if password.is_none() => self.password("needs a password"),
            PfxError::MacError(_) => self.password("is not opened by the password that was given"),
            other => self.unusable(format!("can't be read as PFX: {other}")),
        })?;
        let mut contents = Contents::default();
        for bag in archive.keys {
            // PKCS #1, rsaEncryption (RFC 8017, appendix C).
            if bag.key.oid().to_string() == "1.2.840.113549.1.1.1" {
                contents.keys.push(RsaKeyPair::from_pkcs8(bag.key.as_der()));
            } else {
                contents.other_keys = true;
            }
        }
        contents.certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect();
        Ok(contents)
    }

    fn pem(&self, bytes: &[u8]) -> Result<Contents> {
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if holds("BEGIN ENCRYPTED PRIVATE KEY") || holds("Proc-Type: 4,ENCRYPTED") {
            return Err(self
                .unusable("holds an encrypted key, which is read from PFX files only".into())
                .advice("Create a .pfx of it with 'openssl pkcs12 -export', or decrypt the key and protect the file."));
        }
        let mut contents = Contents::default();
        for section in pem::sections(bytes) {
            let (kind, der) = section.map_err(|e| self.unusable(format!("can't be read as PEM: {e}")))?;
            match kind {
                SectionKind::Certificate => contents.certificates.push(der.to_vec()),
                SectionKind::RsaPrivateKey => contents.keys.push(RsaKeyPair::from_der(&der)),
                SectionKind::PrivateKey => contents.keys.push(RsaKeyPair::from_pkcs8(&der)),
                SectionKind::EcPrivateKey => contents.other_keys = true,
                _ => {}
            }
        }
        Ok(contents)
    }

    fn choose(&self, contents: Contents, now: Timestamp) -> Result<KeyPair> {
        let mut certificates = Vec::new();
        for der in &contents.certificates {
            let certificate = Certificate::from_der(der).map_err(|reason| {
                self.unusable(format!("holds a certificate that can't be read: {reason}"))
            })?;
            certificates.push(certificate);
        }
        // A renewed certificate may have the key of the one before.
        certificates.sort_by_key(|one| (one.is_valid_at(now), one.not_after));
        let any_key = contents.other_keys || !contents.keys.is_empty();
        let mut rejected = None;
        let mut keys = Vec::new();
        for key in contents.keys {
            match key {
                Ok(key) => keys.push(key),
                Err(reason) => rejected = Some(reason),
            }
        }
        for certificate in certificates.iter().rev() {
            let own = |key: &RsaKeyPair| public_key(certificate).as_deref() == Some(key.public().as_ref());
            if let Some(index) = keys.iter().position(own) {
                return Ok(KeyPair { certificate: certificate.clone(), key: keys.swap_remove(index) });
            }
        }
        Err(self.without_pair(&certificates, any_key, rejected))
    }

    /// Why there is no certificate with its key.
    fn without_pair(
        &self,
        certificates: &[Certificate],
        any_key: bool,
        rejected: Option<ring::error::KeyRejected>,
    ) -> Error {
        let other = certificates.iter().find(|one| one.key.algorithm != KeyAlgorithm::Rsa);
        let what = match (certificates.first(), other, rejected) {
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
        };
        self.unusable(what)
    }

    fn unusable(&self, what: String) -> Error {
        let message = format!("The file '{}' {what}.", self.path.display());
        Error::new(ErrorId::SignInCertificateUnusable, message).target(self.path.display().to_string())
    }

    fn password(&self, what: &str) -> Error {
        let message = format!("The file '{}' {what}.", self.path.display());
        Error::new(ErrorId::CertificatePasswordWrong, message).target(self.path.display().to_string())
    }

    fn unreadable(&self, cause: &std::io::Error) -> Error {
        Error::io(ErrorId::SignInCertificateUnusable, "Cannot read", self.path, cause)
    }
}

/// The RSA public key of a certificate (RSAPublicKey, RFC 8017, A.1.1).
pub(super) fn public_key(certificate: &Certificate) -> Option<Vec<u8>> {
    let (_, info) = SubjectPublicKeyInfo::from_der(certificate.public_key_info()).ok()?;
    (certificate.key.algorithm == KeyAlgorithm::Rsa).then(|| info.subject_public_key.data.to_vec())
}
