//! The network of this machine.

#[cfg(windows)]
mod dc_locator;
mod dns;
#[cfg(not(windows))]
mod membership;

use std::{
    fs, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::net::{TcpStream, UdpSocket, lookup_host};

use super::network::{Controller, Network, Pending, Service};

/// How long a datagram's answer is waited for; one that is lost costs no more.
const DATAGRAM: Duration = Duration::from_secs(1);

/// Bytes of such an answer: it is less than a hundred and some names.
const ANSWER: usize = 8 * 1024;

/// This machine's network.
#[derive(Debug, Default)]
pub struct System;

impl Network for System {
    fn addresses<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(lookup_host((host, port)).await?.collect()) })
    }

    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            let socket = TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            Ok(socket)
        })
    }

    fn ask<'a>(&'a self, address: SocketAddr, question: &'a [u8]) -> Pending<'a, io::Result<Vec<u8>>> {
        Box::pin(async move {
            let own = if address.is_ipv6() {
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
            } else {
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
            };
            let socket = UdpSocket::bind(own).await?;
            // From then on nobody else's datagrams come through.
            socket.connect(address).await?;
            socket.send(question).await?;
            let mut answer = vec![0; ANSWER];
            let size = tokio::time::timeout(DATAGRAM, socket.recv(&mut answer)).await??;
            answer.truncate(size);
            Ok(answer)
        })
    }

    fn services<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Vec<Service>>> {
        Box::pin(dns::services(name))
    }

    #[cfg(windows)]
    fn controller<'a>(&'a self, domain: Option<&'a str>) -> Pending<'a, Option<Controller>> {
        Box::pin(async move {
            let domain = domain.map(str::to_owned);
            // It blocks, for some seconds where it has to look.
            let found = tokio::task::spawn_blocking(move || dc_locator::controller(domain.as_deref()));
            found.await.ok().flatten()
        })
    }

    #[cfg(not(windows))]
    fn controller<'a>(&'a self, _domain: Option<&'a str>) -> Pending<'a, Option<Controller>> {
        Box::pin(async { None })
    }

    /// Windows names the domain itself, above.
    #[cfg(windows)]
    fn own_domains(&self) -> Pending<'_, Vec<String>> {
        Box::pin(async { Vec::new() })
    }

    #[cfg(not(windows))]
    fn own_domains(&self) -> Pending<'_, Vec<String>> {
        Box::pin(async { membership::domains() })
    }

    fn own_name(&self) -> String {
        let name = std::env::var("COMPUTERNAME").or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname"));
        name.unwrap_or_default().trim().to_owned()
    }
}
