//! Who has no mail address goes by the user principal name, which is never more than somebody else's address.

use smime_sync::{
    error::ErrorId,
    model::{Recipient, RunResult},
};

use super::harness::{Harness, person, published_in};

/// An account without a mail address.
fn account(anchor: &str, name: &str, values: &[&str]) -> Recipient {
    Recipient {
        anchor: anchor.into(),
        mail: None,
        user_principal_name: Some(name.into()),
        ..person(anchor, values)
    }
}

#[test]
fn the_owner_of_a_mail_address_has_its_place_and_the_error_says_whose_it_is() {
    for (anchor, batch) in [("id-0", 1), ("id-0", 7), ("id-z", 1), ("id-z", 7)] {
        let squatter = account(anchor, "Alice@Contoso.test", &["nameless"]);
        let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"]), squatter]);
        harness.batch = batch;
        for planned in [(2, 0, 0), (0, 0, 0)] {
            let run = harness.run();
            assert_eq!((run.ok().result, run.planned()), (RunResult::CompletedWithErrors, planned));
            let dn = format!("CN={anchor},DC=contoso,DC=test");
            assert_eq!(run.told.errors_of(), [(ErrorId::TargetConflict, Some(dn))]);
            let text = &run.told.errors()[0].message;
            assert!(text.contains("is the mail address of 'CN=alice,DC=contoso,DC=test'"), "{text}");
            assert_eq!(harness.published("alice"), ["a"], "{anchor} {batch}");
        }
        // Also by a run that reads the account alone.
        harness.options.identity = vec![anchor.into()];
        let run = harness.run();
        assert_eq!(run.told.error_ids(), [ErrorId::TargetConflict]);
        assert_eq!((run.planned(), harness.published("alice")), ((0, 0, 0), vec!["a".into()]));
    }
}

#[test]
fn who_was_published_by_a_name_gives_way_to_the_one_whose_address_it_becomes() {
    for (anchor, batch) in [("id-0", 1), ("id-0", 7), ("id-z", 1), ("id-z", 7)] {
        let mut harness = Harness::new(vec![account(anchor, "alice@contoso.test", &["nameless"])]);
        harness.batch = batch;
        harness.run().ok();
        assert_eq!(harness.published("alice"), ["nameless"], "nobody else has that name");
        harness.source.recipients.push(person("alice", &["a"]));
        let run = harness.run();
        assert_eq!(
            (run.planned(), harness.published("alice")),
            ((1, 0, 1), vec!["a".into()]),
            "{anchor} {batch}"
        );
        let run = harness.run();
        assert_eq!((run.planned(), run.told.error_ids()), ((0, 0, 0), vec![ErrorId::TargetConflict]));
    }
}

#[test]
fn an_owner_without_a_certificate_keeps_its_place_empty() {
    let squatter = account("id-0", "alice@contoso.test", &["nameless"]);
    let mut harness = Harness::new(vec![person("alice", &[]), squatter]);
    assert_eq!(harness.run().told.error_ids(), [ErrorId::TargetConflict]);
    assert!(harness.published("alice").is_empty());
}

#[test]
fn two_without_an_address_and_with_one_user_principal_name_are_both_left_alone() {
    let mut harness = Harness::new(vec![
        account("id-1", "Same@contoso.test", &["x"]),
        account("id-2", "same@contoso.test", &["y"]),
        account("id-3", "own@contoso.test", &["z"]),
    ]);
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::CompletedWithErrors, (1, 0, 0)));
    let texts: Vec<String> = run.told.errors().into_iter().map(|error| error.message).collect();
    assert!(texts[0].contains("('CN=id-2,DC=contoso,DC=test', too)"), "{texts:?}");
    assert!(texts[1].contains("('CN=id-1,DC=contoso,DC=test', too)"), "{texts:?}");
    assert!(harness.published("same").is_empty());
    assert_eq!(published_in(&harness.out(), "own@contoso.test"), ["z"]);
}
