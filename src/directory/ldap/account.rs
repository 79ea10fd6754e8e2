//! Who signs in to a directory.

use zeroize::Zeroizing;

use super::connection::Connection;
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
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

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        match self {
            Self::Password { user_name, .. } => user_name,
        }
    }

    /// Signs in on `connection`, on which TLS has begun.
    /// Fails with `DirectoryCredentialRejected`, `DirectoryAccountLocked`, `DirectoryAccountUnusable` and the errors of
    /// the connection.
    pub(super) fn sign_in(&self, connection: &mut Connection, context: &Context) -> Result<()> {
        match self {
            Self::Password { user_name, password } => connection.bind(user_name, password, context)?,
        }
        let server = connection.server();
        context.log(LogLevel::Verbose, format!("Signed in to '{server}' as '{}'.", self.name()))
    }
}
