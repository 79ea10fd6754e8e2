//! TLS for LDAPS: the settings of a profile, and what a failed handshake means.

use std::{io, sync::Arc};

use rustls::ClientConfig;

use super::{client_certificate::ClientCertificate, client_signer::signing_error};
use crate::{
    error::{Error, ErrorId, NativeStatus, Result},
    event::{Context, LogLevel},
    profile::DirectorySettings,
    tls::{self, Fault, Trust},
};

/// How to speak TLS with what `place` names: trusted are the platform's roots and the certificates of the settings.
/// Fails with `TrustAnchorUnreadable` for a file without usable certificates.
pub(super) fn configuration(
    place: &str,
    settings: &DirectorySettings,
    context: &Context,
) -> Result<Arc<ClientConfig>> {
    Ok(Arc::new(tls::client_config(trust(place, settings, context)?)?))
}

/// The same with a certificate of the client's own.
/// Fails with `ClientCertificateUnusable`, too.
pub(super) fn configuration_with(
    place: &str,
    settings: &DirectorySettings,
    certificate: &ClientCertificate,
    context: &Context,
) -> Result<Arc<ClientConfig>> {
    certificate.client_config(trust(place, settings, context)?).map(Arc::new)
}

fn trust(place: &str, settings: &DirectorySettings, context: &Context) -> Result<Trust> {
    let trust = if settings.skip_certificate_check {
        let warning = format!(
            "The certificate of '{place}' is not checked (-SkipCertificateCheck): \
             whoever is between this machine and the server can read the password."
        );
        context.log(LogLevel::Warning, warning)?;
        Trust::Unchecked
    } else {
        tls::trust(&settings.connection, context)?
    };
    Ok(trust)
}

/// What a handshake with `server` failed with.
pub(super) fn handshake_error(server: &str, port: u16, error: &io::Error) -> Error {
    let cause = cause(error);
    if let Some(own) = cause.and_then(signing_error) {
        return own;
    }
    let (fault, what) = cause.map_or((Fault::Other, String::new()), tls::fault);
    let failed = |id, what: &str| {
        let native = NativeStatus {
            text: Some(error.to_string()),
            os_error: error.raw_os_error(),
            ..NativeStatus::default()
        };
        Error::new(id, format!("The server '{server}' {what}.")).target(server).native(native)
    };
    match fault {
        Fault::Expired => failed(ErrorId::DirectoryCertificateExpired, &what),
        Fault::NotYetValid => failed(ErrorId::DirectoryCertificateExpired, &what)
            .advice("Check the clock of this machine and the server's certificate."),
        Fault::OtherNames => failed(ErrorId::DirectoryCertificateNameMismatch, &what),
        Fault::NoName => failed(ErrorId::DirectoryCertificateNameMismatch, &what)
            .advice("Give the server a certificate that carries its DNS name as subjectAltName."),
        Fault::Untrusted => failed(ErrorId::DirectoryCertificateUntrusted, &what),
        Fault::Other => {
            let why = match cause {
                Some(cause) => reason(cause).to_owned(),
                None => format!("the connection ended{}", super::failure::failed(error, ", ")),
            };
            let what = format!("and this machine could not agree on TLS at port {port}: {why}");
            failed(ErrorId::DirectoryTlsFailed, &what)
        }
    }
}

/// What TLS itself complained of.
pub(super) fn cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// The same as a clause, in words for administrators.
pub(super) fn reason(cause: &rustls::Error) -> &'static str {
    use rustls::AlertDescription::{
        CloseNotify, HandshakeFailure, InsufficientSecurity, InternalError, ProtocolVersion,
    };
    match cause {
        rustls::Error::InvalidMessage(_) => "what came from it is not TLS",
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(HandshakeFailure | InsufficientSecurity | ProtocolVersion) => {
            "it has no version of TLS or no cipher that this machine takes"
        }
        rustls::Error::AlertReceived(CloseNotify) => "it ended the connection",
        rustls::Error::AlertReceived(InternalError) => "it reports an error of its own",
        rustls::Error::AlertReceived(_) => "it refused what this machine sent",
        rustls::Error::DecryptError => "what came from it was changed on the way",
        _ => "it does not keep to TLS",
    }
}
