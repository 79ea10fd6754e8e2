//! Addresses are given to others in Exchange: nothing is written to a recipient that is not the source's any more.

use serde_json::{Value, json};
use smime_sync::{
    error::ErrorId,
    model::{Recipient, RunResult},
};

use super::{
    engine::{Office, Way},
    organisation::{base64, certificate, mailbox, person, recipient, source},
};

const KINDS: [&str; 3] = ["UserMailbox", "MailUser", "MailContact"];

/// As a CSV file has people: the address is all that is known.
fn by_address(name: &str, serial: u8) -> Recipient {
    let address = format!("{name}@contoso.test");
    Recipient {
        anchor: address.clone(),
        distinguished_name: address.clone(),
        user_principal_name: None,
        sam_account_name: None,
        ..source(name, &[certificate(&address, serial)])
    }
}

/// `name` of the organisation with another address, and with the values that it has.
fn renamed(office: &Office, name: &str, kind: &str, was: &str, to: &str) -> Value {
    let values = office.published(&format!("{was}@contoso.test")).unwrap_or_default();
    let values: Vec<String> = values.iter().map(|one| base64(one)).collect();
    let address = format!("{to}@contoso.test");
    recipient(
        name,
        kind,
        json!({ "PrimarySmtpAddress": address, "UserPrincipalName": address, "UserCertificate": values,
            "EmailAddresses": [format!("SMTP:{address}")] }),
    )
}

fn becomes(office: &Office, organisation: &[Value]) {
    office.stand_in.ask("DELETE", "/recipients", &json!(null));
    organisation.chunks(500).for_each(|some| office.stand_in.add(some));
}

fn has(office: &Office, name: &str) -> Vec<Vec<u8>> {
    office.published(&format!("{name}@contoso.test")).unwrap()
}

fn of(name: &str, serial: u8) -> Vec<Vec<u8>> {
    vec![certificate(&format!("{name}@contoso.test"), serial)]
}

/// Alice's address went to a new recipient; hers is another one now.
fn given_on(office: &Office, kind: &str) {
    let old = renamed(office, "alice", kind, "alice", "old");
    let new = recipient("newcomer", kind, json!({ "PrimarySmtpAddress": "alice@contoso.test" }));
    let bob = renamed(office, "bob", "UserMailbox", "bob", "bob");
    becomes(office, &[old, new, bob]);
}

#[test]
fn an_address_that_was_given_to_another_recipient_takes_its_certificate_along() {
    for (way, kind) in Way::ALL.into_iter().flat_map(|way| KINDS.map(|kind| (way, kind))) {
        for verify in [false, true] {
            let mut office = Office::new(
                vec![by_address("alice", 1), by_address("bob", 1)],
                vec![recipient("alice", kind, json!({})), mailbox("bob")],
            );
            assert_eq!(office.run(way).exported(), 2, "{way:?} {kind}");
            given_on(&office, kind);
            // The source has the newcomer's certificate, or still the old one.
            let serial = if verify { 1 } else { 2 };
            office.source = vec![by_address("alice", serial), by_address("bob", 1)];
            office.options.verify = verify;
            let outcome = office.run(way);
            let warnings = outcome.host.warnings();
            assert!(
                warnings.iter().any(|one| one.contains("another address than when")),
                "{way:?}: {warnings:?}"
            );
            assert_eq!(outcome.host.errors_of(), [], "{way:?} {kind} {verify}");
            assert_eq!(
                (has(&office, "old"), has(&office, "alice")),
                (vec![], of("alice", serial)),
                "{way:?} {kind}"
            );
            // Neither is anything left to be done, nor is anybody unknown at the place of before.
            office.options.verify = true;
            let again = office.run(way);
            assert_eq!((again.exported(), again.ok().numbers.missing), (0, 0), "{way:?}");
            assert_eq!(again.ok().result, RunResult::Success, "{way:?}");
        }
    }
}

#[test]
fn two_recipients_that_swapped_their_addresses_get_each_its_own_certificate() {
    for way in Way::ALL {
        for (people, updated) in [(0, true), (0, false), (30, false), (230, false)] {
            let names: Vec<String> = (0..people).map(|number| format!("p{number}")).collect();
            let others = || names.iter().map(|name| by_address(name, 1));
            let mut office = Office::new(
                [by_address("alice", 1), by_address("bob", 1)].into_iter().chain(others()).collect(),
                [mailbox("alice"), mailbox("bob")]
                    .into_iter()
                    .chain(names.iter().map(|name| mailbox(name)))
                    .collect(),
            );
            assert_eq!(office.run(way).exported(), people + 2, "{way:?}");
            let (alice, bob) = (
                renamed(&office, "alice", "UserMailbox", "alice", "bob"),
                renamed(&office, "bob", "UserMailbox", "bob", "alice"),
            );
            let rest: Vec<Value> =
                names.iter().map(|name| renamed(&office, name, "UserMailbox", name, name)).collect();
            becomes(&office, &[vec![alice, bob], rest].concat());
            assert_eq!(has(&office, "bob"), of("alice", 1), "the wrong one is there");
            let serial = if updated { 2 } else { 1 };
            office.source = [by_address("alice", serial), by_address("bob", serial)]
                .into_iter()
                .chain(others())
                .collect();
            office.options.verify = !updated;
            let outcome = office.run(way);
            assert_eq!(outcome.host.errors_of(), [], "{way:?} {people} {updated}");
            assert_eq!(
                (has(&office, "alice"), has(&office, "bob")),
                (of("alice", serial), of("bob", serial)),
                "{way:?}"
            );
            assert_eq!(office.run(way).exported(), 0, "{way:?}");
        }
    }
}

#[test]
fn the_guard_judges_what_goes_from_the_old_places() {
    let way = Way::Session;
    let mut office = Office::new(
        vec![by_address("alice", 1), by_address("bob", 1)],
        vec![mailbox("alice"), mailbox("bob")],
    );
    assert_eq!(office.run(way).exported(), 2);
    given_on(&office, "UserMailbox");
    office.options.verify = true;
    office.removal_limit = 0;
    let held = office.run(way);
    assert_eq!(held.ok().result, RunResult::Held);
    assert_eq!((has(&office, "old"), has(&office, "alice")), (of("alice", 1), vec![]));
    // It stays known until it is let through.
    office.options.verify = false;
    assert_eq!(office.run(way).ok().result, RunResult::Held);
    office.removal_limit = 1_000_000;
    assert_eq!(office.run(way).ok().result, RunResult::Success);
    assert_eq!((has(&office, "old"), has(&office, "alice")), (vec![], of("alice", 1)));
}

#[test]
fn of_people_who_are_known_by_more_than_the_address_it_is_told_and_nothing_is_written_until_it_is_clear() {
    for way in Way::ALL {
        for verify in [false, true] {
            let mut office =
                Office::new(vec![person("alice"), person("bob")], vec![mailbox("alice"), mailbox("bob")]);
            assert_eq!(office.run(way).exported(), 2, "{way:?}");
            given_on(&office, "UserMailbox");
            let second = of("alice", 2);
            office.source[0] = source("alice", &second);
            office.options.verify = verify;
            for _ in 0..2 {
                let outcome = office.run(way);
                let conflict = [(ErrorId::TargetConflict, Some("alice@contoso.test".to_owned()))];
                assert_eq!(outcome.host.errors_of(), conflict, "{way:?}");
                assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors, "{way:?}");
                assert_eq!((has(&office, "old"), has(&office, "alice")), (of("alice", 1), vec![]), "{way:?}");
            }
            // Hers is the old mailbox: the source says so.
            let mut office = office;
            let address = "old@contoso.test".to_owned();
            if verify {
                office.source[0].primary_smtp_address = Some(address.clone());
                office.source[0].mail = Some(address);
                let outcome = office.run(way);
                assert_eq!(outcome.host.errors_of(), [], "{way:?}");
                assert_eq!((has(&office, "old"), has(&office, "alice")), (second, vec![]), "{way:?}");
            } else {
                // Hers is the new one: somebody has emptied the old one.
                let new = recipient(
                    "newcomer",
                    "UserMailbox",
                    json!({ "PrimarySmtpAddress": "alice@contoso.test" }),
                );
                let old = json!({ "PrimarySmtpAddress": address, "EmailAddresses": [format!("SMTP:{address}")],
                    "UserPrincipalName": address });
                let bob = renamed(&office, "bob", "UserMailbox", "bob", "bob");
                becomes(&office, &[recipient("alice", "UserMailbox", old), new, bob]);
                assert_eq!(office.run(way).host.errors_of(), [], "{way:?}");
                assert_eq!((has(&office, "old"), has(&office, "alice")), (vec![], second), "{way:?}");
            }
        }
    }
}

#[test]
fn what_only_goes_goes_from_where_it_is() {
    for way in Way::ALL {
        for from in [by_address("alice", 1), person("alice")] {
            let mut office =
                Office::new(vec![from.clone(), person("bob")], vec![mailbox("alice"), mailbox("bob")]);
            assert_eq!(office.run(way).exported(), 2, "{way:?}");
            given_on(&office, "UserMailbox");
            office.source[0] = Recipient { values: Vec::new(), ..from };
            let outcome = office.run(way);
            assert_eq!(outcome.host.errors_of(), [], "{way:?}");
            assert_eq!((has(&office, "old"), has(&office, "alice")), (vec![], vec![]), "{way:?}");
        }
    }
}

#[test]
fn a_recipient_that_was_given_the_address_of_another_one_of_the_source_is_that_ones() {
    for way in Way::ALL {
        let mut office = Office::new(
            vec![by_address("alice", 1), by_address("bob", 1)],
            vec![mailbox("alice"), mailbox("bob")],
        );
        assert_eq!(office.run(way).exported(), 2, "{way:?}");
        // Nobody has alice's any more, and bob's mailbox is gone.
        becomes(&office, &[renamed(&office, "alice", "UserMailbox", "alice", "bob")]);
        office.options.verify = true;
        let outcome = office.run(way);
        assert_eq!(outcome.host.errors_of(), [], "{way:?}");
        assert_eq!(has(&office, "bob"), of("bob", 1), "{way:?}");
    }
}
