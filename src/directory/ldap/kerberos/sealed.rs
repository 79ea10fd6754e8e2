//! The frames of a connection that Kerberos seals (RFC 4422, 3.7; RFC 4752, 3.3): four bytes of length, then what was sealed.
//! A frame may hold several messages, and a message may span frames.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    SecurityContext,
    fault::{Fault, FaultKind},
};

/// The longest frame, as we tell servers: three bytes have room for no more (RFC 4752, 3.1).
pub(super) const LONGEST: u32 = 0x00ff_ffff;

/// Bytes before a frame that say how long it is.
const HEADER: usize = 4;

/// Bytes of a frame that are read at once, before more of it has come.
const CHUNK: usize = 16 * 1024;

/// TCP with a context that seals.
pub(in super::super) struct SealedStream<S = TcpStream> {
    socket: S,
    context: Box<dyn SecurityContext>,
    /// What came of a frame.
    frame: Vec<u8>,
    /// Bytes that can be sealed at once.
    room: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> SealedStream<S> {
    /// `room`: how many bytes the server takes at once, as the context says.
    pub fn new(socket: S, context: Box<dyn SecurityContext>, room: usize) -> Self {
        Self { socket, context, frame: Vec::new(), room }
    }

    /// Opens a frame and appends what was in it; 0 at the end of the stream. What came of a frame is kept when the wait for
    /// the rest is called off.
    pub async fn read(&mut self, opened: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            let missing = self.missing()?;
            if missing == 0 {
                let count = self.open(opened).map_err(io::Error::other)?;
                // An empty frame is no end of the stream.
                if count > 0 {
                    return Ok(count);
                }
                continue;
            }
            // It grows with what really came.
            let most = missing.min(self.frame.len().max(CHUNK));
            self.frame.reserve_exact(most);
            let read = (&mut self.socket).take(most as u64).read_buf(&mut self.frame).await?;
            if read == 0 {
                return if self.frame.is_empty() { Ok(0) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// How many bytes are missing of the length, or of the frame.
    fn missing(&self) -> io::Result<usize> {
        let Some(header) = self.frame.first_chunk::<HEADER>() else { return Ok(HEADER - self.frame.len()) };
        let length = u32::from_be_bytes(*header);
        if length > LONGEST {
            let said = format!("a frame of {length} bytes; {LONGEST} is the most that was agreed on");
            return Err(io::Error::other(Fault::new(FaultKind::Seal, said)));
        }
        Ok(HEADER + length as usize - self.frame.len())
    }

    fn open(&mut self, opened: &mut Vec<u8>) -> Result<usize, Fault> {
        let frame = std::mem::take(&mut self.frame);
        let found = self.context.unwrap(frame.get(HEADER..).unwrap_or_default())?;
        if !found.encrypted {
            return Err(Fault::new(FaultKind::Seal, "a frame that was signed only, and not encrypted"));
        }
        opened.extend_from_slice(&found.bytes);
        Ok(found.bytes.len())
    }

    /// Seals and writes all of `message`, in as many frames as it takes.
    pub async fn write(&mut self, message: &[u8]) -> io::Result<()> {
        for part in message.chunks(self.room.max(1)) {
            let sealed = self.context.wrap(part, true).map_err(io::Error::other)?;
            let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
            self.socket.write_all(&[&length.to_be_bytes()[..], &sealed].concat()).await?;
        }
        self.socket.flush().await
    }

    /// Ends it. The layer has no end of its own.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        self.socket.shutdown().await
    }
}

#[cfg(test)]
mod tests;
