//! A connection to a directory server. Every wait ends with the caller's cancel and the profile's time limit.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::net::TcpStream;

use super::{
    answer::{Answer, LdapResult, decode, decode_too_large},
    dial::server_name,
    failure::{lost, protocol, unreachable},
    inbox::{Inbox, Next},
    kerberos::{self, FaultKind, SecurityContext},
    malformed::Malformed,
    message::{
        Modification, Search, abandon_request, bind_request, modify_request, sasl_bind_request,
        search_request, unbind_request,
    },
    result::Asked,
    time_left::TimeLeft,
    tls,
    transport::Transport,
};
use crate::{
    directory::attribute_names::AttributeNames,
    error::{Error, ErrorId, Result},
    event::Context,
    runtime::runtime,
};

/// How long taking leave may last: nobody waits for a server that is not needed any more.
const LEAVE: Duration = Duration::from_millis(200);

/// Pieces of what came unasked that are taken before a request; what is beyond is read with the answer.
const UNASKED: usize = 16;

/// What a connection ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It broke, or the server ended it.
    Lost,
    /// Something did not come, or was not taken, in time.
    Late,
}

/// A connection. It begins in clear: [`Connection::begin_tls`] or [`Connection::start_tls`] before anything that matters.
pub(super) struct Connection {
    transport: Transport,
    inbox: Inbox,
    last_id: u32,
    /// The request whose answer is not there to its end.
    open: Option<u32>,
    /// Whether a request was sent in part, so that no other can follow it.
    is_cut: bool,
    fault: Option<Fault>,
    server: String,
    time_limit: Duration,
    /// Who signed in, and a sentence that says how.
    signed_in: (String, String),
    /// How the directory names attributes: requests and answers are put into its words, and into ours, here.
    names: AttributeNames,
}

impl Connection {
    /// The connection that `socket` to `server` is; `time_limit` holds for each answer.
    pub fn over(socket: TcpStream, server: &str, time_limit: Duration) -> Self {
        Self {
            transport: Transport::Clear(socket),
            inbox: Inbox::default(),
            last_id: 0,
            open: None,
            is_cut: false,
            fault: None,
            server: server.to_owned(),
            time_limit,
            signed_in: Default::default(),
            names: AttributeNames::OURS,
        }
    }

    /// Makes the TLS handshake; `port` is named by messages.
    /// Fails with `DirectoryTlsFailed` and the errors of the server's certificate, `DirectoryTimeout`, `Canceled`.
    pub fn begin_tls(
        &mut self,
        port: u16,
        tls: Arc<ClientConfig>,
        time: &mut TimeLeft,
        context: &Context,
    ) -> Result<()> {
        let name = server_name(&self.server)?;
        let handshake = self.transport.begin_tls(tls, name);
        let done = time.wait(&self.server, "the TLS handshake", context, handshake)?;
        done.map_err(|e| tls::handshake_error(&self.server, port, &e))
    }

    /// The server's name, for messages.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What is asked for from now on is named so by the directory.
    pub fn set_names(&mut self, names: &AttributeNames) {
        self.names = names.clone();
    }

    /// Keeps who signed in, and a sentence that says how.
    pub fn set_signed_in(&mut self, name: String, how: String) {
        self.signed_in = (name, how);
    }

    /// Who signed in, and a sentence that says how.
    pub fn signed_in(&self) -> (&str, &str) {
        (&self.signed_in.0, &self.signed_in.1)
    }

    /// The time for one answer.
    pub fn time(&self) -> TimeLeft {
        TimeLeft::new(self.time_limit)
    }

    /// Signs in with a password.
    /// Fails with `DirectoryCredentialRejected`, `DirectoryAccountLocked`, `DirectoryAccountUnusable`.
    pub fn bind(&mut self, user: &str, password: &[u8], context: &Context) -> Result<()> {
        let mut time = self.time();
        let id = self.begin(&mut time, context)?;
        self.send(&bind_request(id, user, password), &mut time, context)?;
        match self.receive(id, &mut time, context)? {
            Answer::Bind(result, _) => result.check(&self.server, Asked::Bind(user)),
            _ => Err(self.protocol(Malformed("another answer than one to the sign-in"))),
        }
    }

    /// Signs in with the client certificate that TLS has shown (RFC 4422, appendix A), as whom it stands for; `subject`
    /// names it in messages. Fails with `DirectoryCredentialRejected`.
    pub fn bind_external(&mut self, subject: &str, context: &Context) -> Result<()> {
        let mut time = self.time();
        let id = self.begin(&mut time, context)?;
        self.send(&sasl_bind_request(id, "EXTERNAL", b""), &mut time, context)?;
        match self.receive(id, &mut time, context)? {
            Answer::Bind(result, _) => result.check(&self.server, Asked::Certificate(subject)),
            _ => Err(self.protocol(Malformed("another answer than one to the sign-in"))),
        }
    }

    /// Seals everything from now on. Fails with `KerberosSealBroken` where bytes came in clear behind the sign-in.
    pub fn seal(&mut self, kerberos: Box<dyn SecurityContext>, room: usize) -> Result<()> {
        if self.has_waiting_bytes() {
            let said = "bytes in clear behind the answer to the sign-in";
            return Err(kerberos::Fault::new(FaultKind::Seal, said).error(&self.server));
        }
        self.transport.seal(kerberos, room).map_err(|e| lost(&self.server, &e))
    }

    /// The certificate (DER) that the server showed for TLS.
    pub fn server_certificate(&self) -> Option<&[u8]> {
        self.transport.server_certificate()
    }

    /// Starts a search; [`Connection::receive`] with the number that comes back gives its answers.
    pub fn start(
        &mut self,
        search: &Search,
        cookie: &[u8],
        time: &mut TimeLeft,
        context: &Context,
    ) -> Result<u32> {
        let id = self.begin(time, context)?;
        // The server gives up when nobody waits any more. LDAP's numbers end at 2^31 - 1.
        let seconds = self.time_limit.as_secs().min(i32::MAX as u64) as u32;
        let asked = self.names.asked(search.attributes);
        let attributes: Vec<&str> = asked.iter().map(AsRef::as_ref).collect();
        let request =
            search_request(id, &Search { attributes: &attributes, ..search.clone() }, cookie, seconds);
        self.send(&request, time, context)?;
        time.pause();
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
        let mut time = self.time();
        let id = self.begin(&mut time, context)?;
        self.send(&modify_request(id, dn, modifications), &mut time, context)?;
        match self.receive(id, &mut time, context)? {
            Answer::Modify(result) => Ok(result),
            _ => Err(self.protocol(Malformed("another answer than one to a change"))),
        }
    }

    /// The next answer to request `id`. Late answers to earlier ones are passed over, and so are notices that do not
    /// end the connection.
    pub fn receive(&mut self, id: u32, time: &mut TimeLeft, context: &Context) -> Result<Answer> {
        time.go_on();
        let answer = self.next_answer(id, time, context);
        time.pause();
        let mut answer = self.noted(answer)?;
        match &mut answer {
            Answer::Entry(entry) => entry.rename(&self.names),
            Answer::Faulty(_) | Answer::Reference(_) => {}
            Answer::Disconnection(result) => {
                self.open = None;
                self.fault = Some(Fault::Lost);
                return Err(self.hung_up(result));
            }
            _ => self.open = None,
        }
        Ok(answer)
    }

    fn next_answer(&mut self, id: u32, time: &mut TimeLeft, context: &Context) -> Result<Answer> {
        context.check()?;
        loop {
            let decoded = match self.inbox.next().map_err(|e| self.protocol(e))? {
                Next::Message(message) => decode(message, id),
                Next::TooLarge(head) => decode_too_large(&head, id),
                Next::Missing => {
                    self.read_some(time, context)?;
                    continue;
                }
            };
            if let Some(answer) = decoded.map_err(|e| self.protocol(e))? {
                return Ok(answer);
            }
        }
    }

    /// What it ended with, if it did.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Whether a request can be sent: the server has not ended it meanwhile. Waits for nothing.
    pub fn is_alive(&mut self) -> bool {
        if self.is_cut || self.fault.is_some() {
            return false;
        }
        let Ok(runtime) = runtime() else { return true };
        for _ in 0..UNASKED {
            let (room, most) = self.inbox.room();
            let transport = &mut self.transport;
            // The time is over at once, but not before it was looked whether something is there.
            let unasked = async { tokio::time::timeout(Duration::ZERO, transport.read(room, most)).await };
            match runtime.block_on(unasked) {
                Err(_) => return true,
                Ok(Ok(0) | Err(_)) => return false,
                // Late answers, or why the server is about to end it.
                Ok(Ok(_)) => {}
            }
        }
        true
    }

    /// Keeps what `done` says of the connection.
    fn noted<T>(&mut self, done: Result<T>) -> Result<T> {
        done.inspect_err(|error| {
            self.fault = match error.id {
                ErrorId::DirectoryUnreachable | ErrorId::DirectoryTlsFailed => Some(Fault::Lost),
                ErrorId::DirectoryTimeout => Some(Fault::Late),
                _ => self.fault,
            }
        })
    }

    /// Whether bytes came that no answer was taken from yet.
    pub fn has_waiting_bytes(&self) -> bool {
        self.inbox.is_begun()
    }

    /// The error for an answer that makes no sense.
    pub fn protocol(&self, what: Malformed) -> Error {
        protocol(&self.server, what)
    }

    /// The number of the next request. What is still to come of the one before is called off.
    pub fn begin(&mut self, time: &mut TimeLeft, context: &Context) -> Result<u32> {
        if self.is_cut {
            let cut = std::io::ErrorKind::ConnectionAborted.into();
            return Err(unreachable(&self.server, "did not take the request before".into(), &cut));
        }
        if let Some(open) = self.open.take() {
            let id = self.next_id();
            self.send(&abandon_request(id, open), time, context)?;
        }
        let id = self.next_id();
        self.open = Some(id);
        Ok(id)
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = if self.last_id < i32::MAX as u32 { self.last_id + 1 } else { 1 };
        self.last_id
    }

    /// Sends a request to its end.
    pub fn send(&mut self, message: &[u8], time: &mut TimeLeft, context: &Context) -> Result<()> {
        self.is_cut = true;
        let sent = time.wait(&self.server, "the request to be taken", context, self.transport.write(message));
        let sent = sent.and_then(|sent| sent.map_err(|e| lost(&self.server, &e)));
        self.is_cut = sent.is_err();
        self.noted(sent)
    }

    fn read_some(&mut self, time: &mut TimeLeft, context: &Context) -> Result<()> {
        let what = if self.inbox.is_begun() { "the rest of an answer" } else { "an answer" };
        let (room, most) = self.inbox.room();
        match time.wait(&self.server, what, context, self.transport.read(room, most))? {
            Ok(0) => Err(lost(&self.server, &std::io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(e) => Err(lost(&self.server, &e)),
        }
    }

    /// The error of a server that said why it ends the connection.
    fn hung_up(&self, result: &LdapResult) -> Error {
        match result.check(&self.server, Asked::Nothing) {
            Err(error) => error,
            Ok(()) => {
                let hung_up = std::io::ErrorKind::ConnectionAborted.into();
                unreachable(&self.server, "ended the connection".into(), &hung_up)
            }
        }
    }

    /// Calls off what is still to come, and says goodbye (RFC 4511, 4.3).
    async fn leave(&mut self) -> std::io::Result<()> {
        if !self.is_cut {
            let mut last = Vec::new();
            if let Some(open) = self.open.take() {
                last.extend(abandon_request(self.next_id(), open));
            }
            last.extend(unbind_request(self.next_id()));
            self.transport.write(&last).await?;
        }
        self.transport.shutdown().await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A thread of the runtime can't wait on it; there is none that drops connections.
        if tokio::runtime::Handle::try_current().is_ok() {
            return;
        }
        if let Ok(runtime) = runtime() {
            // The server may be gone, or not listen: nothing follows from that any more.
            drop(runtime.block_on(async { tokio::time::timeout(LEAVE, self.leave()).await }));
        }
    }
}
