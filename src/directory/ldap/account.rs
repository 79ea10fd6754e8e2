//! Who signs in to a directory.

use zeroize::Zeroizing;

use super::{
    client_certificate::ClientCertificate,
    connection::Connection,
    kerberos::{self, SignedIn, TicketSource, Wanted},
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
};

/// Who signs in to a directory, for as many connections as it takes.
#[derive(Clone)]
pub enum Account {
    /// Somebody with a password, by a simple bind (RFC 4513, 5.1.3). It goes over connections with TLS only.
    Password {
        /// A distinguished name; at Active Directory a user principal name or `DOMAIN\name`, too.
        user_name: String,
        /// The password.
        password: Zeroizing<Vec<u8>>,
    },
    /// Somebody with a certificate that TLS shows, by SASL's EXTERNAL.
    Certificate(ClientCertificate),
    /// Whoever has a ticket of Kerberos.
    Kerberos(TicketSource),
}

/// Somebody signed in.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// Its name.
    pub name: String,
    /// How it signed in, behind `with`.
    pub how: String,
}

impl Account {
    /// Somebody with a password.
    /// Fails with `CredentialMissing`; an empty password is refused here, since servers take it for an anonymous
    /// sign-in and say that it worked (RFC 4513, 5.1.2).
    pub fn with_password(user_name: &str, password: &[u8]) -> Result<Self> {
        if user_name.is_empty() {
            return Err(Error::new(ErrorId::CredentialMissing, "The user name of the credential is empty."));
        }
        if password.is_empty() {
            let message = format!("The password of '{user_name}' is empty.");
            return Err(Error::new(ErrorId::CredentialMissing, message).target(user_name));
        }
        Ok(Self::Password { user_name: user_name.to_owned(), password: Zeroizing::new(password.to_vec()) })
    }

    /// Signs in on `connection`. Unless TLS has begun there, Kerberos seals everything from now on, and nobody else
    /// signs in.
    ///
    /// Fails with `DirectoryCredentialRejected`, `DirectoryAccountLocked`, `DirectoryAccountUnusable`, those of
    /// [`kerberos::sign_in`], and the errors of the connection.
    pub(super) fn sign_in(&self, connection: &mut Connection, context: &Context) -> Result<Identity> {
        match self {
            Self::Password { user_name, password } => {
                connection.bind(user_name, password, context)?;
                Ok(Identity { name: user_name.clone(), how: "a password".into() })
            }
            Self::Certificate(certificate) => {
                connection.bind_external(&certificate.subject, context).map_err(not_trusted)?;
                Ok(Identity { name: certificate.subject.clone(), how: "a client certificate".into() })
            }
            Self::Kerberos(tickets) => sign_in_with_kerberos(tickets, connection, context),
        }
    }
}

/// With TLS 1.3 a client learns behind the handshake only that its certificate was not taken, and from some servers by
/// nothing but the end of the connection.
fn not_trusted(error: Error) -> Error {
    match error.id {
        ErrorId::DirectoryUnreachable | ErrorId::DirectoryTlsFailed => error.advice(
            "A server that does not trust the client certificate ends the connection: check that it trusts the issuer, and \
             see its log.",
        ),
        _ => error,
    }
}

fn sign_in_with_kerberos(
    tickets: &TicketSource,
    connection: &mut Connection,
    context: &Context,
) -> Result<Identity> {
    let certificate = connection.server_certificate();
    let sealed = certificate.is_none();
    let binding = certificate.and_then(kerberos::channel_binding);
    let how = match (sealed, &binding) {
        (true, _) => "Kerberos, which seals the connection",
        (false, Some(_)) => "Kerberos, bound to the server's certificate",
        (false, None) => {
            "Kerberos, not bound to the server's certificate (its signature has no hash to do that with)"
        }
    };
    let wanted = Wanted { server: connection.server().to_owned(), sealed, binding };
    let made = kerberos::context(wanted, tickets);
    let SignedIn { identity, layer } = kerberos::sign_in(connection, made, sealed, context)?;
    if let Some((layer, room)) = layer {
        connection.seal(layer, room)?;
    }
    Ok(Identity { name: identity, how: how.into() })
}
