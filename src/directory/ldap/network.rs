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

/// A server of a service (RFC 2782). Its port is not taken: it is that of clear LDAP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The lowest is asked first.
    pub priority: u16,
    /// How often it is the first of those with the same priority.
    pub weight: u16,
    /// Its name.
    pub host: String,
}

/// A domain controller that the system names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// The DNS name of its domain.
    pub domain: String,
    /// Its own DNS name.
    pub host: String,
    /// The site that this machine is in.
    pub site: Option<String>,
}

/// The network, and the time that passes.
pub trait Network: Send + Sync {
    /// The addresses of a host.
    fn addresses<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>>;

    /// A TCP connection to one address.
    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<TcpStream>>;

    /// What comes back for one datagram, within a second.
    fn ask<'a>(&'a self, address: SocketAddr, question: &'a [u8]) -> Pending<'a, io::Result<Vec<u8>>>;

    /// The services that DNS has under this name (SRV); none where there is no such name.
    fn services<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Vec<Service>>>;

    /// The domain controller that the system itself finds for a domain, or for the one of this machine; `None` where it
    /// finds none, or can't look.
    fn controller<'a>(&'a self, domain: Option<&'a str>) -> Pending<'a, Option<Controller>>;

    /// The domains that this machine may be a member of by its settings, the likeliest first.
    fn own_domains(&self) -> Pending<'_, Vec<String>>;

    /// The name of this machine, by which it is told from others; empty where it has none.
    fn own_name(&self) -> String {
        String::new()
    }

    /// Now, by a clock that only goes forward.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Lets `time` pass.
    fn pause(&self, time: Duration) -> Pending<'_, ()> {
        // A timer can be made within the runtime only, where the caller is not.
        Box::pin(async move { tokio::time::sleep(time).await })
    }
}
