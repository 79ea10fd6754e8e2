//! A directory over the time of a run: connections that are made late, break, grow old, and are made anew.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ldap3_proto::{
    control::LdapControl,
    proto::{LdapMsg, LdapOp, LdapResultCode},
};
use smime_sync::{
    directory::{Selection, Source, SourceItem, ldap::LdapSource},
    error::{ErrorId, Result},
    event::{Context, LogLevel},
};

use super::client::{PASSWORD, Trusted, USER, addresses, connect_through};
use crate::common::{
    directory::account,
    events::context,
    network::{Scripted, Way},
    stand_in::{BASE, Reply, Said, directory, done, more, serve, user},
};

/// What a server saw.
#[derive(Default)]
pub struct Seen {
    sign_ins: AtomicUsize,
    /// The cookie of each page that was asked for.
    pages: Mutex<Vec<String>>,
}

impl Seen {
    fn sign_ins(&self) -> usize {
        self.sign_ins.load(Ordering::SeqCst)
    }

    fn pages(&self) -> Vec<String> {
        self.pages.lock().unwrap().clone()
    }
}

/// A server that answers the pages so, by their number and cookie.
fn served(
    trusted: &Trusted,
    page: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
) -> (u16, Arc<Seen>) {
    served_as(trusted, &["localhost"], page)
}

/// The same with a certificate for these names.
pub fn served_as(
    trusted: &Trusted,
    names: &[&str],
    page: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
) -> (u16, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let (pages, sign_ins) = (seen.clone(), seen.clone());
    let others = directory(move |_, controls| {
        let cookie = controls.iter().find_map(|control| match control {
            LdapControl::SimplePagedResults { cookie, .. } => {
                Some(String::from_utf8_lossy(cookie).into_owned())
            }
            _ => None,
        });
        let cookie = cookie.unwrap_or_default();
        let number = {
            let mut pages = pages.pages.lock().unwrap();
            pages.push(cookie.clone());
            pages.len()
        };
        page(number, &cookie)
    });
    let identity = trusted.authority.issue(names, (-1, 1));
    let port = serve(&identity, move |message: &LdapMsg| {
        if let LdapOp::BindRequest(_) = &message.op {
            sign_ins.sign_ins.fetch_add(1, Ordering::SeqCst);
        }
        others(message)
    });
    (port, seen)
}

/// Two pages of two users each.
pub fn two_pages(cookie: &str) -> Vec<Said> {
    match cookie {
        "" => vec![user(1, &[]), user(2, &[]), more(b"second")],
        _ => vec![user(3, &[]), user(4, &[]), done(LdapResultCode::Success, "")],
    }
}

pub fn read(source: &mut LdapSource, context: &Context) -> (Vec<String>, Result<()>) {
    let mut items: Vec<SourceItem> = Vec::new();
    let ended = source.read(&Selection::All, context, &mut |item| {
        items.push(item);
        Ok(())
    });
    let found =
        addresses(&items).into_iter().map(|address| address.trim_end_matches("@contoso.test").to_owned());
    (found.collect(), ended)
}

pub const ALL: [&str; 4] = ["user1", "user2", "user3", "user4"];

#[test]
fn nobody_is_asked_before_there_is_something_to_ask() {
    let trusted = Trusted::new();
    let (port, seen) = served(&trusted, |_, cookie| Reply::Say(two_pages(cookie)));
    let (context, network) = (context().0, Arc::new(Scripted::default()));
    let mut source = LdapSource::active_directory(&trusted.settings(port), account(USER, PASSWORD), &context)
        .unwrap()
        .through(network.clone());
    assert!(network.tried().is_empty());
    assert_eq!(read(&mut source, &context), (ALL.map(str::to_owned).to_vec(), Ok(())));
    assert_eq!((network.tried().len(), seen.sign_ins()), (1, 1));
}

#[test]
fn a_connection_is_used_again_until_it_was_idle_for_a_minute() {
    let trusted = Trusted::new();
    let (port, seen) = served(&trusted, |_, cookie| Reply::Say(two_pages(cookie)));
    let (context, network) = (context().0, Arc::new(Scripted::default()));
    let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
    for (idle, sign_ins) in [(0, 1), (59, 1), (61, 2), (900, 3)] {
        network.put_forward(Duration::from_secs(idle));
        assert_eq!(read(&mut source, &context).1, Ok(()));
        assert_eq!(seen.sign_ins(), sign_ins, "after {idle} s");
    }
}

#[test]
fn a_connection_that_the_server_ended_meanwhile_is_made_anew_and_nobody_notices() {
    let trusted = Trusted::new();
    let (port, seen) = served(&trusted, |_, cookie| match cookie {
        "" => Reply::Say(two_pages(cookie)),
        _ => Reply::SayAndClose(two_pages(cookie)),
    });
    let ((context, events), network) = (context(), Arc::new(Scripted::default()));
    let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
    for sign_ins in 1..4 {
        assert_eq!(read(&mut source, &context), (ALL.map(str::to_owned).to_vec(), Ok(())));
        assert_eq!(seen.sign_ins(), sign_ins);
        // The end is on its way.
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(seen.pages().len(), 6, "no page was asked for twice");
    assert!(!events.logged(LogLevel::Verbose).iter().any(|line| line.contains("again")));
}

#[test]
fn a_read_that_breaks_begins_again_and_nobody_is_seen_twice() {
    let trusted = Trusted::new();
    for (cuts, expected) in [(0, Ok(())), (1, Ok(())), (3, Ok(())), (4, Err(ErrorId::DirectoryUnreachable))] {
        let broken = AtomicUsize::new(0);
        let (port, seen) = served(&trusted, move |_, cookie| match cookie {
            // In the middle of the second page.
            "second" if broken.fetch_add(1, Ordering::SeqCst) < cuts => {
                Reply::SayAndClose(vec![user(3, &[])])
            }
            _ => Reply::Say(two_pages(cookie)),
        });
        let (context, network) = (context().0, Arc::new(Scripted::default()));
        let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
        let (found, ended) = read(&mut source, &context);
        assert_eq!(ended.map_err(|error| error.id), expected, "{cuts}");
        assert_eq!(found, ALL[..if expected.is_ok() { 4 } else { 3 }], "{cuts}");
        // A cookie is good on its own connection only.
        let pages: Vec<_> = std::iter::repeat_n(["", "second"], (cuts + 1).min(4)).flatten().collect();
        assert_eq!(seen.pages(), pages);
    }
}

#[test]
fn who_comes_twice_in_the_same_search_is_handed_over_twice() {
    let trusted = Trusted::new();
    let (port, _) = served(&trusted, |number, _| match number {
        1 => Reply::SayAndClose(vec![user(1, &[])]),
        _ => Reply::Say(vec![user(1, &[]), user(2, &[]), user(2, &[]), done(LdapResultCode::Success, "")]),
    });
    let (context, network) = (context().0, Arc::new(Scripted::default()));
    let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
    let (found, ended) = read(&mut source, &context);
    assert_eq!((found, ended), (["user1", "user2", "user2"].map(str::to_owned).to_vec(), Ok(())));
}

#[test]
fn a_busy_server_is_asked_again_after_one_two_and_four_seconds() {
    let trusted = Trusted::new();
    for (code, refusals, pauses, expected) in [
        (LdapResultCode::Busy, 1, &[1][..], None),
        (LdapResultCode::Unavailable, 3, &[1, 2, 4], None),
        (LdapResultCode::Busy, 4, &[1, 2, 4], Some(ErrorId::DirectoryBusy)),
        (LdapResultCode::UnwillingToPerform, 1, &[], Some(ErrorId::DirectoryRefused)),
    ] {
        let (port, seen) = served(&trusted, move |number, cookie| {
            let is_refused = number <= refusals;
            Reply::Say(if is_refused { vec![done(code.clone(), "later")] } else { two_pages(cookie) })
        });
        let (context, network) = (context().0, Arc::new(Scripted::default()));
        let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
        let (found, ended) = read(&mut source, &context);
        assert_eq!(ended.err().map(|error| error.id), expected);
        assert_eq!(found, ALL[..if expected.is_none() { 4 } else { 0 }]);
        assert_eq!((network.pauses(), seen.sign_ins()), (pauses.to_vec(), 1));
    }
}

#[test]
fn a_busy_server_is_waited_for_by_the_system_s_own_clock_too() {
    let trusted = Trusted::new();
    let (port, seen) = served(&trusted, |number, cookie| {
        Reply::Say(if number == 1 { vec![done(LdapResultCode::Busy, "later")] } else { two_pages(cookie) })
    });
    let context = context().0;
    // By the system's own network.
    let mut source =
        LdapSource::active_directory(&trusted.settings(port), account(USER, PASSWORD), &context).unwrap();
    let began = std::time::Instant::now();
    let (found, ended) = read(&mut source, &context);
    assert_eq!((found.as_slice(), ended), (&ALL.map(str::to_owned)[..], Ok(())));
    assert!(began.elapsed() >= std::time::Duration::from_secs(1));
    assert_eq!((seen.pages().len(), seen.sign_ins()), (3, 1));
}

#[test]
fn an_error_of_the_caller_is_none_of_the_connections() {
    let trusted = Trusted::new();
    let (port, seen) = served(&trusted, |_, cookie| Reply::Say(two_pages(cookie)));
    let (context, network) = (context().0, Arc::new(Scripted::default()));
    let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
    for id in [ErrorId::DirectoryBusy, ErrorId::DirectoryUnreachable, ErrorId::Canceled] {
        let own = smime_sync::error::Error::new(id, "of the caller");
        let ended = source.read(&Selection::All, &context, &mut |_| Err(own.clone()));
        assert_eq!(ended, Err(own));
    }
    assert_eq!((seen.pages().len(), seen.sign_ins(), network.pauses()), (3, 1, vec![]));
}

#[test]
fn a_silent_address_does_not_use_up_the_time_of_the_others() {
    let trusted = Trusted::new();
    let (port, _) = served(&trusted, |_, cookie| Reply::Say(two_pages(cookie)));
    for (ways, tried, expected) in [
        (&[("10.0.0.1", Way::Silent), ("10.0.0.2", Way::To(port))][..], "10.0.0.1 10.0.0.2", None),
        (&[("10.0.0.1", Way::Refused), ("10.0.0.2", Way::To(port))], "10.0.0.1 10.0.0.2", None),
        (
            &[("10.0.0.1", Way::Silent), ("10.0.0.2", Way::Silent), ("fd00::1", Way::To(port))],
            "10.0.0.1 fd00::1",
            None,
        ),
        (
            &[("10.0.0.1", Way::Silent), ("10.0.0.2", Way::Refused)],
            "10.0.0.1 10.0.0.2",
            Some(
                "The server 'localhost' can't be reached at port 636: nothing listens there, or a firewall refuses it.",
            ),
        ),
        (
            &[("10.0.0.1", Way::Silent)],
            "10.0.0.1",
            Some("The server 'localhost' can't be reached at port 636: it does not answer."),
        ),
    ] {
        let (context, network) = (context().0, Arc::new(Scripted::default().host("localhost", ways)));
        let connected = connect_through(&trusted.settings(636), &network, &context);
        assert_eq!(connected.err().map(|error| error.message).as_deref(), expected);
        let seen = network.tried().join(" ");
        assert!(seen.starts_with(tried), "{seen}");
    }
}

#[test]
fn domains_below_the_search_base_are_named_once_and_not_asked() {
    let trusted = Trusted::new();
    let reference = |uri: &str| {
        (
            LdapOp::SearchResultReference(ldap3_proto::proto::LdapSearchResultReference {
                uris: vec![uri.to_owned()],
            }),
            vec![],
        )
    };
    let (port, _) = served(&trusted, move |_, cookie| {
        let mut said = two_pages(cookie);
        for uri in [
            "ldap://eu.contoso.test/DC=eu,DC=contoso,DC=test",
            "ldap://us.contoso.test/DC=us,DC=contoso,DC=test",
            "ldap://contoso.test/CN=Configuration,DC=contoso,DC=test",
        ] {
            said.insert(0, reference(uri));
        }
        Reply::Say(said)
    });
    let ((context, events), network) = (context(), Arc::new(Scripted::default()));
    let mut source = connect_through(&trusted.settings(port), &network, &context).unwrap();
    for _ in 0..2 {
        assert_eq!(read(&mut source, &context).1, Ok(()));
    }
    let expected = format!(
        "Below the search base '{BASE}' are other domains, whose recipients are not read: eu.contoso.test, \
         us.contoso.test. Give each a profile of its own."
    );
    assert_eq!(events.logged(LogLevel::Warning), [expected]);
}
