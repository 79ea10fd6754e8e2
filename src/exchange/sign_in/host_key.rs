//! A key that stays in the caller's certificate store: the caller signs.

use std::sync::atomic::{AtomicBool, Ordering};

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

use super::{
    assertion::{Algorithm, Claims, assertion, digest_of, signing_input},
    key_file::public_key,
};
use crate::{
    certificate::{Certificate, KeyAlgorithm},
    error::{ErrorId, Result},
    event::Context,
    tls::store_key::{Purpose, StoreKey},
};

const SIGN_IN: Purpose = Purpose {
    parameter: "-CertificateThumbprint",
    action: "Sign in to Entra with this certificate",
    unusable: ErrorId::SignInCertificateUnusable,
};

/// A certificate of the caller's store.
pub(super) struct HostKey {
    pub certificate: Certificate,
    public_key: Vec<u8>,
    key: StoreKey,
    /// Whether the key could not sign with PS256: keys of older providers can't.
    only_rs256: AtomicBool,
}

impl HostKey {
    /// Asks the caller for the certificate with this thumbprint, on the calling thread.
    /// Fails with `ProfileInvalid`, `SignInCertificateUnusable`, `InvalidAnswer`, `Canceled`.
    pub(super) fn find(thumbprint: &str, context: &Context) -> Result<Self> {
        let key = StoreKey::find(thumbprint, SIGN_IN, context)?;
        let certificate = Certificate::from_der(&key.certificate)
            .map_err(|reason| key.unusable(&format!("can't be read: {reason}")))?;
        let Some(public_key) = public_key(&certificate) else {
            let kind = match &certificate.key.algorithm {
                KeyAlgorithm::Rsa => "RSA that can't be read".to_owned(),
                other => other.name(),
            };
            let what = format!("('{}') has a key of the kind {kind}; Entra takes RSA", certificate.subject);
            return Err(key.unusable(&what));
        };
        Ok(Self { certificate, public_key, key, only_rs256: AtomicBool::new(false) })
    }

    /// An assertion, signed by the caller with PS256, or RS256 where the key can't do that. Blocks.
    /// Fails with `SignInCertificateUnusable`, `InvalidAnswer`, `Canceled`.
    pub(super) fn assertion(&self, claims: &Claims<'_>) -> Result<String> {
        if !self.only_rs256.load(Ordering::Relaxed) {
            if let Ok(done) = self.signed(Algorithm::Ps256, claims)? {
                return Ok(done);
            }
            self.only_rs256.store(true, Ordering::Relaxed);
        }
        self.signed(Algorithm::Rs256, claims)?
            .map_err(|reason| self.key.unusable(&format!("could not sign: {reason}")))
    }

    /// An assertion, or why the key could not sign it.
    fn signed(&self, algorithm: Algorithm, claims: &Claims<'_>) -> Result<Result<String, String>> {
        let input = signing_input(algorithm, &self.certificate, claims);
        let signature = match self.key.sign(&algorithm.to_string(), digest_of(&input).as_ref())? {
            Ok(signature) => signature,
            Err(reason) => return Ok(Err(reason)),
        };
        let check = match algorithm {
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let fits = UnparsedPublicKey::new(check, &self.public_key).verify(input.as_bytes(), &signature);
        Ok(match fits {
            Ok(()) => Ok(assertion(&input, &signature)),
            Err(_) => Err(format!("its {algorithm} signature does not fit the certificate")),
        })
    }
}
