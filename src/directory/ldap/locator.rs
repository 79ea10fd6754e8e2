//! Which servers a profile's directory has: those that are named, or a domain's controllers.

mod netlogon;
mod srv;

use std::sync::Arc;

use super::{
    dial::server_name,
    network::{Controller, Network, Service},
    time_left::TimeLeft,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::Fingerprint,
};

/// The port for questions without a connection.
const PORT: u16 = 389;

/// How many domain controllers are asked for this machine's site.
const ASKED: usize = 3;

/// Where a profile's directory is to be found.
#[derive(Debug, Clone)]
pub(super) struct Locator {
    /// What the profile names; nothing: the domain of this machine.
    pub named: Vec<String>,
    /// Whether a name may be that of a domain.
    pub has_domains: bool,
}

/// What looking for servers needs.
struct Look<'a> {
    network: &'a Arc<dyn Network>,
    time: TimeLeft,
    context: &'a Context,
    dice: Dice,
}

impl Locator {
    /// The directory in words, for messages before a server is known.
    pub fn place(&self) -> String {
        match self.named.as_slice() {
            [] => "the domain of this machine".to_owned(),
            named => named.join(", "),
        }
    }

    /// The servers, in the order in which they are to be tried; each of a domain lies within it.
    ///
    /// Fails with `DomainUnknown` where nothing is named and this machine is no member of a domain, `DirectoryForeign`
    /// where a domain has no server within it, `DirectoryTimeout`, `Canceled`.
    pub fn locate(
        &self,
        network: &Arc<dyn Network>,
        time: TimeLeft,
        context: &Context,
    ) -> Result<Vec<String>> {
        let mut look = Look { network, time, context, dice: Dice::new(network.own_name()) };
        if self.named.is_empty() {
            return look.own_domain();
        }
        let mut servers: Vec<String> = Vec::new();
        for name in &self.named {
            let of_domain = if self.has_domains && may_be_domain(name) { look.domain(name)? } else { None };
            for server in of_domain.unwrap_or_else(|| vec![name.clone()]) {
                if !servers.iter().any(|known| known.eq_ignore_ascii_case(&server)) {
                    servers.push(server);
                }
            }
        }
        Ok(servers)
    }
}

impl Look<'_> {
    /// The domain controllers of the domain that this machine is a member of.
    fn own_domain(&mut self) -> Result<Vec<String>> {
        let what = "this machine's domain";
        let controller = self.time.wait(what, what, self.context, self.network.controller(None))?;
        if let Some(controller) = controller {
            let domain = controller.domain.clone();
            return self.controllers(&domain, Some(controller), Vec::new());
        }
        let domains = self.time.wait(what, what, self.context, self.network.own_domains())?;
        for domain in &domains {
            if let Some(servers) = self.domain(domain)? {
                return Ok(servers);
            }
        }
        let message = match domains.as_slice() {
            [] => "No -Server is given, and this machine does not know of a domain.".to_owned(),
            known => format!(
                "No -Server is given, and DNS knows no domain controllers of what may be this machine's domain: {}.",
                known.join(", ")
            ),
        };
        Err(Error::new(ErrorId::DomainUnknown, message))
    }

    /// The domain controllers of `domain`; `None` where that is no domain.
    fn domain(&mut self, domain: &str) -> Result<Option<Vec<String>>> {
        let controller =
            self.time.wait(domain, "its domain", self.context, self.network.controller(Some(domain)))?;
        let all = self.services(&format!("_ldap._tcp.dc._msdcs.{domain}"))?;
        if controller.is_none() && all.is_empty() {
            return Ok(None);
        }
        self.controllers(domain, controller, all).map(Some)
    }

    /// The domain's controllers: the one that the system names, then those of this machine's site, then all others.
    fn controllers(
        &mut self,
        domain: &str,
        controller: Option<Controller>,
        all: Vec<Service>,
    ) -> Result<Vec<String>> {
        let mut found: Vec<String> = controller.iter().map(|controller| controller.host.clone()).collect();
        let all =
            if all.is_empty() { self.services(&format!("_ldap._tcp.dc._msdcs.{domain}"))? } else { all };
        let all = srv::order(all, &mut |most| self.dice.roll(most));
        let site = match controller.and_then(|controller| controller.site) {
            Some(site) => Some(site),
            None if all.len() > 1 => self.site(domain, &all)?,
            None => None,
        };
        if let Some(site) = site {
            let near = self.services(&format!("_ldap._tcp.{site}._sites.dc._msdcs.{domain}"))?;
            let near = srv::order(near, &mut |most| self.dice.roll(most));
            let told = format!("This machine is in the site '{site}' of '{domain}', which has {near:?}.");
            self.context.log(LogLevel::Debug, told)?;
            found.extend(near);
        }
        found.extend(all);
        self.within(domain, found)
    }

    /// In which site of the domain this machine is.
    fn site(&mut self, domain: &str, hosts: &[String]) -> Result<Option<String>> {
        let (network, hosts) = (self.network, hosts.iter().take(ASKED));
        let question = netlogon::question(domain);
        let asked = async move {
            for host in hosts {
                let Ok(addresses) = network.addresses(host, PORT).await else { continue };
                let Some(address) = addresses.first() else { continue };
                let answer = network.ask(*address, &question).await;
                if let Some(site) = answer.ok().and_then(netlogon::site) {
                    return Some(site);
                }
            }
            None
        };
        self.time.wait(domain, "the site of this machine", self.context, asked)
    }

    /// What DNS knows under that name; where it can't be asked, nothing.
    fn services(&mut self, name: &str) -> Result<Vec<Service>> {
        let found = self.time.wait(name, "the answer of DNS", self.context, self.network.services(name))?;
        found.or_else(|error| {
            self.context.log(LogLevel::Verbose, format!("DNS could not be asked for '{name}': {error}."))?;
            Ok(Vec::new())
        })
    }

    /// Each host once, and only those within the domain: nothing protects what DNS says, and a certificate proves only
    /// that a server has the name by which it was asked.
    fn within(&self, domain: &str, found: Vec<String>) -> Result<Vec<String>> {
        let (mut servers, mut others): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for host in found {
            let is_usable = is_within(&host, domain) && server_name(&host).is_ok();
            let list = if is_usable { &mut servers } else { &mut others };
            if !list.iter().any(|known| known.eq_ignore_ascii_case(&host)) {
                list.push(host);
            }
        }
        let shown = others.join(", ");
        if servers.is_empty() {
            let message =
                format!("The domain '{domain}' has no domain controller within it; DNS names {shown}.");
            let advice = "Name the domain controllers themselves with -Server, if they are right.";
            return Err(Error::new(ErrorId::DirectoryForeign, message).target(domain).advice(advice));
        }
        if !others.is_empty() {
            let told = format!(
                "What DNS names as domain controllers of '{domain}' and lies outside of it is not asked: {shown}. \
                 Name it with -Server, if it is right."
            );
            self.context.log(LogLevel::Warning, told)?;
        }
        self.context.log(
            LogLevel::Verbose,
            format!(
                "The domain '{domain}' has these domain controllers, nearest first: {}.",
                servers.join(", ")
            ),
        )?;
        Ok(servers)
    }
}

/// Whether DNS can know it as a domain; addresses and names without a dot are those of machines.
fn may_be_domain(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.contains('.') && name.parse::<std::net::IpAddr>().is_err()
}

fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_lowercase(), domain.trim_end_matches('.').to_lowercase());
    host.strip_suffix(&domain).is_some_and(|before| before.ends_with('.'))
}

/// Numbers that decide among servers of the same priority. They are others on each machine, and the same ones for each look
/// of one: a run's source and its target begin at the same server, and so does the next run, which can ask only that one
/// what changed.
struct Dice {
    machine: String,
    rolls: u64,
}

impl Dice {
    fn new(machine: String) -> Self {
        Self { machine, rolls: 0 }
    }

    /// A number from 0 to `most`.
    fn roll(&mut self, most: u64) -> u64 {
        self.rolls = self.rolls.wrapping_add(1);
        let hash = Fingerprint::of(format!("{} {}", self.rolls, self.machine.to_lowercase()).as_bytes());
        let number = hash.0.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % most.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_with_the_whole_domain_is_within_it() {
        for (host, domain, within) in [
            ("dc1.contoso.test", "contoso.test", true),
            ("DC1.EU.Contoso.Test", "contoso.test.", true),
            ("contoso.test", "contoso.test", false),
            ("dc1.evilcontoso.test", "contoso.test", false),
            ("dc1.contoso.test.evil", "contoso.test", false),
        ] {
            assert_eq!(is_within(host, domain), within, "{host} in {domain}");
        }
    }

    #[test]
    fn each_machine_stays_at_one_server_and_all_of_them_use_all() {
        let services =
            ["dc1", "dc2", "dc3", "dc4"].map(|host| Service { priority: 0, weight: 100, host: host.into() });
        let first = |machine: &str| {
            let mut dice = Dice::new(machine.to_owned());
            srv::order(services.to_vec(), &mut |most| dice.roll(most)).remove(0)
        };
        let mut counts = std::collections::BTreeMap::new();
        for machine in 0..400 {
            let chosen = first(&format!("srv{machine}"));
            assert_eq!(first(&format!("SRV{machine}")), chosen);
            *counts.entry(chosen).or_insert(0) += 1;
        }
        assert!(counts.len() == 4 && counts.values().all(|count| (60..140).contains(count)), "{counts:?}");
    }

    #[test]
    fn addresses_and_short_names_are_no_domains() {
        for (name, may) in [
            ("contoso.test", true),
            ("localhost", false),
            ("dc1", false),
            ("10.0.0.1", false),
            ("::1", false),
        ] {
            assert_eq!(may_be_domain(name), may, "{name}");
        }
    }
}
