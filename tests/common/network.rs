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

use smime_sync::directory::ldap::{Controller, Network, Pending, Service, System};
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
    services: Mutex<HashMap<String, Vec<Service>>>,
    has_no_dns: bool,
    own_domains: Vec<String>,
    controller: Option<Controller>,
    /// What a domain controller answers to a question without a connection.
    site: Option<Vec<u8>>,
    looked_up: Mutex<Vec<String>>,
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

    /// The same with a host that has this address of the real network.
    pub fn real_host(self, name: &str, ip: &str) -> Self {
        self.hosts.lock().unwrap().insert(name.into(), vec![ip.parse().unwrap()]);
        self
    }

    /// The same with these servers under a name of DNS: priority, weight, host.
    pub fn service(self, name: &str, servers: &[(u16, u16, &str)]) -> Self {
        let service = |(priority, weight, host): &(u16, u16, &str)| Service {
            priority: *priority,
            weight: *weight,
            host: (*host).to_owned(),
        };
        self.services.lock().unwrap().insert(name.into(), servers.iter().map(service).collect());
        self
    }

    /// The same where no server of DNS answers.
    pub fn without_dns(self) -> Self {
        Self { has_no_dns: true, ..self }
    }

    /// The same on a machine whose settings name these domains.
    pub fn member_of(self, domains: &[&str]) -> Self {
        Self { own_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(), ..self }
    }

    /// The same on a machine whose system knows this domain controller.
    pub fn with_controller(self, controller: Controller) -> Self {
        Self { controller: Some(controller), ..self }
    }

    /// The same with domain controllers that answer so to questions without a connection.
    pub fn in_site(self, answer: Vec<u8>) -> Self {
        Self { site: Some(answer), ..self }
    }

    /// The names of services that DNS was asked for.
    pub fn looked_up(&self) -> Vec<String> {
        self.looked_up.lock().unwrap().clone()
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

    fn ask<'a>(&'a self, address: SocketAddr, question: &'a [u8]) -> Pending<'a, io::Result<Vec<u8>>> {
        match &self.site {
            Some(answer) => Box::pin(async { Ok(answer.clone()) }),
            None if self.ways.lock().unwrap().contains_key(&address.ip()) => {
                Box::pin(async { Err(io::ErrorKind::TimedOut.into()) })
            }
            None => System.ask(address, question),
        }
    }

    fn services<'a>(&'a self, name: &'a str) -> Pending<'a, io::Result<Vec<Service>>> {
        self.looked_up.lock().unwrap().push(name.to_owned());
        let found = match self.has_no_dns {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(self.services.lock().unwrap().get(name).cloned().unwrap_or_default()),
        };
        Box::pin(async { found })
    }

    fn controller<'a>(&'a self, _domain: Option<&'a str>) -> Pending<'a, Option<Controller>> {
        Box::pin(async { self.controller.clone() })
    }

    fn own_domains(&self) -> Pending<'_, Vec<String>> {
        Box::pin(async { self.own_domains.clone() })
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
