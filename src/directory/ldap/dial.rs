//! From a server's name to a socket.

use std::{collections::VecDeque, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, task::JoinSet};

use super::{
    failure::{failed, status, unreachable},
    network::Network,
    time_left::TimeLeft,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
};

/// After which the next address is tried as well (RFC 8305, 5).
const STEP: Duration = Duration::from_millis(250);

/// After which an address counts as silent. Shorter than the time for one answer, so that there is some left for the
/// next server.
const SILENCE: Duration = Duration::from_secs(5);

/// Connects to `server`, at whichever of its addresses answers first.
/// Fails with `DirectoryNameUnknown`, `DirectoryUnreachable`, `DirectoryTimeout`, `Canceled`.
pub(super) fn dial(
    server: &str,
    port: u16,
    network: &Arc<dyn Network>,
    time: &mut TimeLeft,
    context: &Context,
) -> Result<TcpStream> {
    server_name(server)?;
    let addresses = time.wait(server, "its address", context, network.addresses(server, port))?;
    let addresses = addresses.map_err(|e| {
        let message = format!("The name of the server '{server}' is not known{}.", failed(&e, ": "));
        Error::new(ErrorId::DirectoryNameUnknown, message).target(server).native(status(&e))
    })?;
    time.wait(server, "a connection", context, race(network, addresses))?
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

/// The first connection that comes about: each address is tried a moment after the one before, or as soon as that
/// failed. Fails as the first of them did.
async fn race(network: &Arc<dyn Network>, addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = in_turn(addresses);
    let (mut attempts, mut first_error) = (JoinSet::new(), None);
    loop {
        match waiting.pop_front() {
            Some(address) => drop(attempts.spawn(attempt(network.clone(), address))),
            None if attempts.is_empty() => {
                return Err(first_error.unwrap_or_else(|| io::ErrorKind::NotFound.into()));
            }
            None => {}
        }
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = network.pause(STEP), if !waiting.is_empty() => continue,
        };
        match ended {
            Some(Ok(Ok(socket))) => return Ok(socket),
            Some(Ok(Err(error))) => drop(first_error.get_or_insert(error)),
            Some(Err(broken)) => drop(first_error.get_or_insert(broken.into())),
            None => {}
        }
    }
}

async fn attempt(network: Arc<dyn Network>, address: SocketAddr) -> io::Result<TcpStream> {
    tokio::select! {
        connected = network.connect(address) => connected,
        () = network.pause(SILENCE) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// The two kinds of addresses one after the other, beginning with that of the first one (RFC 8305, 4): the system puts
/// the one first that it would take (RFC 6724).
fn in_turn(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (same, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let mut all = VecDeque::new();
    loop {
        match (same.next(), other.next()) {
            (None, None) => return all,
            (first, second) => all.extend(first.into_iter().chain(second)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_addresses_take_turns() {
        for (given, expected) in [
            ("", ""),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1 10.0.0.2 ::1 ::2 ::3", "10.0.0.1 ::1 10.0.0.2 ::2 ::3"),
            ("::1 ::2 10.0.0.1", "::1 10.0.0.1 ::2"),
        ] {
            let addresses = given.split_whitespace().map(|one| SocketAddr::new(one.parse().unwrap(), 636));
            let ordered: Vec<_> =
                in_turn(addresses.collect()).iter().map(|address| address.ip().to_string()).collect();
            assert_eq!(ordered.join(" "), expected);
        }
    }
}
