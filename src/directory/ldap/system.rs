//! The network of this machine.

use std::{io, net::SocketAddr};

use tokio::net::{TcpStream, lookup_host};

use super::network::{Network, Pending};

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
}
