//! The certificate with which somebody signs in to a directory: TLS shows it, SASL's EXTERNAL refers to it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, InconsistentKeys,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer},
};

use super::client_signer::ClientSigner;
use crate::{
    certificate::Certificate,
    error::{ErrorId, Result},
    event::Context,
    model::Timestamp,
    tls::{
        self, Trust,
        key_file::{self, PrivateKey},
    },
};

const UNUSABLE: ErrorId = ErrorId::ClientCertificateUnusable;
const NOT_VALID: &str = "Give a certificate that is valid now, or set this machine's clock right.";

/// A certificate, and where its key is.
#[derive(Clone)]
pub struct ClientCertificate {
    key: Key,
    /// Its subject.
    pub(super) subject: String,
}

#[derive(Clone)]
enum Key {
    /// In a file.
    File {
        path: PathBuf,
        /// The certificate, then the others of the file.
        chain: Vec<CertificateDer<'static>>,
        key: Arc<PrivateKeyDer<'static>>,
    },
    /// In the caller's store.
    Store(ClientSigner),
}

impl ClientCertificate {
    /// Reads a .pfx or .pem file. Of several certificates it is the one that is no CA's and ends last; the others go
    /// along as those of its issuers.
    ///
    /// Fails with `CertificatePasswordWrong`, and with `ClientCertificateUnusable` for everything else, also where it is not
    /// valid at `now`.
    pub fn read(path: &Path, password: Option<&[u8]>, now: Timestamp) -> Result<Self> {
        let unusable = |what: &str| key_file::unusable(UNUSABLE, path, what);
        let contents = key_file::read(path, password, UNUSABLE).map_err(|error| match error.id {
            ErrorId::CertificatePasswordWrong => {
                error.advice("Pass the file's password with -ClientCertificatePassword.")
            }
            _ => error,
        })?;
        let mut certificates = Vec::new();
        for der in contents.certificates {
            let parsed = Certificate::from_der(&der)
                .map_err(|reason| unusable(&format!("holds a certificate that can't be read: {reason}")))?;
            certificates.push((parsed, der));
        }
        certificates
            .sort_by_key(|(one, _)| std::cmp::Reverse((!one.is_ca(), one.is_valid_at(now), one.not_after)));
        let Some((own, _)) = certificates.first() else { return Err(unusable("holds no certificate")) };
        if !own.is_valid_at(now) {
            let what = format!(
                "holds the certificate '{}', which is valid from {} to {} only",
                own.subject, own.not_before, own.not_after
            );
            return Err(unusable(&what).advice(NOT_VALID));
        }
        let subject = own.subject.to_string();
        let Some(key) = contents.keys.into_iter().next() else {
            return Err(unusable("holds no private key"));
        };
        let key = Arc::new(match key {
            PrivateKey::Pkcs1(der) => PrivatePkcs1KeyDer::from(der.to_vec()).into(),
            PrivateKey::Pkcs8(der) => PrivatePkcs8KeyDer::from(der.to_vec()).into(),
            PrivateKey::Sec1(der) => PrivateSec1KeyDer::from(der.to_vec()).into(),
        });
        let chain = certificates.into_iter().map(|(_, der)| der.into()).collect();
        Ok(Self { key: Key::File { path: path.to_owned(), chain, key }, subject })
    }

    /// The certificate with this SHA-1 in the caller's store, where its key stays: the caller signs for each connection.
    ///
    /// Fails with `ProfileInvalid` for what is no thumbprint, with `ClientCertificateUnusable`, also where it is not valid at
    /// `now`, `InvalidAnswer`, `Canceled`.
    pub fn of_store(thumbprint: &str, now: Timestamp, context: &Context) -> Result<Self> {
        let (signer, own) = ClientSigner::find(thumbprint, context)?;
        if !own.is_valid_at(now) {
            let what =
                format!("('{}') is valid from {} to {} only", own.subject, own.not_before, own.not_after);
            return Err(signer.key.unusable(&what).advice(NOT_VALID));
        }
        Ok(Self { key: Key::Store(signer), subject: own.subject.to_string() })
    }

    /// The settings of a client that shows it.
    /// Fails with `ClientCertificateUnusable` where the key is none that TLS can use, or another certificate's.
    pub(super) fn client_config(&self, trust: Trust) -> Result<ClientConfig> {
        let (path, chain, key) = match &self.key {
            Key::File { path, chain, key } => (path, chain.clone(), key.clone_key()),
            Key::Store(signer) => {
                let versions = signer.versions();
                return tls::client_config_with_signer(trust, signer.clone().certified(), &versions);
            }
        };
        let config = tls::client_config_with_certificate(trust, chain, key)?;
        config.map_err(|e| {
            let what = match e {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    " and a key that does not belong to it"
                }
                rustls::Error::InvalidCertificate(_) => ", which is none for TLS (X.509 version 3)",
                _ => " and a key that can't be used",
            };
            let what = format!("holds the certificate '{}'{what}", self.subject);
            key_file::unusable(UNUSABLE, path, &what)
        })
    }
}
