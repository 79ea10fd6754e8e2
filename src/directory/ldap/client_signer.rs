//! Showing a certificate in TLS whose key stays in the caller's store: the caller signs, on the thread that connects.

use std::sync::Arc;

use ring::digest::{self, SHA256, SHA384};
use rustls::{
    OtherError, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion,
    pki_types::CertificateDer,
    sign::{CertifiedKey, Signer, SigningKey},
    version::{TLS12, TLS13},
};

use crate::{
    ber::{element, tag},
    certificate::{Certificate, KeyAlgorithm},
    error::{Error, ErrorId, Result},
    event::Context,
    tls::store_key::{Purpose, StoreKey},
};

const SIGN_IN: Purpose = Purpose {
    parameter: "-ClientCertificateThumbprint",
    action: "Sign in to the directory with this certificate",
    unusable: ErrorId::ClientCertificateUnusable,
};

/// How a key signs: TLS's name of it (RFC 8446, 4.2.3), and that of RFC 7518.
type Form = (SignatureScheme, &'static str);

const PSS: Form = (SignatureScheme::RSA_PSS_SHA256, "PS256");
const PKCS1: Form = (SignatureScheme::RSA_PKCS1_SHA256, "RS256");
const P256: Form = (SignatureScheme::ECDSA_NISTP256_SHA256, "ES256");
const P384: Form = (SignatureScheme::ECDSA_NISTP384_SHA384, "ES384");

/// A key of the caller's store.
#[derive(Clone)]
pub(super) struct ClientSigner {
    pub key: StoreKey,
    forms: &'static [Form],
}

impl ClientSigner {
    /// Asks the caller for the certificate with this thumbprint, and how its key can sign; on the calling thread.
    /// Fails with `ProfileInvalid`, `ClientCertificateUnusable`, `InvalidAnswer`, `Canceled`.
    pub fn find(thumbprint: &str, context: &Context) -> Result<(Self, Certificate)> {
        let key = StoreKey::find(thumbprint, SIGN_IN, context)?;
        let certificate = Certificate::from_der(&key.certificate)
            .map_err(|reason| key.unusable(&format!("can't be read: {reason}")))?;
        let forms: &'static [Form] = match &certificate.key.algorithm {
            // Keys of older providers can't sign with PSS, without which there is no TLS 1.3.
            KeyAlgorithm::Rsa if can_sign(&key, PSS)?.is_err() => &[PKCS1],
            KeyAlgorithm::Rsa => &[PSS, PKCS1],
            KeyAlgorithm::Ec("P-256") => &[P256],
            KeyAlgorithm::Ec("P-384") => &[P384],
            other => {
                let what = format!(
                    "('{}') has a key of the kind {}; RSA, EC P-256 and EC P-384 can be used",
                    certificate.subject,
                    other.name()
                );
                return Err(key.unusable(&what));
            }
        };
        if let [form] = forms {
            can_sign(&key, *form)?.map_err(|reason| key.unusable(&format!("can't sign: {reason}")))?;
        }
        Ok((Self { key, forms }, certificate))
    }

    /// Itself as TLS shows it.
    pub fn certified(self) -> CertifiedKey {
        let chain = vec![CertificateDer::from(self.key.certificate.clone())];
        CertifiedKey::new(chain, Arc::new(self))
    }

    /// The versions of TLS that it can sign in.
    pub fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        if self.forms == [PKCS1] { vec![&TLS12] } else { vec![&TLS13, &TLS12] }
    }
}

/// Whether a key signs in this form, and why not.
fn can_sign(key: &StoreKey, form: Form) -> Result<Result<(), String>> {
    Ok(key.sign(form.1, &digest_of(form, b"SmimeSync"))?.map(drop))
}

fn digest_of((scheme, _): Form, message: &[u8]) -> Vec<u8> {
    let algorithm = if scheme == P384.0 { &SHA384 } else { &SHA256 };
    digest::digest(algorithm, message).as_ref().to_vec()
}

impl std::fmt::Debug for ClientSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSigner").field("forms", &self.forms).finish_non_exhaustive()
    }
}

impl SigningKey for ClientSigner {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let form = self.forms.iter().find(|(scheme, _)| offered.contains(scheme))?;
        Some(Box::new(Signing { key: self.key.clone(), form: *form }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        if self.forms.contains(&PKCS1) { SignatureAlgorithm::RSA } else { SignatureAlgorithm::ECDSA }
    }
}

/// One signature that is due.
struct Signing {
    key: StoreKey,
    form: Form,
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signing").field("form", &self.form).finish_non_exhaustive()
    }
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signed = self.key.sign(self.form.1, &digest_of(self.form, message));
        let signature = signed
            .and_then(|made| made.map_err(|reason| self.key.unusable(&format!("could not sign: {reason}"))));
        let signature = signature.map_err(|error| rustls::Error::Other(OtherError(Arc::new(error))))?;
        Ok(if [P256, P384].contains(&self.form) { as_der(&signature) } else { signature })
    }

    fn scheme(&self) -> SignatureScheme {
        self.form.0
    }
}

/// The error that signing failed with, if that is why TLS did.
pub(super) fn signing_error(cause: &rustls::Error) -> Option<Error> {
    match cause {
        rustls::Error::Other(OtherError(error)) => error.downcast_ref().cloned(),
        _ => None,
    }
}

/// The two numbers of an ECDSA signature, one after the other as RFC 7518, 3.4 has them, as those of RFC 3279, 2.2.3.
fn as_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    element(tag::SEQUENCE, &[&integer(r), &integer(s)])
}

fn integer(digits: &[u8]) -> Vec<u8> {
    let start = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
    let digits = digits.get(start..).unwrap_or_default();
    // A set first bit would mean a negative number; nothing at all would be no number.
    let positive = digits.first().is_none_or(|digit| digit & 0x80 != 0);
    element(tag::INTEGER, &[if positive { &[0] } else { &[] }, digits])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_signature_become_integers_that_are_never_negative() {
        for (signature, der) in [
            ("0102", "3006020101020102"),
            ("8000ff7f", "300a0203008000 020300ff7f"),
            ("00010000", "3006020101020100"),
        ] {
            assert_eq!(
                hex::encode(as_der(&hex::decode(signature).unwrap())),
                der.replace(' ', ""),
                "{signature}"
            );
        }
    }
}
