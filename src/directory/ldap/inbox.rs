//! What came from a server, cut into messages. Pure.

use super::{limits, malformed::Malformed};
use crate::ber::{self, Header, Length, tag};

/// Bytes that are read at once, where no large message is under way.
const CHUNK: usize = 16 * 1024;

/// How much of a message that is too large is looked at: enough for the longest name.
const HEAD: usize = limits::NAME + 1024;

/// What can be taken out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A whole message.
    Message(Vec<u8>),
    /// The beginning of a message that is too large to be held; the rest of it is dropped as it comes.
    TooLarge(Vec<u8>),
    /// Nothing before more bytes come.
    Missing,
}

/// Bytes that came and are not taken out yet.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    /// How many of them are taken out.
    taken: usize,
    /// How many bytes are to be dropped before the next message.
    drop: usize,
}

impl Inbox {
    /// The next message. Fails as soon as the bytes can be none.
    pub fn next(&mut self) -> Result<Next, Malformed> {
        let dropped = self.drop.min(self.waiting().len());
        self.taken += dropped;
        self.drop -= dropped;
        let waiting = self.waiting();
        let Some(size) = message_size(waiting)? else { return Ok(Next::Missing) };
        if size > limits::OBJECT {
            let Some(head) = waiting.get(..HEAD) else { return Ok(Next::Missing) };
            let next = Next::TooLarge(head.to_vec());
            self.drop = size;
            return Ok(next);
        }
        if waiting.len() < size {
            return Ok(Next::Missing);
        }
        // A large message has the bytes for itself, so that it is not copied.
        if size > CHUNK && self.taken == 0 && self.bytes.len() == size {
            return Ok(Next::Message(std::mem::take(&mut self.bytes)));
        }
        let message = waiting.get(..size).unwrap_or_default().to_vec();
        self.taken += size;
        Ok(Next::Message(message))
    }

    /// Where the next bytes go, and how many of them at most.
    pub fn room(&mut self) -> (&mut Vec<u8>, usize) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        let have = self.bytes.len();
        let wanted = match message_size(&self.bytes) {
            _ if self.drop > 0 => CHUNK,
            // It grows with what really came, and ends with the message.
            Ok(Some(size)) if size > CHUNK && size > have => (size - have).min(have.max(CHUNK)),
            _ => CHUNK,
        };
        self.bytes.reserve_exact(wanted);
        (&mut self.bytes, wanted)
    }

    /// Whether a part of a message is there.
    pub fn is_begun(&self) -> bool {
        self.drop > 0 || !self.waiting().is_empty()
    }

    fn waiting(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }
}

/// The size of the message that begins here, as soon as that is known.
fn message_size(received: &[u8]) -> Result<Option<usize>, Malformed> {
    if received.first().is_some_and(|first| *first != tag::SEQUENCE) {
        return Err(Malformed("something that is no LDAP message"));
    }
    let Some(header) = Header::read(received, ber::LDAP)? else { return Ok(None) };
    match header.content {
        Length::Definite(content) if content <= limits::MESSAGE.saturating_sub(header.size) => {
            Ok(Some(header.size + content))
        }
        _ => Err(Malformed("a message of more than 64 MiB")),
    }
}

#[cfg(test)]
mod tests;
