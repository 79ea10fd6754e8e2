//! TLS, as directories and web services are reached: which servers are trusted, and what a refused certificate means.

pub(crate) mod key_file;
pub(crate) mod pem;
mod server_certificate;
pub(crate) mod store_key;

use std::{path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, RootCertStore, SupportedProtocolVersion,
    client::WantsClientCert,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::SectionKind},
    sign::{CertifiedKey, SingleCertAndKey},
};

use self::server_certificate::CertificateCheck;
pub(crate) use self::server_certificate::Trust;
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::Timestamp,
    profile::ConnectionSettings,
    regular_file,
};

/// The settings of a client that trusts these servers. Fails with `Internal` where rustls can't be set up.
pub(crate) fn client_config(trust: Trust) -> Result<ClientConfig> {
    Ok(checked(trust)?.with_no_client_auth())
}

/// The same of a client that shows a certificate, if it is asked for one: itself, then those of its issuers.
/// Fails with rustls's own error where the key is none, or another certificate's.
pub(crate) fn client_config_with_certificate(
    trust: Trust,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Result<ClientConfig, rustls::Error>> {
    Ok(checked(trust)?.with_client_auth_cert(chain, key))
}

/// The same with a key that is not at hand, in these versions of TLS.
pub(crate) fn client_config_with_signer(
    trust: Trust,
    certified: CertifiedKey,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ClientConfig> {
    let shown = Arc::new(SingleCertAndKey::from(certified));
    Ok(checked_in(trust, versions)?.with_client_cert_resolver(shown))
}

fn checked(trust: Trust) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
    checked_in(trust, rustls::DEFAULT_VERSIONS)
}

fn checked_in(
    trust: Trust,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
    let provider = Arc::new(ring::default_provider());
    let check = CertificateCheck { trust, algorithms: provider.signature_verification_algorithms };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|e| Error::new(ErrorId::Internal, format!("TLS can't be set up: {e}")))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(check)))
}

/// Trusts the platform's roots and the certificates of `ServerCertificatePath`.
/// Fails with `TrustAnchorUnreadable` for a file without usable certificates.
pub(crate) fn trust(settings: &ConnectionSettings, context: &Context) -> Result<Trust> {
    let (mut roots, mut given) = (RootCertStore::empty(), Vec::new());
    let platform = rustls_native_certs::load_native_certs();
    for error in &platform.errors {
        let message = format!("A part of the platform's trust store was not read: {error}");
        context.log(LogLevel::Verbose, message)?;
    }
    roots.add_parsable_certificates(platform.certs);
    for path in &settings.server_certificate_path {
        let certificates = read_file(path)?;
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|e| unusable(path, &e.to_string()))?;
        }
        given.extend(certificates);
    }
    Ok(Trust::Checked { roots, given })
}

/// Every certificate of a PEM file, or the one of a DER file.
fn read_file(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = regular_file::read(path)
        .map_err(|e| Error::io(ErrorId::TrustAnchorUnreadable, "Cannot read", path, &e))?;
    let mut found = Vec::new();
    for section in pem::sections(&bytes) {
        let (kind, der) = section.map_err(|reason| unusable(path, &reason))?;
        if kind == SectionKind::Certificate {
            found.push(CertificateDer::from(der.to_vec()));
        }
    }
    match (found.is_empty(), bytes.first()) {
        (false, _) => Ok(found),
        (true, Some(0x30)) => Ok(vec![CertificateDer::from(bytes)]),
        (true, _) => Err(unusable(path, "there is no certificate in it")),
    }
}

fn unusable(path: &Path, reason: &str) -> Error {
    let message = format!("The server certificate file '{}' can't be used: {reason}.", path.display());
    Error::new(ErrorId::TrustAnchorUnreadable, message)
        .target(path.display().to_string())
        .advice("Give CA certificates, or the server's own certificate, as PEM or DER.")
}

/// Why a handshake failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not begun.
    NotYetValid,
    /// The certificate is for other names.
    OtherNames,
    /// The certificate carries no name of a server at all.
    NoName,
    /// The certificate's issuer is not trusted, or it is broken.
    Untrusted,
    /// Something else than the certificate.
    Other,
}

/// Why a handshake failed, and the sentence's end that says so after "The server 'name'"; `Other` has none.
pub(crate) fn fault(error: &rustls::Error) -> (Fault, String) {
    let rustls::Error::InvalidCertificate(reason) = error else { return (Fault::Other, String::new()) };
    let shown = |time: &UnixTime| Timestamp(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    match reason {
        CertificateError::ExpiredContext { not_after, .. } => {
            (Fault::Expired, format!("shows a certificate that expired at {}", shown(not_after)))
        }
        CertificateError::Expired => (Fault::Expired, "shows an expired certificate".into()),
        CertificateError::NotValidYetContext { not_before, .. } => (
            Fault::NotYetValid,
            format!("shows a certificate that is not valid before {}", shown(not_before)),
        ),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            (Fault::NoName, "shows a certificate without a name of a server (subjectAltName)".into())
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            (Fault::OtherNames, format!("shows a certificate for other names: {}", names(presented)))
        }
        CertificateError::NotValidForName => {
            (Fault::OtherNames, "shows a certificate for other names".into())
        }
        CertificateError::UnknownIssuer => {
            (Fault::Untrusted, "shows a certificate of an issuer that this machine does not trust".into())
        }
        other => (Fault::Untrusted, format!("shows a certificate that is not trusted: {other}")),
    }
}

/// rustls shows names as `DnsName("dc1.contoso.test")` and `IpAddress(127.0.0.1)`; people know the inner part.
fn names(presented: &[String]) -> String {
    let inner = |name: &String| {
        let content = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
        content.trim_matches('"').to_owned()
    };
    presented.iter().map(inner).collect::<Vec<_>>().join(", ")
}
