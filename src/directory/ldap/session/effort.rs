//! What is tried after a failure, and how often.

use std::time::Duration;

use crate::{
    directory::ldap::{
        answer::LdapResult,
        connection::{Connection, Fault},
    },
    error::{Error, ErrorId},
};

/// How often a read that a broken connection ended begins again at the same server.
const AGAIN: u32 = 3;

/// Seconds that a server is left alone which is busy, or shuts down.
const WAITS: [u64; 3] = [1, 2, 4];

/// Why something was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The connection broke.
    Lost,
    /// No answer came in time.
    Late,
    /// The server says that it is busy, or not available.
    Busy,
    /// The server ended the connection, and said that it shuts down.
    Closing,
    /// The server can't be reached, or is none that should be.
    Unreachable,
    /// The server does not speak LDAP, or what came is not what it sealed.
    Senseless,
    /// What another try, or another server, would not change.
    Other,
}

impl Cause {
    /// Why no connection came about. A credential that was refused is not tried elsewhere: each try counts towards
    /// locking the account.
    pub fn of_connecting(error: &Error) -> Self {
        use ErrorId::*;
        match error.id {
            DirectoryBusy => Self::Busy,
            DirectoryUnreachable
            | DirectoryNameUnknown
            | DirectoryTimeout
            | DirectoryTlsFailed
            | StartTlsFailed
            | KerberosServerUnknown
            | DirectoryCertificateUntrusted
            | DirectoryCertificateExpired
            | DirectoryCertificateNameMismatch
            | DirectoryProtocol
            | DirectoryForeign => Self::Unreachable,
            _ => Self::Other,
        }
    }

    /// Why nothing, or a refusal, came back on `connection`.
    pub fn of_asking(error: &Error, connection: &Connection) -> Self {
        match (connection.fault(), error.id) {
            (_, ErrorId::Canceled) => Self::Other,
            (Some(Fault::Lost), ErrorId::DirectoryBusy) => Self::Closing,
            (Some(Fault::Lost), _) => Self::Lost,
            (Some(Fault::Late), _) => Self::Late,
            (None, ErrorId::DirectoryBusy) => Self::Busy,
            (None, ErrorId::DirectoryProtocol | ErrorId::KerberosSealBroken) => Self::Senseless,
            (None, _) => Self::Other,
        }
    }

    /// Whether a change was not made because the server had no time.
    pub fn of_result(result: &LdapResult) -> Self {
        if result.is_busy() { Self::Busy } else { Self::Other }
    }

    /// Whether nothing can be said on the connection any more.
    pub fn ends_connection(self) -> bool {
        !matches!(self, Self::Busy | Self::Other)
    }
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The same at the same server.
    Again,
    /// The same after a while.
    After(Duration),
    /// The same at the server with this number.
    Server(usize),
    /// Nothing.
    Never,
}

/// What was tried so far for one answer.
#[derive(Debug)]
pub(super) struct Effort {
    /// The servers, the one that is asked being the last.
    servers: Vec<usize>,
    again: u32,
    waits: usize,
    /// Whether the server that is asked said that it shuts down: it may be back soon.
    is_closing: bool,
}

impl Effort {
    /// Nothing, at the server with this number.
    pub fn new(server: usize) -> Self {
        Self { servers: vec![server], again: 0, waits: 0, is_closing: false }
    }

    /// What to do after a failure, where there are `count` servers; `stays`: at no other than this one.
    pub fn next(&mut self, cause: Cause, count: usize, stays: bool) -> Next {
        self.is_closing |= cause == Cause::Closing;
        match cause {
            Cause::Other | Cause::Senseless => return Next::Never,
            Cause::Lost if self.again < AGAIN => {
                self.again += 1;
                return Next::Again;
            }
            Cause::Busy => {
                if let Some(wait) = self.wait() {
                    return wait;
                }
            }
            Cause::Lost | Cause::Late | Cause::Unreachable | Cause::Closing => {}
        }
        let other = if stays { None } else { self.other(count) };
        let is_closing = self.is_closing;
        other.or_else(|| is_closing.then(|| self.wait()).flatten()).unwrap_or(Next::Never)
    }

    /// The same server after a while, if it was not waited for often enough.
    fn wait(&mut self) -> Option<Next> {
        let seconds = WAITS.get(self.waits)?;
        self.waits += 1;
        Some(Next::After(Duration::from_secs(*seconds)))
    }

    /// A server that was not asked yet.
    fn other(&mut self, count: usize) -> Option<Next> {
        let now = self.servers.last().copied().unwrap_or_default();
        let mut others = (1..count).map(|step| (now + step) % count);
        let next = others.find(|place| !self.servers.contains(place))?;
        let servers = [&self.servers[..], &[next]].concat();
        *self = Self { servers, again: 0, waits: 0, is_closing: false };
        Some(Next::Server(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is done after each of these failures, in words.
    fn done(causes: &[Cause], count: usize, stays: bool) -> String {
        let mut effort = Effort::new(count - 1);
        let told = |cause: &Cause| match effort.next(*cause, count, stays) {
            Next::Again => "again".to_owned(),
            Next::After(time) => format!("{} s", time.as_secs()),
            Next::Server(place) => format!("server {place}"),
            Next::Never => "never".to_owned(),
        };
        causes.iter().map(told).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_same_server_is_asked_three_times_more_then_each_other_one() {
        use Cause::*;
        for (causes, count, stays, expected) in [
            (&[Lost; 4][..], 1, false, "again, again, again, never"),
            (&[Lost; 9], 2, false, "again, again, again, server 0, again, again, again, never, never"),
            (&[Busy; 4], 1, false, "1 s, 2 s, 4 s, never"),
            (&[Busy; 5], 2, false, "1 s, 2 s, 4 s, server 0, 1 s"),
            (&[Busy, Lost, Busy], 1, false, "1 s, again, 2 s"),
            // A server that says nothing is not waited for again and again.
            (&[Late, Late, Late], 3, false, "server 0, server 1, never"),
            (&[Unreachable, Unreachable], 1, false, "never, never"),
            (&[Lost, Unreachable, Unreachable], 2, false, "again, server 0, never"),
            (&[Other], 2, false, "never"),
            (&[Senseless], 2, false, "never"),
            (&[Lost, Late], 2, true, "again, never"),
            // One that shuts down may be back soon; another one is there already.
            (&[Closing, Unreachable, Unreachable, Unreachable], 1, false, "1 s, 2 s, 4 s, never"),
            (&[Closing, Closing], 2, true, "1 s, 2 s"),
            (&[Closing, Unreachable], 2, false, "server 0, never"),
        ] {
            assert_eq!(done(causes, count, stays), expected, "{causes:?} at {count}, {stays}");
        }
    }
}
