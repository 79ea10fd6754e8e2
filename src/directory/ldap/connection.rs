//! A connection to a directory server. Every wait ends with the caller's cancel and the profile's time limit.

use std::{future::Future, io, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    malformed::Malformed,
    message::{
        Answer, LdapResult, Modification, Search, bind_request, decode, modify_request, search_request,
    },
    result::Asked,
    tls,
};
use crate::{
    ber::{self, Header, Length, tag},
    error::{Error, ErrorId, NativeStatus, Result},
    event::Context,
};

/// The largest message that is taken. Active Directory holds about 1,300 values of 32 KiB in an attribute at
/// the very most; what is larger is a bug or an attack.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// A connection over TLS.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    /// Bytes that came.
    received: Vec<u8>,
    /// How many of them are read already.
    read: usize,
    last_id: u32,
    server: String,
    time_limit: Duration,
}

impl Connection {
    /// Connects and makes the TLS handshake.
    /// Fails with `DirectoryNameUnknown`, `DirectoryUnreachable`, `DirectoryTimeout`, `DirectoryTlsFailed` and
    /// the errors of the server's certificate.
    pub fn open(
        server: &str,
        port: u16,
        tls: Arc<ClientConfig>,
        time_limit: Duration,
        context: &Context,
    ) -> Result<Self> {
        let name = ServerName::try_from(server.to_owned()).map_err(|_| {
            Error::new(ErrorId::DirectoryNameUnknown, format!("'{server}' is not the name of a server."))
                .target(server)
                .advice("Give the DNS name alone as -Server, without 'ldaps://' and port; the port is -Port.")
        })?;
        let wait = Wait { server, time_limit, context };
        let addresses = wait.on("its address", lookup_host((server, port)))?.map_err(|e| {
            let message = format!("The name of the server '{server}' is not known: {e}.");
            Error::new(ErrorId::DirectoryNameUnknown, message).target(server).native(status(&e))
        })?;
        let addresses: Vec<_> = addresses.collect();
        let socket = wait
            .on("a connection", connect(&addresses))?
            .map_err(|e| unreachable(server, format!("can't be reached at port {port}: {e}"), &e))?;
        let stream = wait
            .on("the TLS handshake", TlsConnector::from(tls).connect(name, socket))?
            .map_err(|e| tls::handshake_error(server, port, &e))?;
        Ok(Self { stream, received: Vec::new(), read: 0, last_id: 0, server: server.to_owned(), time_limit })
    }

    /// The server's name, for messages.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Signs in with a password.
    /// Fails with `DirectoryCredentialRejected`, `DirectoryAccountLocked`, `DirectoryAccountUnusable`.
    pub fn bind(&mut self, user: &str, password: &[u8], context: &Context) -> Result<()> {
        let id = self.next_id();
        self.send(&bind_request(id, user, password), context)?;
        match self.receive(id, context)? {
            Answer::Bind(result) => result.check(&self.server, Asked::Bind(user)),
            _ => Err(self.protocol(Malformed("another answer than one to the sign-in"))),
        }
    }

    /// Starts a search; [`Connection::receive`] with the number that comes back gives its answers.
    pub fn start(&mut self, search: &Search, cookie: &[u8], context: &Context) -> Result<u32> {
        let id = self.next_id();
        // The server gives up when nobody waits any more. LDAP's numbers end at 2^31 - 1.
        let seconds = self.time_limit.as_secs().min(i32::MAX as u64) as u32;
        self.send(&search_request(id, search, cookie, seconds), context)?;
        Ok(id)
    }

    /// Changes values of an object; what the server answered. Where that never arrives, the error does not tell
    /// whether the change happened.
    pub fn modify(
        &mut self,
        dn: &str,
        modifications: &[Modification],
        context: &Context,
    ) -> Result<LdapResult> {
        let id = self.next_id();
        self.send(&modify_request(id, dn, modifications), context)?;
        match self.receive(id, context)? {
            Answer::Modify(result) => Ok(result),
            _ => Err(self.protocol(Malformed("another answer than one to a change"))),
        }
    }

    /// The next answer to request `id`. Late answers to earlier ones are skipped.
    pub fn receive(&mut self, id: u32, context: &Context) -> Result<Answer> {
        context.check()?;
        loop {
            let size = self.fill(context)?;
            let end = self.read + size;
            let message = self.received.get(self.read..end).unwrap_or_default();
            let decoded = decode(message).map_err(|e| self.protocol(e))?;
            self.read = end;
            match decoded {
                // Notice of disconnection (RFC 4511, 4.4.1).
                (0, Answer::Extended(result)) => {
                    result.check(&self.server, Asked::Nothing)?;
                    let hung_up = io::Error::from(io::ErrorKind::ConnectionAborted);
                    return Err(unreachable(&self.server, "ended the connection".into(), &hung_up));
                }
                (found, answer) if found == id => return Ok(answer),
                _ => {}
            }
        }
    }

    /// The error for an answer that makes no sense.
    pub fn protocol(&self, Malformed(what): Malformed) -> Error {
        let message = format!("The server '{}' does not speak proper LDAP: it sent {what}.", self.server);
        Error::new(ErrorId::DirectoryProtocol, message).target(self.server.clone())
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = if self.last_id < i32::MAX as u32 { self.last_id + 1 } else { 1 };
        self.last_id
    }

    fn send(&mut self, message: &[u8], context: &Context) -> Result<()> {
        let wait = Wait { server: &self.server, time_limit: self.time_limit, context };
        let stream = &mut self.stream;
        let sent = wait.on("the request to be taken", async {
            stream.write_all(message).await?;
            stream.flush().await
        })?;
        sent.map_err(|e| lost(&self.server, &e))
    }

    /// Waits until the next message is there whole; its size.
    fn fill(&mut self, context: &Context) -> Result<usize> {
        loop {
            let waiting = self.received.get(self.read..).unwrap_or_default();
            if let Some(size) = message_size(waiting).map_err(|e| self.protocol(e))?
                && size <= waiting.len()
            {
                return Ok(size);
            }
            self.received.drain(..self.read);
            self.read = 0;
            self.read_some(context)?;
        }
    }

    fn read_some(&mut self, context: &Context) -> Result<()> {
        let wait = Wait { server: &self.server, time_limit: self.time_limit, context };
        self.received.reserve(16 * 1024);
        match wait.on("an answer", self.stream.read_buf(&mut self.received))? {
            Ok(0) => Err(lost(&self.server, &io::Error::from(io::ErrorKind::UnexpectedEof))),
            Ok(_) => Ok(()),
            Err(e) => Err(lost(&self.server, &e)),
        }
    }
}

/// The size of the message that begins here, as soon as that is known.
fn message_size(received: &[u8]) -> Result<Option<usize>, Malformed> {
    if received.first().is_some_and(|first| *first != tag::SEQUENCE) {
        return Err(Malformed("something that is no LDAP message"));
    }
    let Some(header) = Header::read(received, ber::LDAP)? else { return Ok(None) };
    match header.content {
        Length::Definite(content) if content <= MAX_MESSAGE.saturating_sub(header.size) => {
            Ok(Some(header.size + content))
        }
        _ => Err(Malformed("a message of more than 64 MiB")),
    }
}

async fn connect(addresses: &[std::net::SocketAddr]) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(addresses).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Waits for a server, on the calling thread.
struct Wait<'a> {
    server: &'a str,
    time_limit: Duration,
    context: &'a Context,
}

impl Wait<'_> {
    fn on<T>(&self, what: &str, future: impl Future<Output = T>) -> Result<T> {
        let within = self.context.block_on(async { tokio::time::timeout(self.time_limit, future).await })?;
        within.map_err(|_| {
            let seconds = self.time_limit.as_secs();
            let message =
                format!("Timed out after {seconds} s waiting for {what} (server '{}').", self.server);
            Error::new(ErrorId::DirectoryTimeout, message).target(self.server)
        })
    }
}

fn unreachable(server: &str, what: String, error: &io::Error) -> Error {
    Error::new(ErrorId::DirectoryUnreachable, format!("The server '{server}' {what}."))
        .target(server)
        .native(status(error))
}

/// The error for a connection that broke.
fn lost(server: &str, error: &io::Error) -> Error {
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        let message = format!("The TLS connection to the server '{server}' broke: {error}.");
        return Error::new(ErrorId::DirectoryTlsFailed, message).target(server).native(status(error));
    }
    unreachable(server, format!("ended the connection: {error}"), error).advice(
        "Check the server's log and the network, and run again; what was not read to its end does not count.",
    )
}

fn status(error: &io::Error) -> NativeStatus {
    NativeStatus { os_error: error.raw_os_error(), text: Some(error.to_string()), ..NativeStatus::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_refused_as_soon_as_its_first_bytes_are_wrong() {
        let more = || Ok(None);
        for (received, expected) in [
            (&b""[..], more()),
            (b"\x30", more()),
            (b"\x30\x84\x00\x00", more()),
            (b"\x30\x05\x02", Ok(Some(7))),
            (b"\x30\x84\x00\x00\x00\x05", Ok(Some(11))),
            (b"\x30\x84\x03\xff\xff\xfa", Ok(Some(MAX_MESSAGE))),
            (b"\x30\x84\x03\xff\xff\xfb", Err(Malformed("a message of more than 64 MiB"))),
            (b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", Err(Malformed("a message of more than 64 MiB"))),
            (b"H", Err(Malformed("something that is no LDAP message"))),
        ] {
            assert_eq!(message_size(received), expected, "{received:02x?}");
        }
    }
}
