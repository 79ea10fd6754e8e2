//! Which server is asked: lists, domains, and what happens when one fails.

use std::sync::Arc;

use ldap3_proto::proto::{LdapMsg, LdapOp, LdapResultCode, LdapSearchScope};
use smime_sync::{
    directory::ldap::{Controller, LdapSource},
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    profile::DirectorySettings,
};

use super::{
    client::{Trusted, connect_through, with_timeout},
    session::{ALL, read, served_as, two_pages},
};
use crate::common::{
    events::{Recorder, context},
    network::{Scripted, Way},
    raw_server::{attribute, entry as raw_entry},
    stand_in::{BASE, Reply, bound, directory, done, entry, more, serve, user},
};

const DC1: &str = "dc1.contoso.test";
const DC2: &str = "dc2.contoso.test";
const DC3: &str = "dc3.contoso.test";

const OF_DOMAIN: &str = "_ldap._tcp.dc._msdcs.contoso.test";

fn settings(trusted: &Trusted, servers: &[&str]) -> DirectorySettings {
    let server = servers.iter().map(|server| (*server).to_owned()).collect();
    DirectorySettings { server, ..trusted.settings(636) }
}

/// A server that has all pages, with a certificate for these names.
fn good(trusted: &Trusted, names: &[&str]) -> Way {
    Way::To(served_as(trusted, names, |_, cookie| Reply::Say(two_pages(cookie))).0)
}

/// A server that does so with everybody who signs in.
fn signing_in(trusted: &Trusted, name: &str, code: LdapResultCode) -> Way {
    let identity = trusted.authority.issue(&[name], (-1, 1));
    Way::To(serve(&identity, move |_| Reply::Say(vec![bound(code.clone(), "why")])))
}

/// A network in which the domain controllers 1, 2 and 3 lead there.
fn three(ways: [Way; 3]) -> Scripted {
    let [one, two, three] = ways;
    Scripted::default()
        .host(DC1, &[("10.0.0.1", one)])
        .host(DC2, &[("10.0.0.2", two)])
        .host(DC3, &[("10.0.0.3", three)])
}

/// Reads everybody by way of this network; whom, the addresses that were tried, and what was said.
fn read_by(settings: &DirectorySettings, network: Scripted) -> (Result<Vec<String>>, String, Arc<Recorder>) {
    let (context, events) = context();
    let network = Arc::new(network);
    let found = connect_through(settings, &network, &context).and_then(|mut source| {
        let (found, ended) = read(&mut source, &context);
        ended.map(|()| found)
    });
    (found, network.tried().join(" "), events)
}

#[test]
fn the_first_server_that_answers_is_asked_and_one_that_does_not_is_named() {
    let trusted = Trusted::new();
    let (one, two) = (good(&trusted, &[DC1]), good(&trusted, &[DC2]));
    let refused = "The server 'dc1.contoso.test' can't be reached at port 636: nothing listens there, or a firewall refuses it.";
    for (ways, tried, warnings) in [
        ([one, two, Way::Refused], "10.0.0.1", &[][..]),
        (
            [Way::Refused, two, one],
            "10.0.0.1 10.0.0.2",
            &[format!("{refused} 'dc2.contoso.test' is asked instead.")],
        ),
    ] {
        let (found, seen, events) = read_by(&settings(&trusted, &[DC1, DC2]), three(ways));
        assert_eq!(found, Ok(ALL.map(str::to_owned).to_vec()));
        assert_eq!((seen.as_str(), events.logged(LogLevel::Warning).as_slice()), (tried, warnings));
    }
    let (found, _, _) = read_by(&settings(&trusted, &[DC1]), three([Way::Refused; 3]));
    let error = found.unwrap_err();
    assert_eq!((error.id, error.message.as_str()), (ErrorId::DirectoryUnreachable, refused));
}

#[test]
fn a_server_that_fails_in_mid_read_is_followed_by_the_next_and_nobody_is_seen_twice() {
    let trusted = Trusted::new();
    for (timeout, second_page) in [
        // Cut four times.
        (5, (|| Reply::SayAndClose(vec![user(3, &[])])) as fn() -> Reply),
        // Silent: not waited for again.
        (1, || Reply::Nothing),
        (5, || Reply::Say(vec![done(LdapResultCode::Busy, "later")])),
    ] {
        let failing = served_as(&trusted, &[DC1], move |_, cookie| match cookie {
            "" => Reply::Say(vec![user(1, &[]), user(2, &[]), more(b"second")]),
            _ => second_page(),
        });
        let network = three([Way::To(failing.0), good(&trusted, &[DC2]), Way::Refused]);
        let settings = with_timeout(timeout, settings(&trusted, &[DC1, DC2]));
        let (found, tried, events) = read_by(&settings, network);
        assert_eq!(found, Ok(ALL.map(str::to_owned).to_vec()));
        assert!(tried.ends_with("10.0.0.1 10.0.0.2"), "{tried}");
        let warnings = events.logged(LogLevel::Warning);
        assert!(
            matches!(&warnings[..], [one] if one.ends_with("'dc2.contoso.test' is asked instead.")),
            "{warnings:?}"
        );
    }
}

#[test]
fn a_credential_that_one_server_refuses_is_not_tried_at_the_next() {
    let trusted = Trusted::new();
    let ways =
        [signing_in(&trusted, DC1, LdapResultCode::InvalidCredentials), good(&trusted, &[DC2]), Way::Refused];
    let (found, tried, _) = read_by(&settings(&trusted, &[DC1, DC2]), three(ways));
    assert_eq!((found.unwrap_err().id, tried.as_str()), (ErrorId::DirectoryCredentialRejected, "10.0.0.1"));
}

#[test]
fn a_server_without_its_own_certificate_or_with_another_domain_is_not_taken_for_the_directory() {
    let trusted = Trusted::new();
    let cut = || served_as(&trusted, &[DC1], |_, _| Reply::SayAndClose(vec![user(1, &[])])).0;
    let elsewhere = trusted.authority.issue(&[DC2], (-1, 1));
    let fabrikam = serve(&elsewhere, |message: &LdapMsg| match &message.op {
        LdapOp::BindRequest(_) => Reply::Say(vec![bound(LdapResultCode::Success, "")]),
        LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base => {
            let root = entry("", &[("defaultNamingContext", &[b"DC=fabrikam,DC=test"])]);
            Reply::Say(vec![root, done(LdapResultCode::Success, "")])
        }
        _ => Reply::Nothing,
    });
    for (second, id) in [
        (good(&trusted, &[DC1]), ErrorId::DirectoryCertificateNameMismatch),
        (Way::To(fabrikam), ErrorId::DirectoryForeign),
    ] {
        let network = three([Way::To(cut()), second, Way::Refused]);
        let error = read_by(&settings(&trusted, &[DC1, DC2]), network).0.unwrap_err();
        assert_eq!((error.id, error.target.as_deref()), (id, Some(DC2)), "{error:?}");
    }
}

#[test]
fn the_name_of_a_domain_leads_to_its_controllers_in_their_order() {
    let trusted = Trusted::new();
    let all = || good(&trusted, &[DC1, DC2, DC3]);
    let network = three([Way::Refused, all(), Way::Refused])
        .service(OF_DOMAIN, &[(20, 0, DC1), (0, 0, DC3), (10, 5, DC2)]);
    let (found, tried, _) = read_by(&settings(&trusted, &["contoso.test"]), network);
    assert_eq!((found.unwrap().len(), tried.as_str()), (4, "10.0.0.3 10.0.0.2"));
}

/// What a domain controller answers that sees this machine in Berlin.
fn in_berlin() -> Vec<u8> {
    let names =
        b"\x07contoso\x04test\0\xc0\x18\x03dc1\xc0\x18\x07CONTOSO\0\x03DC1\0\0\x06Madrid\0\x06Berlin\0";
    let response = [&[23, 0][..], &[0; 22], names, &[5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]].concat();
    raw_entry(1, b"", &attribute("Netlogon", &[&response]))
}

#[test]
fn the_controllers_of_this_machines_site_come_first() {
    let trusted = Trusted::new();
    let servers = &[(0, 0, DC1), (0, 0, DC2), (0, 0, DC3)];
    let network = || {
        three([Way::Refused, Way::Refused, good(&trusted, &[DC3])])
            .service(OF_DOMAIN, servers)
            .service("_ldap._tcp.Berlin._sites.dc._msdcs.contoso.test", &[(0, 0, DC3)])
    };
    let (found, tried, _) = read_by(&settings(&trusted, &["contoso.test"]), network().in_site(in_berlin()));
    assert_eq!((found.unwrap().len(), tried.as_str()), (4, "10.0.0.3"));
    // Where nobody says, all the same.
    let (found, tried, _) = read_by(&settings(&trusted, &["contoso.test"]), network());
    assert_eq!(found.unwrap().len(), 4);
    assert!(tried.ends_with("10.0.0.3"), "{tried}");
    // The system's own choice comes before all others.
    let controller = Controller { domain: "contoso.test".into(), host: DC3.into(), site: None };
    let (found, tried, _) = read_by(&settings(&trusted, &[]), network().with_controller(controller));
    assert_eq!((found.unwrap().len(), tried.as_str()), (4, "10.0.0.3"));
}

#[test]
fn a_machine_that_is_a_member_needs_no_server() {
    let trusted = Trusted::new();
    let network =
        || three([good(&trusted, &[DC1]), Way::Refused, Way::Refused]).service(OF_DOMAIN, &[(0, 0, DC1)]);
    let (found, _, _) = read_by(&settings(&trusted, &[]), network().member_of(&["lan.test", "contoso.test"]));
    assert_eq!(found.unwrap().len(), 4);
    for (network, message) in [
        (network(), "No -Server is given, and this machine does not know of a domain."),
        (
            network().member_of(&["lan.test"]),
            "No -Server is given, and DNS knows no domain controllers of what may be this machine's domain: lan.test.",
        ),
    ] {
        let error = read_by(&settings(&trusted, &[]), network).0.unwrap_err();
        assert_eq!((error.id, error.message.as_str()), (ErrorId::DomainUnknown, message));
    }
}

#[test]
fn who_lies_outside_the_domain_is_not_asked_whatever_dns_says() {
    let trusted = Trusted::new();
    let network = || {
        three([good(&trusted, &[DC1]), Way::Refused, Way::Refused])
            .host("dc1.fabrikam.test", &[("10.9.9.9", good(&trusted, &["dc1.fabrikam.test"]))])
    };
    let both = network().service(OF_DOMAIN, &[(0, 0, "dc1.fabrikam.test."), (10, 0, DC1)]);
    let (found, tried, events) = read_by(&settings(&trusted, &["contoso.test"]), both);
    assert_eq!((found.unwrap().len(), tried.as_str()), (4, "10.0.0.1"));
    let warnings = events.logged(LogLevel::Warning);
    assert!(
        matches!(&warnings[..], [one] if one.contains("is not asked: dc1.fabrikam.test.")),
        "{warnings:?}"
    );
    // Nor is what is no name of a server.
    let broken = network().service(OF_DOMAIN, &[(0, 0, "dc1 x.contoso.test."), (10, 0, DC1)]);
    let (found, tried, events) = read_by(&settings(&trusted, &["contoso.test"]), broken);
    assert_eq!((found.unwrap().len(), tried.as_str()), (4, "10.0.0.1"));
    assert!(events.has("is not asked: dc1 x.contoso.test."));
    let outside = network().service(OF_DOMAIN, &[(0, 0, "dc1.fabrikam.test.")]);
    let (found, tried, _) = read_by(&settings(&trusted, &["contoso.test"]), outside);
    let Error { id, message, .. } = found.unwrap_err();
    assert_eq!((id, tried.as_str()), (ErrorId::DirectoryForeign, ""), "{message}");
}

#[test]
fn a_server_that_is_named_needs_no_dns_of_services() {
    let trusted = Trusted::new();
    let network = || three([good(&trusted, &[DC1]), Way::Refused, Way::Refused]);
    for network in [network(), network().without_dns()] {
        let (found, tried, _) = read_by(&settings(&trusted, &[DC1]), network);
        assert_eq!((found.unwrap().len(), tried.as_str()), (4, "10.0.0.1"));
    }
}

/// A server that holds these naming contexts.
fn holding(trusted: &Trusted, contexts: &'static [&'static [u8]]) -> DirectorySettings {
    let others = directory(|_, _| Reply::Say(two_pages("last")));
    let settings = trusted.served(move |message: &LdapMsg| match &message.op {
        LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base && wanted.base.is_empty() => {
            Reply::Say(vec![entry("", &[("namingContexts", contexts)]), done(LdapResultCode::Success, "")])
        }
        _ => others(message),
    });
    DirectorySettings { search_base: Vec::new(), ..settings }
}

fn found(settings: &DirectorySettings, context: &Context) -> Result<Vec<String>> {
    let mut source: LdapSource = connect_through(settings, &Arc::new(Scripted::default()), context)?;
    let (found, ended) = read(&mut source, context);
    ended.map(|()| found)
}

#[test]
fn without_a_search_base_all_is_searched_that_the_server_holds() {
    let trusted = Trusted::new();
    let context = context().0;
    const ONE: &[&[u8]] = &[BASE.as_bytes()];
    const TWO: &[&[u8]] = &[BASE.as_bytes(), b"DC=other"];
    let one = holding(&trusted, ONE);
    assert_eq!(found(&one, &context).unwrap().len(), 2);
    for (contexts, held) in
        [(TWO, "holds several: DC=contoso,DC=test; DC=other."), (&[], "does not tell what it holds.")]
    {
        let error = found(&holding(&trusted, contexts), &context).unwrap_err();
        let expected = format!("No -SearchBase is given, and the server 'localhost' {held}");
        assert_eq!((error.id, error.message), (ErrorId::SearchBaseNotFound, expected));
    }
}
