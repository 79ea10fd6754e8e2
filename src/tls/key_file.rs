//! Certificates with a private key in a file: PFX (PKCS#12, RFC 7292) or PEM (RFC 7468).
//!
//! What is read here is zeroed. The copies that `p12-keystore` makes inside itself are not, so a key in a file is less
//! safe than one in a certificate store.

use std::path::Path;

use p12_keystore::{Pkcs12Archive, error::Error as PfxError};
use rustls::pki_types::pem::SectionKind;
use zeroize::Zeroizing;

use super::pem;
use crate::{
    error::{Error, ErrorId, Result},
    regular_file,
};

/// The largest file that is taken; a chain with its key has some 10 KiB.
const MAX_FILE: u64 = 1024 * 1024;

/// What is in a file, in its order.
#[derive(Default)]
pub(crate) struct KeyFile {
    /// Certificates (DER).
    pub certificates: Vec<Vec<u8>>,
    pub keys: Vec<PrivateKey>,
}

/// A private key (DER), in the form that it has in the file.
pub(crate) enum PrivateKey {
    /// RSAPrivateKey (RFC 8017, A.1.2).
    Pkcs1(Zeroizing<Vec<u8>>),
    /// PrivateKeyInfo (RFC 5958).
    Pkcs8(Zeroizing<Vec<u8>>),
    /// ECPrivateKey (RFC 5915).
    Sec1(Zeroizing<Vec<u8>>),
}

/// Reads a file. A PFX file without a password is opened with the empty one.
/// Fails with `CertificatePasswordWrong`, and with `unusable` for everything else.
pub(crate) fn read(path: &Path, password: Option<&[u8]>, unusable: ErrorId) -> Result<KeyFile> {
    let file = File { path, unusable };
    let size = std::fs::metadata(path).map_err(|e| file.unreadable(&e))?.len();
    if size > MAX_FILE {
        return Err(file.unusable(format!("has {size} bytes; {MAX_FILE} is the most")));
    }
    let bytes = Zeroizing::new(regular_file::read(path).map_err(|e| file.unreadable(&e))?);
    if bytes.first() == Some(&0x30) { file.pfx(&bytes, password) } else { file.pem(&bytes) }
}

/// The error of a file that can't be used; `what` follows its name.
pub(crate) fn unusable(id: ErrorId, path: &Path, what: &str) -> Error {
    let path = path.display().to_string();
    Error::new(id, format!("The file '{path}' {what}.")).target(path)
}

struct File<'a> {
    path: &'a Path,
    unusable: ErrorId,
}

impl File<'_> {
    fn pfx(&self, bytes: &[u8], password: Option<&[u8]>) -> Result<KeyFile> {
        let wrong = |what| unusable(ErrorId::CertificatePasswordWrong, self.path, what);
        let text = std::str::from_utf8(password.unwrap_or_default())
            .map_err(|_| wrong("is opened by a password in UTF-8, and that which was given is none"))?;
        let archive = Pkcs12Archive::from_pkcs12(bytes, text).map_err(|e| match e {
            PfxError::MacError(_) if password.is_none() => wrong("needs a password"),
            PfxError::MacError(_) => wrong("is not opened by the password that was given"),
            other => self.unusable(format!("can't be read as PFX: {other}")),
        })?;
        let key = |der: &[u8]| PrivateKey::Pkcs8(Zeroizing::new(der.to_vec()));
        Ok(KeyFile {
            certificates: archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect(),
            keys: archive.keys.iter().map(|bag| key(bag.key.as_der())).collect(),
        })
    }

    fn pem(&self, bytes: &[u8]) -> Result<KeyFile> {
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if holds("BEGIN ENCRYPTED PRIVATE KEY") || holds("Proc-Type: 4,ENCRYPTED") {
            return Err(self
                .unusable("holds an encrypted key, which is read from PFX files only".into())
                .advice("Create a .pfx of it with 'openssl pkcs12 -export', or decrypt the key and protect the file."));
        }
        let mut contents = KeyFile::default();
        for section in pem::sections(bytes) {
            let (kind, der) = section.map_err(|e| self.unusable(format!("can't be read as PEM: {e}")))?;
            match kind {
                SectionKind::Certificate => contents.certificates.push(der.to_vec()),
                SectionKind::RsaPrivateKey => contents.keys.push(PrivateKey::Pkcs1(der)),
                SectionKind::PrivateKey => contents.keys.push(PrivateKey::Pkcs8(der)),
                SectionKind::EcPrivateKey => contents.keys.push(PrivateKey::Sec1(der)),
                _ => {}
            }
        }
        Ok(contents)
    }

    fn unusable(&self, what: String) -> Error {
        unusable(self.unusable, self.path, &what)
    }

    fn unreadable(&self, cause: &std::io::Error) -> Error {
        Error::io(self.unusable, "Cannot read", self.path, cause)
    }
}
