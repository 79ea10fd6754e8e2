//! Kerberos (RFC 4120): the sign-in and the layer that seals, over what the operating system has for it.
//!
//! ```text
//! sign_in.rs (RFC 4752) ─▶ trait SecurityContext ◀─ gssapi.rs: Linux, libgssapi_krb5
//! sealed.rs (frames)    ─▶        │              ◀─ sspi.rs: Windows
//!                                 └              ◀─ in tests: one that is scripted
//! ```

mod channel_binding;
mod fault;
#[cfg(unix)]
mod gssapi;
#[cfg(test)]
mod scripted;
mod sealed;
mod sign_in;
#[cfg(windows)]
mod sspi;
#[cfg(unix)]
mod status;
mod ticket;

pub use self::ticket::TicketSource;
pub(super) use self::{
    channel_binding::channel_binding,
    fault::{Fault, FaultKind},
    sealed::SealedStream,
    sign_in::{SignedIn, sign_in},
};

/// One security context with one server (RFC 2743, 1.1.3). Before it is complete, a call may block.
pub(super) trait SecurityContext: Send {
    /// Takes the server's token, nothing at first, and makes the next one for it.
    fn step(&mut self, token: &[u8]) -> Result<Step, Fault>;

    /// Protects `plain` for the server, with encryption or without.
    fn wrap(&mut self, plain: &[u8], encrypted: bool) -> Result<Vec<u8>, Fault>;

    /// Opens what the server protected. Fails for what was changed, came before, or in another order than it was sent.
    fn unwrap(&mut self, message: &[u8]) -> Result<Opened, Fault>;

    /// How many bytes can be protected with encryption at once, so that it makes `size` bytes at most.
    fn room(&mut self, size: u32) -> Result<usize, Fault>;

    /// Who signed in.
    fn identity(&mut self) -> Result<String, Fault>;
}

/// What a step of a context led to.
pub(super) enum Step {
    /// The server gets this token, and answers with another one.
    Goes(Vec<u8>),
    /// The context is complete; the server gets this token, which may be empty.
    Complete(Vec<u8>, Granted),
}

/// What a complete context does (RFC 2743, 1.2): what was asked for need not be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Granted {
    /// The server is who it is said to be.
    pub mutual: bool,
    /// A message that comes twice is noticed.
    pub replay: bool,
    /// So are those that come in another order, or are left out.
    pub sequence: bool,
    pub confidentiality: bool,
    pub integrity: bool,
}

/// What was opened.
pub(super) struct Opened {
    pub bytes: Vec<u8>,
    /// Whether nobody on the way could read it.
    pub encrypted: bool,
}

/// A context of whoever's tickets these are. Nothing is asked of anybody yet.
pub(super) fn context(wanted: Wanted, tickets: &TicketSource) -> Box<dyn SecurityContext> {
    #[cfg(unix)]
    return Box::new(gssapi::GssapiContext::new(wanted, tickets.clone()));
    #[cfg(windows)]
    return {
        // The session of whoever runs the process has the tickets.
        let _ = tickets;
        Box::new(sspi::SspiContext::new(wanted))
    };
}

/// What is wanted of a context.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The server's name.
    pub server: String,
    /// Whether messages are to be sealed; else TLS does that.
    pub sealed: bool,
    /// What the context is bound to, under TLS (RFC 5929).
    pub binding: Option<Vec<u8>>,
}
