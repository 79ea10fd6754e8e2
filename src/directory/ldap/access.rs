//! How a directory is reached: the layers of a connection, and who signs in.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;

use super::{
    account::Account, connection::Connection, dial::dial, network::Network, time_left::TimeLeft, tls,
};
use crate::{
    error::Result,
    event::Context,
    profile::{DirectorySettings, Encryption},
};

/// What every connection of a source is made with.
pub(super) struct Access {
    encryption: Encryption,
    port: u16,
    tls: Arc<ClientConfig>,
    account: Account,
    time_limit: Duration,
}

impl Access {
    /// As the settings say; `server` is named by the warning of a certificate that is not checked.
    /// Fails with `TrustAnchorUnreadable`.
    pub fn of(
        server: &str,
        settings: &DirectorySettings,
        account: Account,
        context: &Context,
    ) -> Result<Self> {
        Ok(Self {
            encryption: settings.effective_encryption(),
            port: settings.effective_port(),
            tls: tls::configuration(server, settings, context)?,
            account,
            time_limit: settings.connection.time_limit(),
        })
    }

    /// Connects to `server`, and signs in. All that comes before the sign-in has the time of one answer.
    ///
    /// Fails with `DirectoryNameUnknown`, `DirectoryUnreachable`, `DirectoryTimeout`, `StartTlsFailed`,
    /// `DirectoryTlsFailed` and the errors of the server's certificate, those of the sign-in, `Canceled`.
    pub fn connect(&self, server: &str, network: &Arc<dyn Network>, context: &Context) -> Result<Connection> {
        let mut time = TimeLeft::new(self.time_limit);
        let socket = dial(server, self.port, network, &mut time, context)?;
        let mut connection = Connection::over(socket, server, self.time_limit);
        self.protect(&mut connection, &mut time, context)?;
        self.account.sign_in(&mut connection, context)?;
        Ok(connection)
    }

    /// Puts the layer on `connection` under which a sign-in is safe.
    fn protect(&self, connection: &mut Connection, time: &mut TimeLeft, context: &Context) -> Result<()> {
        let tls = self.tls.clone();
        match self.encryption {
            Encryption::Ldaps => connection.begin_tls(self.port, tls, time, context),
            Encryption::StartTls => connection.start_tls(self.port, tls, time, context),
        }
    }
}
