//! Reads that do not know yet of what was written: what they don't show is not believed to be gone.

use serde_json::{Value, json};
use smime_sync::{
    error::{Error, ErrorId},
    model::{Exclusion, RunResult},
    profile::Drift,
};

use super::{
    engine::{Office, Way},
    organisation::*,
};

/// Far longer than a test takes.
const LATE: f64 = 100_000.0;

fn names() -> Vec<String> {
    let mut names: Vec<String> = (0..8).map(|number| format!("person{number}")).collect();
    // The order in which they are written.
    names.sort_by_key(|name| guid(name));
    names
}

/// Three mailboxes, which are read back and show at once, and five contacts, which show late.
fn published(way: Way) -> Office {
    let names = names();
    let kind = |number: usize| if number < 3 { "UserMailbox" } else { "MailContact" };
    let organisation =
        names.iter().enumerate().map(|(number, name)| recipient(name, kind(number), json!({})));
    let office =
        Office::at_speed(names.iter().map(|name| person(name)).collect(), organisation.collect(), 30.0);
    shows_late(&office, json!({ "Cmdlet": "Set-MailContact" }));
    assert_eq!(office.run(way).exported(), 8, "{way:?}");
    office
}

fn shows_late(office: &Office, which: Value) {
    let mut rule =
        json!({ "Kind": "Stale", "Scope": "Command", "When": "After", "Probability": 1.0, "Seconds": LATE });
    rule.as_object_mut().unwrap().extend(which.as_object().unwrap().clone());
    office.stand_in.faults(1, json!([rule]));
}

fn left(office: &Office) -> Vec<String> {
    let has = |name: &&String| !office.published(&format!("{name}@contoso.test")).unwrap().is_empty();
    names().iter().filter(has).cloned().collect()
}

#[test]
fn whoever_loses_what_no_read_shows_yet_is_cleared_all_the_same() {
    for way in Way::ALL {
        for how in ["as ever", "-Verify", "-Drift Report", "-Identity"] {
            let mut office = published(way);
            match how {
                "-Verify" => office.options.verify = true,
                "-Drift Report" => office.settings.publication.drift = Drift::Report,
                "-Identity" => office.options.identity = vec![format!("{}@contoso.test", names()[7]).into()],
                _ => {}
            }
            office.source.iter_mut().for_each(|one| {
                let number = names().iter().position(|name| guid(name) == one.anchor).unwrap();
                if number > 1 {
                    one.values.clear();
                }
            });
            let outcome = office.run(way);
            assert_eq!(outcome.ok().result, RunResult::Success, "{way:?} {how}: {:?}", outcome.host.errors());
            let expected = if how == "-Identity" { &names()[..7] } else { &names()[..2] };
            assert_eq!(left(&office), expected, "{way:?} {how}");
        }
    }
}

#[test]
fn what_was_in_flight_and_is_not_shown_yet_is_taken_away_too() {
    let way = Way::Online;
    let mut office = Office::at_speed(
        names().iter().map(|name| person(name)).collect(),
        names().iter().map(|name| mailbox(name)).collect(),
        100.0,
    );
    shows_late(&office, json!({ "Cmdlet": "Set-Mailbox" }));
    // Nobody has ever seen a value there, so that no more is written than what is read back.
    let error = office.run(way).run.unwrap_err();
    assert_eq!(error.id, ErrorId::TargetUnreadable, "{error}");
    assert!(error.message.contains("and 2 others, and has never shown a certificate of anybody"), "{error}");
    assert_eq!(left(&office).len(), 3);
    office.source.iter_mut().for_each(|one| one.values.clear());
    let outcome = office.run(way);
    assert_eq!(left(&office), [""; 0], "{:?}", outcome.host.errors());
    // Whether anything is gone nobody knows who has never seen anything.
    assert_eq!(outcome.ok().result, RunResult::CompletedWithErrors);
    let unknown = |error: &Error| error.id == ErrorId::TargetUnreadable;
    assert!(outcome.host.errors().iter().any(unknown), "{:?}", outcome.host.errors());
}

#[test]
fn who_is_not_found_when_it_is_to_lose_its_values_is_skipped_and_loses_them_when_it_is_back() {
    for way in Way::ALL {
        let mut office = Office::new(
            vec![person("alice"), person("bob")],
            vec![mailbox("alice"), recipient("bob", "MailContact", json!({}))],
        );
        assert_eq!(office.run(way).exported(), 2);
        let bob = office.stand_in.recipient("bob@contoso.test").unwrap();
        office.stand_in.ask("DELETE", "/recipients", &Value::Null);
        let alice = json!({ "UserCertificate": [base64(&certificate("alice@contoso.test", 1))] });
        office.stand_in.add(&[recipient("alice", "UserMailbox", alice)]);
        office.source = vec![person("alice"), source("bob", &[])];
        let outcome = office.run(way);
        assert_eq!(
            (outcome.exported(), outcome.exclusions()),
            (0, vec![(Exclusion::NotFound, 1)]),
            "{way:?}"
        );

        let back = json!({ "UserCertificate": bob["UserCertificate"] });
        office.stand_in.add(&[recipient("bob", "MailContact", back)]);
        office.options.identity = vec!["bob@contoso.test".into()];
        assert_eq!(office.run(way).exported(), 1, "{way:?}");
        assert_eq!(office.published("bob@contoso.test"), Some(Vec::new()), "{way:?}");
    }
}

#[test]
fn who_is_named_is_looked_for_at_once() {
    for way in Way::ALL {
        let mut office = Office::new(vec![person("alice")], vec![mailbox("alice")]);
        office.run(way).ok();
        office.stand_in.ask("DELETE", "/recipients", &Value::Null);
        office.options.identity = vec!["alice@contoso.test".into()];
        let outcome = office.run(way);
        assert_eq!(outcome.exclusions(), [(Exclusion::NotFound, 1)], "{way:?}");
    }
}

#[test]
fn a_state_that_runs_with_names_have_published_with_is_not_new() {
    for way in Way::ALL {
        let mut office =
            Office::new(vec![person("alice"), person("bob")], vec![mailbox("alice"), mailbox("bob")]);
        office.options.identity = vec!["alice@contoso.test".into()];
        assert!(office.run(way).ok().new_state, "{way:?}");
        office.options.identity.clear();
        let outcome = office.run(way);
        assert_eq!((outcome.ok().new_state, outcome.exported()), (false, 1), "{way:?}");
        assert_eq!(outcome.host.warnings(), [""; 0], "{way:?}");
    }
}
