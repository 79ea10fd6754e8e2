//! TLS for LDAPS: which servers are trusted, and what a failed handshake means.

use std::{io, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, UnixTime},
};

use super::server_certificate::{CertificateCheck, Trust};
use crate::{
    error::{Error, ErrorId, NativeStatus, Result},
    event::{Context, LogLevel},
    profile::Profile,
    timestamp::Timestamp,
};

/// The TLS settings of a profile: trusted are the platform's roots and the certificates of the profile.
/// Fails with `TrustAnchorUnreadable` for a file without usable certificates.
pub(super) fn configuration(profile: &Profile, context: &Context) -> Result<Arc<ClientConfig>> {
    let trust = if profile.skip_certificate_check {
        let server = profile.server.as_deref().unwrap_or_default();
        let warning = format!(
            "The certificate of '{server}' is not checked (-SkipCertificateCheck): \
             whoever is between this machine and the server can read the password."
        );
        context.log(LogLevel::Warning, warning)?;
        Trust::Unchecked
    } else {
        trust(profile, context)?
    };
    let provider = Arc::new(ring::default_provider());
    let check = CertificateCheck { trust, algorithms: provider.signature_verification_algorithms };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::new(ErrorId::Internal, format!("TLS can't be set up: {e}")))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(check));
    Ok(Arc::new(builder.with_no_client_auth()))
}

fn trust(profile: &Profile, context: &Context) -> Result<Trust> {
    let (mut roots, mut given) = (RootCertStore::empty(), Vec::new());
    let platform = rustls_native_certs::load_native_certs();
    for error in &platform.errors {
        let message = format!("A part of the platform's trust store was not read: {error}");
        context.log(LogLevel::Verbose, message)?;
    }
    roots.add_parsable_certificates(platform.certs);
    for path in &profile.server_certificate_path {
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
    let bytes = std::fs::read(path)
        .map_err(|e| Error::io(ErrorId::TrustAnchorUnreadable, "Cannot read", path, &e))?;
    let found: Vec<_> = rustls_pemfile::certs(&mut bytes.as_slice())
        .collect::<Result<_, _>>()
        .map_err(|e| unusable(path, &e.to_string()))?;
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

/// What a handshake with `server` failed with.
pub(super) fn handshake_error(server: &str, port: u16, error: &io::Error) -> Error {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let failed = |id, what: String| {
        let native = NativeStatus {
            text: Some(error.to_string()),
            os_error: error.raw_os_error(),
            ..NativeStatus::default()
        };
        Error::new(id, format!("The server '{server}' {what}.")).target(server).native(native)
    };
    let Some(rustls::Error::InvalidCertificate(reason)) = cause else {
        let what = format!("and this machine could not agree on TLS at port {port}: {error}");
        return failed(ErrorId::DirectoryTlsFailed, what);
    };
    let shown = |time: &UnixTime| Timestamp(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    match reason {
        CertificateError::ExpiredContext { not_after, .. } => failed(
            ErrorId::DirectoryCertificateExpired,
            format!("shows a certificate that expired at {}", shown(not_after)),
        ),
        CertificateError::Expired => {
            failed(ErrorId::DirectoryCertificateExpired, "shows an expired certificate".into())
        }
        CertificateError::NotValidYetContext { not_before, .. } => failed(
            ErrorId::DirectoryCertificateExpired,
            format!("shows a certificate that is not valid before {}", shown(not_before)),
        )
        .advice("Check the clock of this machine and the server's certificate."),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => failed(
            ErrorId::DirectoryCertificateNameMismatch,
            "shows a certificate without a name of a server (subjectAltName)".into(),
        )
        .advice("Give the server a certificate that carries its DNS name as subjectAltName."),
        CertificateError::NotValidForNameContext { presented, .. } => failed(
            ErrorId::DirectoryCertificateNameMismatch,
            format!("shows a certificate for other names: {}", names(presented)),
        ),
        CertificateError::NotValidForName => {
            failed(ErrorId::DirectoryCertificateNameMismatch, "shows a certificate for other names".into())
        }
        CertificateError::UnknownIssuer => failed(
            ErrorId::DirectoryCertificateUntrusted,
            "shows a certificate of an issuer that this machine does not trust".into(),
        ),
        other => failed(
            ErrorId::DirectoryCertificateUntrusted,
            format!("shows a certificate that is not trusted: {other}"),
        ),
    }
}

/// rustls shows names as `DnsName("dc1.contoso.test")`; people know the inner part.
fn names(presented: &[String]) -> String {
    let inner = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    presented.iter().map(inner).collect::<Vec<_>>().join(", ")
}
