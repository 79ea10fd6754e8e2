//! Changes at another domain controller, against the two of `tests/lab/samba-pair.sh`.

use std::{
    path::PathBuf,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use smime_sync::{model::Exclusion, targets::Match};

use crate::{
    common::{directory::Lab, events::context},
    people::{Unit, certificate, change, set},
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
    unit.settings.directory.server = FIRST.into();
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
    second.settings.directory.server = SECOND.into();
    let there = people[0].found(&mut second.target(&context), &context);
    assert_eq!(there.values, [new]);
}
