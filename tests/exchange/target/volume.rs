//! A few recipients are asked for one by one, many are listed.

use serde_json::{Value, json};
use smime_sync::event::LogLevel;

use super::{
    engine::{Office, Way},
    flavours::{Flavour, chosen, publishes},
    organisation::*,
};

fn office(people: usize) -> Office {
    let names: Vec<String> = (0..people).map(|number| format!("person{number}")).collect();
    Office::new(
        names.iter().map(|name| person(name)).collect(),
        names.iter().map(|name| mailbox(name)).collect(),
    )
}

#[test]
fn up_to_twenty_are_looked_up_and_more_are_listed_once() {
    for way in Way::ALL {
        let mut few = office(20);
        assert_eq!(few.run(way).exported(), 20, "{way:?}");
        assert!(few.count("Get-Recipient") >= 20, "{way:?}");
        // A new state looks for what it may have forgotten, and lists those with certificates for that; nobody has any, and so
        // everybody, to be sure.
        assert_eq!(few.count("Get-MailContact"), 2, "{way:?}: listed once each");
        let asked = few.count("Get-Recipient");
        few.stand_in.add(&[mailbox("newcomer")]);
        few.source.push(person("newcomer"));
        assert_eq!(few.run(way).exported(), 1, "{way:?}");
        assert!(few.count("Get-Recipient") > asked, "{way:?}");
        assert_eq!(few.count("Get-MailContact"), 2, "{way:?}: nobody was listed");

        let many = office(21);
        assert_eq!(many.run(way).exported(), 21, "{way:?}");
        assert_eq!(many.count("Get-Recipient"), 0, "{way:?}");
        assert_eq!(many.count("Get-MailContact"), 1, "{way:?}: listed once");
    }
}

#[test]
fn a_recipient_costs_one_read_and_one_write_and_then_a_few_are_looked_at() {
    for way in Way::ALL {
        let office = office(150);
        assert_eq!(office.run(way).exported(), 150, "{way:?}");
        // Three writes are read back; the place, the check and the listing ask once each.
        let (reads, writes) = (office.count("Get-Mailbox"), office.count("Set-Mailbox"));
        // Over REST one write is tried before, with one of three who are read for that.
        let tried = u64::from(way == Way::Online);
        assert_eq!(writes, 150 + tried, "{way:?}");
        // And before anybody has shown values, the first of those who show none are counted.
        let least = 150 + 3 + 3 * tried;
        assert!((least..=least + 3 + 9 * tried).contains(&reads), "{way:?}: {reads} reads");

        assert_eq!(office.run(way).ok().numbers.unchanged, 150, "{way:?}");
        let asked = office.count("Get-Mailbox").saturating_sub(reads);
        assert!(asked <= 4, "{way:?}: of the linked ones only three are asked for, and the place: {asked}");
    }
}

/// `SMIME_SYNC_EXCHANGE_PEOPLE` is 20,000 in the full tests, with the limit of 3,000 commands a minute; by default it
/// is so few that the limit is scaled down with them. The clock runs `SMIME_SYNC_EXCHANGE_SPEED` times as fast, and with
/// it counts what this machine itself takes, so that many recipients need a lower speed. `SMIME_SYNC_FLAVOURS` chooses
/// among the flavours of the service that publish.
#[test]
fn everybody_arrives_within_the_limit_and_little_more_than_its_time_whatever_fails() {
    for flavour in chosen(publishes) {
        everybody_arrives(&flavour);
    }
}

fn everybody_arrives(flavour: &Flavour) {
    let people: usize = std::env::var("SMIME_SYNC_EXCHANGE_PEOPLE").map_or(600, |text| text.parse().unwrap());
    let speed: f64 = std::env::var("SMIME_SYNC_EXCHANGE_SPEED").map_or(10.0, |text| text.parse().unwrap());
    let limit = if people >= 20_000 { 3_000 } else { people * 3 / 4 };
    let names: Vec<String> = (0..people).map(|number| format!("person{number}")).collect();
    let office = Office::at_speed(
        names.iter().map(|name| person(name)).collect(),
        names.iter().map(|name| mailbox(name)).collect(),
        speed,
    );
    flavour.apply(&office.stand_in);
    // What a busy machine delays is like a slow network; in the full tests that is measured, too.
    let allowance = if people >= 20_000 { 0.2 } else { 2.0 };
    office
        .stand_in
        .settings(json!({ "RateLimit": { "Limit": limit, "Window": 60 }, "NetworkAllowance": allowance }));
    // A page of four is small for 45 people; for thousands it would be the waiting for pages that is measured.
    if people >= 1_000 && flavour.has_small_pages() {
        office.stand_in.settings(json!({ "LargestPage": 100 }));
    }
    // Where every answer says that the service works slowly on purpose, so do we, and that is not the limit.
    if people >= 1_000 && flavour.says_delays() {
        office.stand_in.settings(json!({ "MicroDelayWarnings": false }));
    }
    // As many failures for a command, whether it is sent alone or with nine others.
    let probability = if flavour.sends_alone() { 0.002 } else { 0.02 };
    office.stand_in.faults(42, crate::common::exchange::faults_of_every_kind(probability));
    let began = office.stand_in.now();
    let outcome = office.run(Way::Online);
    let seconds = office.stand_in.now() - began;
    let least = (2 * people) as f64 / limit as f64 * 60.0;
    let statistics = office.stand_in.statistics();
    let name = flavour.name;
    println!(
        "{name}: {people} recipients: {seconds:.0} s of at least {least:.0} s: ratio {:.3}; {statistics}",
        seconds / least
    );
    for line in outcome.host.logged(LogLevel::Verbose) {
        println!("{line}");
    }
    let numbers = &outcome.ok().numbers;
    let done = (numbers.exported, numbers.rejected);
    assert_eq!(done, (people as u64, 0), "{name}: {:?}", outcome.host.errors_of());
    let all = office.stand_in.ask("GET", "/recipients", &Value::Null);
    for one in all.as_array().unwrap() {
        let address = one["PrimarySmtpAddress"].as_str().unwrap();
        assert_eq!(
            crate::common::exchange::values(&one["UserCertificate"]),
            [certificate(address, 1)],
            "{name}: {address}"
        );
    }
    assert_eq!(statistics["BeyondAnnouncedLimit"], 0, "{name}: {statistics}");
    // A few recipients on a busy machine tell nothing about time; the full tests measure it.
    if people >= 20_000 {
        assert!(seconds <= 1.15 * least, "{name}: {seconds:.0} s instead of {least:.0} s");
    }
}
