//! What a directory's client needs of the network and of time, so that tests can play both.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

/// Something that takes its time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The network, and the time that passes.
pub trait Network: Send + Sync {
    /// The addresses of a host.
    fn addresses<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>>;

    /// A TCP connection to one address.
    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<TcpStream>>;

    /// Now, by a clock that only goes forward.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Lets `time` pass.
    fn pause(&self, time: Duration) -> Pending<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
