//! How a directory is reached: the layers of a connection, and who signs in.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;

use super::{
    account::Account, connection::Connection, dial::dial, network::Network, time_left::TimeLeft, tls,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    profile::{DirectorySettings, Encryption},
};

/// What every connection of a source is made with.
pub(super) struct Access {
    encryption: Encryption,
    port: u16,
    /// `None` where Kerberos seals.
    tls: Option<Arc<ClientConfig>>,
    account: Account,
    time_limit: Duration,
}

impl Access {
    /// As the settings say; `place` is named by the warning of a certificate that is not checked.
    ///
    /// Fails with `ProfileInvalid` where somebody without Kerberos signs in on a connection that Kerberos shall seal,
    /// `TrustAnchorUnreadable`, `ClientCertificateUnusable`.
    pub fn of(
        place: &str,
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        let kerberos = matches!(account, Account::Kerberos(_));
        let encryption = settings.effective_encryption(kerberos);
        let tls = match (encryption, &account) {
            (Encryption::Kerberos, Account::Kerberos(_)) => None,
            (Encryption::Kerberos, _) => return Err(in_clear(place)),
            (_, Account::Certificate(certificate)) => {
                Some(tls::configuration_with(place, settings, certificate, context)?)
            }
            _ => Some(tls::configuration(place, settings, context)?),
        };
        Ok(Self {
            encryption,
            port: settings.effective_port(kerberos),
            tls,
            account,
            time_limit: settings.connection.time_limit(),
        })
    }

    /// The time for one answer.
    pub fn time(&self) -> TimeLeft {
        TimeLeft::new(self.time_limit)
    }

    /// Connects to `server`, and signs in. All that comes before the sign-in has the time of one answer.
    ///
    /// Fails with `DirectoryNameUnknown`, `DirectoryUnreachable`, `DirectoryTimeout`, `StartTlsFailed`,
    /// `DirectoryTlsFailed` and the errors of the server's certificate, those of [`Account::sign_in`], `Canceled`.
    pub fn connect(&self, server: &str, network: &Arc<dyn Network>, context: &Context) -> Result<Connection> {
        let mut time = self.time();
        let socket = dial(server, self.port, network, &mut time, context)?;
        let mut connection = Connection::over(socket, server, self.time_limit);
        if let Some(tls) = &self.tls {
            match self.encryption {
                Encryption::StartTls => connection.start_tls(self.port, tls.clone(), &mut time, context)?,
                _ => connection.begin_tls(self.port, tls.clone(), &mut time, context)?,
            }
        }
        let identity = self.account.sign_in(&mut connection, context)?;
        let layer = match self.encryption {
            Encryption::Ldaps => "LDAPS",
            Encryption::StartTls => "StartTLS",
            Encryption::Kerberos => "LDAP",
        };
        let how = format!(
            "Signed in to '{server}' as '{}' with {}, over {layer} at port {}.",
            identity.name, identity.how, self.port
        );
        context.log(LogLevel::Verbose, how.clone())?;
        connection.set_signed_in(identity.name, how);
        Ok(connection)
    }
}

/// The error of a sign-in that would go over the network in clear.
fn in_clear(place: &str) -> Error {
    let message = format!(
        "Only a sign-in with Kerberos can seal the connection to '{place}' (-Encryption Kerberos); a password or a client \
         certificate goes only inside TLS."
    );
    Error::new(ErrorId::ProfileInvalid, message)
        .target(place)
        .advice("Set -Encryption to Ldaps or StartTls, or sign in with Kerberos: without -Credential and without a client certificate.")
}
