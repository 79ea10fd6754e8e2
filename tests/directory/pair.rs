//! Two domain controllers: changes at the other one, and what happens when one fails; against those of `tests/lab/samba-pair.sh`.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Command,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use smime_sync::{
    directory::{Selection, Since, Source, SourceItem, ldap::LdapSource},
    error::Result,
    event::{Context, LogLevel},
    model::Exclusion,
    profile::DirectorySettings,
    targets::Match,
};

use crate::{
    common::{directory::Lab, events::context, network::Scripted},
    people::{READER, Unit, certificate, change, set},
};

const FIRST: &str = "10.79.36.1";
const SECOND: &str = "10.79.36.2";

fn pair() -> PathBuf {
    PathBuf::from(
        std::env::var_os("SMIME_SYNC_LAB_PAIR").expect(
            "SMIME_SYNC_LAB_PAIR must name the folder of a pair that tests/lab/samba-pair.sh started",
        ),
    )
}

/// Carries what changed at one domain controller over to the other.
fn replicate(from: &str, to: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/samba-pair.sh");
    let status =
        Command::new("sh").args([script, "replicate"]).arg(pair()).args([from, to]).status().unwrap();
    assert!(status.success(), "from {from} to {to}");
}

#[test]
fn a_change_at_another_domain_controller_holds_the_write_for_the_quiet_period_from_its_own_time_on() {
    let quiet_period = 12;
    let (old, new) = (certificate(b"old"), certificate(b"new"));
    let mut unit = Unit::of(Lab::at(pair().join("dc1")), FIRST, "ttpair", &[vec![old.clone()]]);
    unit.settings.directory.server = vec![FIRST.into()];
    replicate("1", "2");
    let (context, _) = context();
    let people = unit.people(&context);
    let mut target = unit.quiet_target(quiet_period, &context);
    let began = Instant::now();
    let current = loop {
        match people[0].read(&mut target, &context) {
            Match::One(current) => break current,
            other => assert!(began.elapsed().as_secs() < 30, "{other:?}"),
        }
        sleep(Duration::from_millis(200));
    };
    assert_eq!(current.values, std::slice::from_ref(&old));

    // The CA puts a new certificate in elsewhere; some seconds later the news is here.
    unit.modify_at(SECOND, 0, &change("add", &new));
    let changed = Instant::now();
    sleep(Duration::from_secs(5));
    replicate("2", "1");
    let arrived = Instant::now();
    let Match::Excluded(Exclusion::QuietPeriod, Some(found)) = people[0].read(&mut target, &context) else {
        panic!("somebody else changed it {:?} ago", changed.elapsed())
    };
    assert_eq!(set(&found.values), set(&[old.clone(), new.clone()]));

    // It ends when the change is old enough, not its arrival: the metadata shows the originating time.
    let current = loop {
        match people[0].read(&mut target, &context) {
            Match::One(current) => break current,
            other => assert!(changed.elapsed().as_secs() < 60, "{other:?}"),
        }
        sleep(Duration::from_millis(200));
    };
    assert!(changed.elapsed() >= Duration::from_secs(u64::from(quiet_period) - 1), "{:?}", changed.elapsed());
    assert!(arrived.elapsed() < Duration::from_secs(u64::from(quiet_period) - 2), "{:?}", arrived.elapsed());
    people[0].write(&mut target, &current, std::slice::from_ref(&new), &context).unwrap();
    replicate("1", "2");
    let mut second = unit;
    second.settings.directory.server = vec![SECOND.into()];
    let there = people[0].found(&mut second.target(&context), &context);
    assert_eq!(there.values, [new]);
}

/// Cuts the cable of a domain controller, until it is dropped.
struct Cut(&'static str);

impl Cut {
    fn link(number: &'static str) -> Self {
        set_link(number, "down");
        Self(number)
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        set_link(self.0, "up");
    }
}

fn set_link(number: &str, state: &str) {
    let link = format!("smime-dc{number}");
    assert!(Command::new("ip").args(["link", "set", &link, state]).status().unwrap().success());
}

/// Reads everybody, and does `meanwhile` when a hundred are there; how often each was seen.
fn count(
    source: &mut LdapSource,
    meanwhile: &mut dyn FnMut(),
    context: &Context,
) -> Result<BTreeMap<String, u32>> {
    let mut seen = BTreeMap::new();
    source.read(&Selection::All, context, &mut |item| {
        match item {
            SourceItem::Recipient(found) => *seen.entry(found.anchor).or_insert(0) += 1,
            SourceItem::Invalid(_) => {}
        }
        if seen.len() == 100 {
            meanwhile();
        }
        Ok(())
    })?;
    Ok(seen)
}

#[test]
fn a_domain_controller_that_is_cut_off_in_mid_read_is_followed_by_the_other_and_nobody_is_seen_twice() {
    // More than one page.
    let people = vec![vec![certificate(&[7; 1500])]; 1200];
    let mut unit = Unit::of(Lab::at(pair().join("dc1")), FIRST, "ttcut", &people);
    replicate("1", "2");
    let settings = &mut unit.settings.directory;
    settings.server = vec![FIRST.into(), SECOND.into()];
    settings.connection.timeout = Some(3);
    let (context, events) = context();
    let mut source = unit.lab.connect(settings, READER, &context).unwrap();
    assert!(source.mark(&context).unwrap().is_some());
    let mut cut = None;
    let began = Instant::now();
    let mut meanwhile = || {
        cut.get_or_insert_with(|| Cut::link("1"));
    };
    let seen = count(&mut source, &mut meanwhile, &context).unwrap();
    drop(cut);
    assert_eq!((seen.len(), seen.values().max()), (1200, Some(&1)));
    // Some were read of a server that numbers its changes otherwise.
    assert_eq!(source.mark(&context).unwrap(), None);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let warnings = events.logged(LogLevel::Warning);
    // The cut may come between two answers, or within one.
    let expected = ["an answer", "the rest of an answer"].map(|what| {
        format!("Timed out after 3 s waiting for {what} (server '{FIRST}'). '{SECOND}' is asked instead.")
    });
    assert!(warnings.iter().any(|line| expected.contains(line)), "{warnings:?}");
}

#[test]
fn where_one_controller_was_when_it_was_read_tells_nothing_of_the_other() {
    let unit = Unit::of(Lab::at(pair().join("dc1")), FIRST, "ttmark", &[vec![certificate(b"a")]]);
    replicate("1", "2");
    let (context, _) = context();
    let at = |server: &str| {
        let settings = DirectorySettings { server: vec![server.into()], ..unit.settings.directory.clone() };
        unit.lab.connect(&settings, READER, &context).unwrap()
    };
    let marks = [FIRST, SECOND].map(|server| at(server).mark(&context).unwrap().unwrap());
    assert_ne!(marks[0].place, marks[1].place);
    for (place, server) in [FIRST, SECOND].into_iter().enumerate() {
        let mut source = at(server);
        for (other, mark) in marks.iter().enumerate() {
            let since = source.changes(mark, false, &context, &mut |_| Ok(())).unwrap();
            let is_as_expected = match since {
                Since::Told { .. } => place == other,
                Since::Unknown { is_lost, .. } => place != other && is_lost,
            };
            assert!(is_as_expected, "{server}, with a mark of {other}: {since:?}");
        }
    }
}

#[test]
fn the_name_of_the_domain_leads_to_its_controllers_and_one_of_them_tells_the_site() {
    let lab = Lab::at(pair().join("dc1"));
    let names = [("dc1.contoso.test", FIRST), ("dc2.contoso.test", SECOND)];
    let services: Vec<_> = names.iter().map(|(host, _)| (0, 100, *host)).collect();
    let network = names.iter().fold(Scripted::default(), |network, (host, ip)| network.real_host(host, ip));
    let network = network
        .service("_ldap._tcp.dc._msdcs.contoso.test", &services)
        .service("_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.contoso.test", &services[1..]);
    let settings = DirectorySettings {
        server: vec!["contoso.test".into()],
        search_base: Vec::new(),
        ..lab.settings(&[])
    };
    let (context, events) = context();
    let source = LdapSource::active_directory(&settings, lab.account(READER), &context).unwrap();
    let mut source = source.through(Arc::new(network));
    assert!(!count(&mut source, &mut || (), &context).unwrap().is_empty());
    let said = [events.logged(LogLevel::Verbose), events.logged(LogLevel::Debug)].concat();
    for expected in [
        "This machine is in the site 'Default-First-Site-Name' of 'contoso.test', which has [\"dc2.contoso.test\"].",
        "The domain 'contoso.test' has these domain controllers, nearest first: dc2.contoso.test, dc1.contoso.test.",
        "Signed in to 'dc2.contoso.test' as 'reader@contoso.test'",
    ] {
        assert!(said.iter().any(|line| line.starts_with(expected)), "{expected}\n{said:#?}");
    }
}
