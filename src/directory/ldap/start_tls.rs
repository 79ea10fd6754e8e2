//! TLS on a connection that began in clear (RFC 4511, 4.14; RFC 4513, 3.1).

use std::sync::Arc;

use rustls::ClientConfig;

use super::{
    answer::Answer, connection::Connection, malformed::Malformed, message::start_tls_request, result::Asked,
    time_left::TimeLeft,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
};

impl Connection {
    /// Asks for TLS and makes the handshake. Nothing that came before it counts.
    ///
    /// Fails with `StartTlsFailed` where the server refuses it, or where bytes came behind its answer: they would be
    /// taken for sealed, and anybody on the way can have sent them. Else as [`Connection::begin_tls`].
    pub fn start_tls(
        &mut self,
        port: u16,
        tls: Arc<ClientConfig>,
        time: &mut TimeLeft,
        context: &Context,
    ) -> Result<()> {
        let id = self.begin(time, context)?;
        self.send(&start_tls_request(id), time, context)?;
        match self.receive(id, time, context)? {
            Answer::Extended(result) => result.check(self.server(), Asked::StartTls)?,
            _ => return Err(self.protocol(Malformed("another answer than one to StartTLS"))),
        }
        if self.has_waiting_bytes() {
            let server = self.server();
            let message = format!(
                "The server '{server}', or somebody on the way, sent bytes in clear behind its answer to StartTLS."
            );
            let advice = "Check what stands between this machine and the server; nothing was sent but the request for TLS.";
            return Err(Error::new(ErrorId::StartTlsFailed, message).target(server).advice(advice));
        }
        self.begin_tls(port, tls, time, context)
    }
}
