//! A network that does what real ones do only on bad days, and a clock that can be put forward.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use smime_sync::directory::ldap::{Network, Pending, System};
use tokio::net::TcpStream;

/// Where an address leads.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// To a server of this process, on that port.
    To(u16),
    /// To somebody who refuses.
    Refused,
    /// To nobody who would say a word.
    Silent,
}

/// How much faster time passes in pauses.
const SPEED: u32 = 20;

/// Hosts and addresses by script; those that are not in it are this machine's own.
#[derive(Debug, Default)]
pub struct Scripted {
    hosts: Mutex<HashMap<String, Vec<IpAddr>>>,
    ways: Mutex<HashMap<IpAddr, Way>>,
    ahead: AtomicU64,
    pauses: Mutex<Vec<Duration>>,
    tried: Mutex<Vec<IpAddr>>,
}

impl Scripted {
    /// The same with a host that has these addresses.
    pub fn host(self, name: &str, ways: &[(&str, Way)]) -> Self {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        self.hosts.lock().unwrap().insert(name.into(), ways.iter().map(|(ip, _)| address(ip)).collect());
        for (ip, way) in ways {
            self.lead(ip, *way);
        }
        self
    }

    /// From now on the address leads there.
    pub fn lead(&self, ip: &str, way: Way) {
        self.ways.lock().unwrap().insert(ip.parse().unwrap(), way);
    }

    /// Puts the clock forward.
    pub fn put_forward(&self, time: Duration) {
        self.ahead.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
    }

    /// The pauses of a second and more that were asked for, in seconds.
    pub fn pauses(&self) -> Vec<u64> {
        let pauses = self.pauses.lock().unwrap();
        pauses.iter().map(Duration::as_secs).filter(|seconds| *seconds > 0).collect()
    }

    /// The addresses that were tried so far.
    pub fn tried(&self) -> Vec<String> {
        self.tried.lock().unwrap().iter().map(IpAddr::to_string).collect()
    }
}

impl Network for Scripted {
    fn addresses<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
        match self.hosts.lock().unwrap().get(host) {
            Some(known) => {
                let known = known.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
                Box::pin(async { Ok(known) })
            }
            None => System.addresses(host, port),
        }
    }

    fn connect(&self, address: SocketAddr) -> Pending<'_, io::Result<TcpStream>> {
        self.tried.lock().unwrap().push(address.ip());
        match self.ways.lock().unwrap().get(&address.ip()) {
            Some(Way::To(port)) => System.connect(SocketAddr::from(([127, 0, 0, 1], *port))),
            Some(Way::Refused) => Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) }),
            Some(Way::Silent) => Box::pin(std::future::pending()),
            None => System.connect(address),
        }
    }

    fn now(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.ahead.load(Ordering::SeqCst))
    }

    fn pause(&self, time: Duration) -> Pending<'_, ()> {
        // What is asked for to be raced against something else is a pause all the same; whoever waits for one to its
        // end is told from it by the test.
        Box::pin(async move {
            tokio::time::sleep(time / SPEED).await;
            self.pauses.lock().unwrap().push(time);
            self.put_forward(time);
        })
    }
}
