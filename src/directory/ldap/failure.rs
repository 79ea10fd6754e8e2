//! Errors of a connection, in words of our own: those of the system and of libraries stand beside them, for experts.

use std::io;

use super::{kerberos::Fault, malformed::Malformed, tls};
use crate::error::{Error, ErrorId, NativeStatus};

/// The error of a server that can't be reached, or not any more.
pub(super) fn unreachable(server: &str, what: String, error: &io::Error) -> Error {
    Error::new(ErrorId::DirectoryUnreachable, format!("The server '{server}' {what}."))
        .target(server)
        .native(status(error))
}

/// The error for a connection that broke.
pub(super) fn lost(server: &str, error: &io::Error) -> Error {
    if let Some(cause) = tls::cause(error) {
        let what = tls::reason(cause);
        let message = format!("The TLS connection to the server '{server}' broke: {what}.");
        return Error::new(ErrorId::DirectoryTlsFailed, message).target(server).native(status(error));
    }
    if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        return fault.error(server);
    }
    unreachable(server, format!("ended the connection{}", failed(error, ": ")), error).advice(
        "Check the server's log and the network, and run again; what was not read to its end does not count.",
    )
}

/// What the system said, for experts.
pub(super) fn status(error: &io::Error) -> NativeStatus {
    NativeStatus { os_error: error.raw_os_error(), text: Some(error.to_string()), ..NativeStatus::default() }
}

/// Why, as the end of a sentence behind `joint`; nothing where that says no more than the sentence itself.
pub(super) fn failed(error: &io::Error, joint: &str) -> String {
    use io::ErrorKind::*;
    let why = match error.kind() {
        ConnectionRefused => "nothing listens there, or a firewall refuses it",
        ConnectionReset | BrokenPipe => "it was cut by the server or on the way",
        HostUnreachable => "there is no way to that machine",
        NetworkUnreachable | NetworkDown => "there is no way to that network",
        AddrNotAvailable => "it has no address that this machine can use",
        TimedOut => "it does not answer",
        PermissionDenied => "this machine forbids it",
        _ => return String::new(),
    };
    format!("{joint}{why}")
}

/// The error for an answer that makes no sense.
pub(super) fn protocol(server: &str, Malformed(what): Malformed) -> Error {
    let message = format!("The server '{server}' does not speak proper LDAP: it sent {what}.");
    Error::new(ErrorId::DirectoryProtocol, message).target(server)
}
