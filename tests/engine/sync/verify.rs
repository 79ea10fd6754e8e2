//! What the target leaves alone, what has drifted from it, and who owns what is there.

use smime_sync::{
    model::{ChangeState, Exclusion, RunResult},
    profile::{Drift, Ownership},
};

use super::harness::{Fault, Harness, person, published_in};

fn two() -> Harness {
    Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])])
}

/// Takes what is published for a person out of the folder.
fn lose(harness: &Harness, name: &str) {
    for file in ["json", "cer"] {
        std::fs::remove_file(harness.out().join(format!("{name}@contoso.test.{file}"))).unwrap();
    }
}

#[test]
fn excluded_recipients_are_counted_and_summed_up_in_one_warning() {
    let mut harness = two();
    for name in ["alice", "bob"] {
        harness.faults.push(Fault::Excludes(format!("{name}@contoso.test"), Exclusion::DirectorySynced));
    }
    let outcome = harness.run();
    assert_eq!((outcome.planned(), outcome.ok().result), ((0, 0, 0), RunResult::Success));
    assert_eq!(outcome.ok().numbers.excluded, 2);
    assert_eq!(outcome.ok().exclusions.len(), 1);
    assert_eq!(outcome.ok().exclusions[0].recipients, 2);
    assert_eq!(
        outcome.told.warnings(),
        ["2 recipients were skipped, since they are synchronised from Active Directory and \
          can't be written in the cloud. Use a profile with -Target ActiveDirectory; Entra Connect \
          exports what it leaves there."]
    );
    assert_eq!(outcome.told.errors_of(), []);
    harness.faults.clear();
    // By then they are looked for again.
    harness.now += 1800;
    assert_eq!(
        harness.run().planned(),
        (2, 0, 0),
        "they are planned as soon as they are seen to be writable"
    );
}

#[test]
fn a_recipient_that_becomes_excluded_later_loses_nothing() {
    let mut harness = two();
    harness.run();
    harness.faults.push(Fault::Excludes("alice@contoso.test".into(), Exclusion::DirectorySynced));
    harness.source.recipients[0].values = person("alice", &["a2"]).values;
    let outcome = harness.run();
    assert_eq!((outcome.ok().numbers.exported, outcome.ok().numbers.excluded), (0, 1));
    assert_eq!(harness.published("alice"), ["a"]);
    assert_eq!(harness.changes(ChangeState::InFlight), []);
    harness.faults.clear();
    harness.now += 1800;
    assert_eq!(harness.run().planned(), (0, 1, 0));
    assert_eq!(harness.published("alice"), ["a2"]);
}

#[test]
fn verify_publishes_again_what_is_gone() {
    let mut harness = two();
    harness.run();
    lose(&harness, "alice");
    harness.options.verify = true;
    let outcome = harness.run();
    assert_eq!(outcome.planned(), (1, 0, 0));
    assert_eq!((outcome.ok().numbers.verified, outcome.ok().numbers.drifted), (2, 1));
    assert_eq!(harness.published("alice"), ["a"]);
    let change = harness.changes(ChangeState::Exported).pop().unwrap();
    assert_eq!(change.reasons.last().unwrap(), "Something that was published was gone from the target.");
    assert_eq!(harness.run().ok().numbers.drifted, 0);
}

#[test]
fn verify_only_reports_where_the_profile_says_so() {
    let mut harness = two();
    harness.run();
    lose(&harness, "alice");
    harness.options.verify = true;
    harness.folder_mut().publication.drift = Drift::Report;
    let outcome = harness.run();
    assert_eq!((outcome.planned(), outcome.ok().numbers.drifted), ((0, 0, 0), 1));
    assert!(harness.published("alice").is_empty());
    assert!(
        outcome.told.warnings()[0].starts_with("1 of 2 verified recipients"),
        "{:?}",
        outcome.told.warnings()
    );
}

#[test]
fn verify_reads_every_write_back() {
    let people = (0..6).map(|number| person(&format!("p{number}"), &["a"])).collect();
    let mut harness = Harness::new(people);
    harness.options.verify = true;
    harness.faults.push(Fault::Alters);
    assert!(harness.run().run.is_err());
    harness.faults.clear();
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

/// Somebody else's value beside ours.
fn intrude(harness: &Harness, name: &str, word: &str) {
    use base64::Engine as _;
    let path = harness.out().join(format!("{name}@contoso.test.json"));
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let value = super::harness::value(word);
    file["Values"].as_array_mut().unwrap().push(serde_json::json!({
        "Attribute": "userCertificate",
        "Value": value.fingerprint().to_string(),
        "Data": base64::engine::general_purpose::STANDARD.encode(&value.bytes),
    }));
    std::fs::write(path, serde_json::to_vec(&file).unwrap()).unwrap();
}

#[test]
fn foreign_values_stay_unless_the_profile_owns_all() {
    for (ownership, left) in
        [(Ownership::Managed, vec!["a2", "theirs"]), (Ownership::Authoritative, vec!["a2"])]
    {
        let mut harness = two();
        harness.folder_mut().publication.ownership = ownership;
        harness.run();
        intrude(&harness, "alice", "theirs");
        harness.source.recipients[0].values = person("alice", &["a2"]).values;
        harness.run().ok();
        assert_eq!(harness.published("alice"), left, "{ownership:?}");
    }
}

#[test]
fn authoritative_takes_foreign_values_away_at_first_contact_and_with_verify() {
    let mut harness = two();
    harness.run();
    intrude(&harness, "alice", "theirs");
    std::fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.folder_mut().publication.ownership = Ownership::Authoritative;
    let first = harness.run();
    assert_eq!(first.planned(), (0, 1, 0));
    assert_eq!(published_in(&harness.out(), "alice@contoso.test"), ["a"]);
    intrude(&harness, "bob", "theirs");
    assert_eq!(harness.run().planned(), (0, 0, 0));
    harness.options.verify = true;
    assert_eq!(harness.run().planned(), (0, 1, 0));
    assert_eq!(harness.published("bob"), ["b"]);
}
