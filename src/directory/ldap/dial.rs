//! From a server's name to a socket.

use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};

use super::{
    failure::{failed, status, unreachable},
    time_left::TimeLeft,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
};

/// Connects to `server`.
/// Fails with `DirectoryNameUnknown`, `DirectoryUnreachable`, `DirectoryTimeout`, `Canceled`.
pub(super) fn dial(server: &str, port: u16, time: &mut TimeLeft, context: &Context) -> Result<TcpStream> {
    server_name(server)?;
    let addresses = time.wait(server, "its address", context, lookup_host((server, port)))?;
    let addresses: Vec<_> = addresses
        .map_err(|e| {
            let message = format!("The name of the server '{server}' is not known{}.", failed(&e, ": "));
            Error::new(ErrorId::DirectoryNameUnknown, message).target(server).native(status(&e))
        })?
        .collect();
    time.wait(server, "a connection", context, connect(&addresses))?
        .map_err(|e| unreachable(server, format!("can't be reached at port {port}{}", failed(&e, ": ")), &e))
}

/// The name that the server's certificate must carry. Fails with `DirectoryNameUnknown` for what is no name.
pub(super) fn server_name(server: &str) -> Result<ServerName<'static>> {
    ServerName::try_from(server.to_owned()).map_err(|_| {
        Error::new(ErrorId::DirectoryNameUnknown, format!("'{server}' is not the name of a server."))
            .target(server)
            .advice("Give the DNS name alone as -Server, without 'ldaps://' and port; the port is -Port.")
    })
}

async fn connect(addresses: &[std::net::SocketAddr]) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(addresses).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}
