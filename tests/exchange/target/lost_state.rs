//! A lost state, and a wiped organisation: what is published and nobody accounts for, and what is gone.

use serde_json::json;
use smime_sync::model::RunResult;

use super::{
    engine::{Office, Way},
    organisation::*,
};

const UNMATCHED: &str = "no recipient of the source matches";

/// Three are published, and somebody else put certificates at two more.
fn office() -> Office {
    let names = ["alice", "bob", "carol"];
    let mut organisation: Vec<_> = names.map(mailbox).to_vec();
    let with = |name: &str, kind: &str, certificate: Vec<u8>| {
        recipient(name, kind, json!({ "UserCertificate": [base64(&certificate)] }))
    };
    organisation.push(with("dave", "UserMailbox", stranger("dave@contoso.test")));
    organisation.push(with("erin", "MailUser", certificate("erin@contoso.test", 5)));
    let mut office = Office::new(names.map(person).to_vec(), organisation);
    office.trust_anchors = vec![root()];
    office
}

#[test]
fn who_left_while_the_state_was_lost_is_told_by_the_run_with_the_new_state_and_stays() {
    for way in Way::ALL {
        let mut office = office();
        let first = office.run(way);
        assert_eq!(
            (first.exported(), first.ok().numbers.orphaned),
            (3, 1),
            "{way:?}: erin's ends at the anchor"
        );
        office.lose_state();
        // One left, one has lost the certificate, and neither is removed by itself.
        office.source = vec![person("alice"), source("bob", &[])];
        let outcome = office.run(way);
        assert!(outcome.ok().new_state, "{way:?}");
        assert_eq!((outcome.exported(), outcome.ok().numbers.orphaned), (0, 2), "{way:?}");
        assert_eq!(outcome.ok().result, RunResult::Success, "{way:?}");
        let warned: Vec<_> = outcome.host.warnings();
        assert_eq!(warned.iter().filter(|text| text.contains(UNMATCHED)).count(), 1, "{way:?}: {warned:?}");
        for name in ["bob", "carol", "dave", "erin"] {
            let address = format!("{name}@contoso.test");
            assert_eq!(office.published(&address).map(|values| values.len()), Some(1), "{way:?}: {name}");
        }
        assert_eq!(office.run(way).ok().numbers.orphaned, 0, "{way:?}: looked for by new states and -Verify");
        office.options.verify = true;
        assert_eq!(office.run(way).ok().numbers.orphaned, 2, "{way:?}");
    }
}

#[test]
fn an_organisation_that_lost_everything_gets_it_again_with_the_next_run() {
    for way in Way::ALL {
        let office = office();
        office.run(way).ok();
        office.stand_in.ask("DELETE", "/recipients", &json!(null));
        office.stand_in.add(&["alice", "bob", "carol"].map(mailbox));
        let outcome = office.run(way);
        assert_eq!((outcome.ok().numbers.drifted, outcome.exported()), (3, 3), "{way:?}");
        assert!(office.published("carol@contoso.test").is_some_and(|values| values.len() == 1), "{way:?}");
    }
}

#[test]
fn what_the_source_has_no_more_of_people_whom_it_still_shows_is_counted_by_the_run_with_the_new_state() {
    for way in Way::ALL {
        for (people, anchors) in [(0, true), (0, false), (30, true)] {
            let names: Vec<String> = (0..people).map(|number| format!("p{number}")).collect();
            let mut office = office();
            office.stand_in.add(&names.iter().map(|name| mailbox(name)).collect::<Vec<_>>());
            office.source.extend(names.iter().map(|name| person(name)));
            office.trust_anchors.retain(|_| anchors);
            assert_eq!(office.run(way).exported(), 3 + people, "{way:?}");
            office.lose_state();
            // Bob has none any more; carol has another one, so that she has two then.
            office.source[1] = source("bob", &[]);
            office.source[2] = source("carol", &[certificate("carol@contoso.test", 2)]);
            let outcome = office.run(way);
            assert_eq!((outcome.exported(), outcome.ok().numbers.adopted), (1, 1 + people), "{way:?}");
            let warnings = outcome.host.warnings();
            let told = "2 values stay there as somebody else's, since the source does not have them";
            assert!(warnings.iter().any(|one| one.contains(told)), "{way:?}: {warnings:?}");
            assert_eq!(office.published("carol@contoso.test").map(|values| values.len()), Some(2), "{way:?}");
            // Later only -Verify looks, and tells of what the profile's anchors say may be its own.
            for (verify, told) in [(false, false), (true, anchors)] {
                office.options.verify = verify;
                let outcome = office.run(way);
                let warnings = outcome.host.warnings();
                let idle = "1 recipient of the source is at";
                assert_eq!(warnings.iter().any(|one| one.starts_with(idle)), told, "{way:?}: {warnings:?}");
                assert_eq!(outcome.ok().result, RunResult::Success, "{way:?}");
            }
        }
    }
}
