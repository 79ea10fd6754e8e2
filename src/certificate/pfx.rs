//! Certificates out of PFX (PKCS #12, RFC 7292). Private keys stay in there.

use p12_keystore::{Pkcs12Archive, error::Error as PfxError};

use super::Certificate;
use crate::ber::{
    self, Header,
    tag::{INTEGER, SEQUENCE},
};

/// Why no certificates come out of a PFX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PfxProblem {
    /// Nobody could read it; the text says why.
    Unreadable(String),
    /// It does not open with the password; the text says why.
    WrongPassword(String),
}

/// Whether `bytes` begin like `PFX ::= SEQUENCE { version INTEGER {v3(3)}, … }` (RFC 7292 §4); a certificate and
/// PKCS#7 go on otherwise.
pub fn is_pfx(bytes: &[u8]) -> bool {
    let header = Header::read(bytes, ber::ANY).ok().flatten().filter(|header| header.tag == SEQUENCE);
    header.and_then(|header| bytes.get(header.size..)).is_some_and(|rest| rest.starts_with(&[INTEGER, 1, 3]))
}

/// The certificates in a PFX, at least one, in their order.
pub fn read_pfx(bytes: &[u8], password: &[u8]) -> Result<Vec<Certificate>, PfxProblem> {
    let unreadable = |reason: &str| PfxProblem::Unreadable(reason.to_owned());
    let wrong_password = |reason: &str| PfxProblem::WrongPassword(reason.to_owned());
    let password =
        std::str::from_utf8(password).map_err(|_| wrong_password("the password is no UTF-8 text"))?;
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|e| match e {
        // The library's own text may name parts of what it decrypted; which part failed helps nobody.
        PfxError::UnsupportedEncryptionScheme | PfxError::UnsupportedMacAlgorithm => {
            unreadable("it is encrypted in a way that is not known here")
        }
        PfxError::MacError(_) | PfxError::UnpadError | PfxError::Pkcs5Error(_) => {
            wrong_password("the password does not open it")
        }
        _ => unreadable("the PFX is damaged"),
    })?;
    let certificates: Vec<Certificate> = archive
        .certs
        .iter()
        .map(|bag| Certificate::from_der(bag.cert.as_der()).map_err(|reason| unreadable(&reason)))
        .collect::<Result<_, _>>()?;
    if certificates.is_empty() { Err(unreadable("it holds no certificate")) } else { Ok(certificates) }
}
