//! TLS for LDAPS: which servers are trusted, and what a failed handshake means.

use std::{io, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::{
    error::{Error, ErrorId, NativeStatus, Result},
    event::{Context, LogLevel},
    profile::Profile,
    timestamp::Timestamp,
};

/// The TLS settings of a profile: trusted are the platform's roots and those of the profile.
/// Fails with `TrustAnchorUnreadable` for a file without usable certificates.
pub(super) fn configuration(profile: &Profile, context: &Context) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(ring::default_provider());
    let internal = |e: rustls::Error| Error::new(ErrorId::Internal, format!("TLS can't be set up: {e}"));
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(internal)?;
    if profile.skip_certificate_check {
        let server = profile.server.as_deref().unwrap_or_default();
        context.log(
            LogLevel::Warning,
            format!(
                "The certificate of '{server}' is not checked (-SkipCertificateCheck): \
                 whoever is between this machine and the server can read the password."
            ),
        )?;
        let verifier = Arc::new(NoCheck(provider));
        return Ok(Arc::new(
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth(),
        ));
    }
    Ok(Arc::new(builder.with_root_certificates(roots(profile, context)?).with_no_client_auth()))
}

fn roots(profile: &Profile, context: &Context) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let platform = rustls_native_certs::load_native_certs();
    for error in &platform.errors {
        context
            .log(LogLevel::Verbose, format!("A part of the platform's trust store was not read: {error}"))?;
    }
    roots.add_parsable_certificates(platform.certs);
    for path in &profile.server_certificate_path {
        add_file(&mut roots, path)?;
    }
    Ok(roots)
}

/// Adds every certificate of a PEM file, or the one of a DER file.
fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<()> {
    let id = ErrorId::TrustAnchorUnreadable;
    let bytes = std::fs::read(path).map_err(|e| Error::io(id, "Cannot read", path, &e))?;
    let unusable = |reason: String| {
        Error::new(id, format!("The server CA file '{}' can't be used: {reason}.", path.display()))
            .target(path.display().to_string())
            .advice("Give CA certificates as PEM or DER.")
    };
    let mut found = rustls_pemfile::certs(&mut bytes.as_slice())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| unusable(e.to_string()))?;
    if found.is_empty() && bytes.first() == Some(&0x30) {
        found.push(CertificateDer::from(bytes));
    }
    if found.is_empty() {
        return Err(unusable("there is no certificate in it".into()));
    }
    for certificate in found {
        roots.add(certificate).map_err(|e| unusable(e.to_string()))?;
    }
    Ok(())
}

/// What a handshake with `server` failed with.
pub(super) fn handshake_error(server: &str, port: u16, error: &io::Error) -> Error {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let failed = |id, what: String| {
        let native =
            NativeStatus { text: Some(error.to_string()), os_error: error.raw_os_error(), ldap_result: None };
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

/// Takes any certificate; the handshake's signatures are still checked.
#[derive(Debug)]
struct NoCheck(Arc<CryptoProvider>);

impl ServerCertVerifier for NoCheck {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
