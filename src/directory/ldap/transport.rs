//! What the bytes of a connection go through: TCP as it is, or TLS or a layer of Kerberos on it.

use std::{io, sync::Arc};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::kerberos::{SealedStream, SecurityContext};

/// A connection's stream.
pub(super) enum Transport {
    /// TCP: whoever is between reads and changes everything.
    Clear(TcpStream),
    /// TLS.
    Tls(Box<TlsStream<TcpStream>>),
    /// A layer of Kerberos.
    Sealed(Box<SealedStream>),
    /// One on which a handshake began and did not end: nothing more can be said on it.
    Cut,
}

impl Transport {
    /// Puts TLS on TCP; `name` is what the server's certificate must carry. When it fails, or is called off, nothing more
    /// can be said.
    pub async fn begin_tls(&mut self, tls: Arc<ClientConfig>, name: ServerName<'static>) -> io::Result<()> {
        let Self::Clear(socket) = std::mem::replace(self, Self::Cut) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let stream = TlsConnector::from(tls).connect(name, socket).await?;
        *self = Self::Tls(Box::new(stream));
        Ok(())
    }

    /// Puts a layer of Kerberos on TCP; `room`: how many bytes it seals at once.
    pub fn seal(&mut self, context: Box<dyn SecurityContext>, room: usize) -> io::Result<()> {
        let Self::Clear(socket) = std::mem::replace(self, Self::Cut) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        *self = Self::Sealed(Box::new(SealedStream::new(socket, context, room)));
        Ok(())
    }

    /// The certificate (DER) that the server showed for TLS.
    pub fn server_certificate(&self) -> Option<&[u8]> {
        let Self::Tls(stream) = self else { return None };
        let certificates = stream.get_ref().1.peer_certificates()?;
        certificates.first().map(|certificate| certificate.as_ref())
    }

    /// Reads some bytes to the end of `room`, `most` of them at most; 0 at the end of the stream.
    pub async fn read(&mut self, room: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        match self {
            Self::Clear(socket) => socket.take(most as u64).read_buf(room).await,
            Self::Tls(stream) => stream.take(most as u64).read_buf(room).await,
            // A frame is opened as a whole, so that some more may come: 16 MiB at most.
            Self::Sealed(stream) => stream.read(room).await,
            Self::Cut => Ok(0),
        }
    }

    /// Writes all of `message`.
    pub async fn write(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.write_all(message).await,
            Self::Tls(stream) => {
                stream.write_all(message).await?;
                stream.flush().await
            }
            Self::Sealed(stream) => stream.write(message).await,
            Self::Cut => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Ends it. TLS has an end of its own, without which the server must take the connection for cut.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
            Self::Sealed(stream) => stream.shutdown().await,
            Self::Cut => Ok(()),
        }
    }
}
