//! The mode of a run: chosen by where the profile publishes, and what depends on it.

use smime_sync::{
    model::{
        Attribute, Change, ChangeKind, ChangeState, PublishedValue, RecipientKind, RecipientRecord, Timestamp,
    },
    profile::Profile,
    state::{State, published::Link},
    sync::{
        digest,
        mode::{self, Material, Sight},
    },
    targets::{TargetQuery, TargetRecipient, TargetWrite},
};

use super::harness::value;

const NOW: Timestamp = Timestamp(1_000_000);

/// A profile that reads from Active Directory.
fn profile(target: &str, ownership: Option<&str>) -> Profile {
    let mut profile = serde_json::json!({
        "Name": "corp", "Source": "ActiveDirectory", "Server": "dc1.contoso.test",
        "SearchBase": ["DC=contoso,DC=test"], "Target": target,
    });
    if let Some(ownership) = ownership {
        profile["Ownership"] = ownership.into();
    }
    match target {
        "Folder" => profile["OutputPath"] = std::env::temp_dir().join("out").display().to_string().into(),
        "ExchangeOnline" => profile["Organization"] = "contoso.onmicrosoft.com".into(),
        _ => {}
    }
    serde_json::from_value(profile).unwrap()
}

fn published(words: &[&str]) -> Vec<PublishedValue> {
    let one = |word: &&str| PublishedValue {
        attribute: Attribute::UserCertificate,
        value: value(word).fingerprint(),
        certificate: None,
    };
    words.iter().map(one).collect()
}

fn change(before: &[&str], after: &[&str]) -> Change {
    Change {
        id: 1,
        run_id: 1,
        profile_name: String::new(),
        recipient: "alice@contoso.test".into(),
        display_name: None,
        anchor: "id-alice".into(),
        change: ChangeKind::Update,
        replacement: false,
        state: ChangeState::Pending,
        before: published(before),
        after: published(after),
        reasons: Vec::new(),
        findings: Vec::new(),
        attempts: 0,
        next_try: None,
        error: None,
        time: NOW,
    }
}

fn there(words: &[&str]) -> TargetRecipient {
    TargetRecipient::new("key".into(), words.iter().map(|word| value(word)).collect())
}

/// A state in which alice is linked to a key, `b` is managed, and so is something of bob's.
fn state(folder: &tempfile::TempDir) -> State {
    let state = State::open(&folder.path().join("corp.db"), NOW).unwrap();
    state.set_managed("id-alice", Some("key"), &published(&["b"]), NOW).unwrap();
    state.set_managed("id-bob", Some("other"), &published(&["x"]), NOW).unwrap();
    state
}

const ELSEWHERE: [&str; 3] = ["Folder", "ExchangeOnline", "ExchangeSession"];

#[test]
fn elsewhere_all_that_is_desired_is_written_and_ownership_decides_on_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(&folder);
    for target in ELSEWHERE {
        for (ownership, keeps_others) in [("Managed", true), ("Authoritative", false)] {
            let profile = profile(target, Some(ownership));
            let mode = mode::of(&profile);
            let expected = Material {
                link: Link { target: Some("key".into()), former: Vec::new() },
                managed: published(&["b"]),
                ours: published(&["b", "c"]),
                keeps_others,
            };
            assert_eq!(
                mode.material(&state, &change(&["a", "b"], &["b", "c"])).unwrap(),
                expected,
                "{target}"
            );
            assert_eq!(
                mode.population(&state, Some(7)).unwrap(),
                Some(2),
                "{target}: recipients with managed values"
            );
        }
    }
}

#[test]
fn in_place_only_what_comes_is_written_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(&folder);
    let profile = profile("ActiveDirectory", None);
    let mode = mode::of(&profile);
    // What the state knows of another target says nothing of the directory.
    let expected =
        Material { link: Link::default(), managed: Vec::new(), ours: published(&["c"]), keeps_others: true };
    assert_eq!(mode.material(&state, &change(&["a", "b"], &["b", "c"])).unwrap(), expected);
    assert_eq!(mode.population(&state, Some(7)).unwrap(), Some(7), "recipients with values");
}

#[test]
fn a_write_is_seen_by_all_values_elsewhere_and_by_those_of_the_change_in_place() {
    let change = change(&["a", "b"], &["b", "c"]);
    let recipient = RecipientRecord {
        label: "alice@contoso.test".into(),
        display_name: None,
        address: None,
        user_principal_name: None,
        distinguished_name: "CN=alice".into(),
        kind: RecipientKind::User,
        disabled: false,
        values: Vec::new(),
    };
    let query = TargetQuery {
        anchor: "id-alice",
        recipient: &recipient,
        link: None,
        former: &[],
        thorough: false,
        fresh: true,
    };
    let current = Some(there(&["a", "b"]));
    let write = TargetWrite { query, current, values: vec![value("b"), value("c")], unseen: Vec::new() };
    use Sight::{Before, Neither, Written};
    for (found, elsewhere, in_place) in [
        (Some(there(&["c", "b"])), Written, Written),
        (Some(there(&["b", "a"])), Before, Before),
        (Some(there(&["b", "c", "theirs"])), Neither, Written),
        (Some(there(&["a", "b", "c"])), Neither, Before),
        (Some(there(&["c"])), Neither, Written),
        (Some(there(&["b"])), Neither, Before),
        (None, Neither, Before),
    ] {
        let (one, other) = (profile("Folder", None), profile("ActiveDirectory", None));
        let seen = |profile| mode::of(profile).sight(&change, &write, found.as_ref());
        assert_eq!((seen(&one), seen(&other)), (elsewhere, in_place), "{found:?}");
    }
}

#[test]
fn what_a_request_left_in_flight_is_read_back_in_place_and_left_to_the_import_elsewhere() {
    for (target, left) in [
        ("Folder", ChangeState::Pending),
        ("ExchangeOnline", ChangeState::Pending),
        ("ExchangeSession", ChangeState::Pending),
        ("ActiveDirectory", ChangeState::InFlight),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let change = Change { state: ChangeState::InFlight, ..change(&[], &["a"]) };
        state.put_change(&change, digest(&change.after)).unwrap();
        mode::of(&profile(target, None)).take_over(&state, change.run_id).unwrap();
        assert_eq!(state.open_change("id-alice").unwrap().unwrap().state, left, "{target}");
    }
}

#[test]
fn only_what_is_put_right_in_place_can_leave_recipients_of_the_source_without_values() {
    for (target, emptied) in
        [("Folder", 0), ("ExchangeOnline", 0), ("ExchangeSession", 0), ("ActiveDirectory", 1)]
    {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let (all, some) = (change(&["a"], &[]), change(&["a", "b"], &["b"]));
        for change in [all, Change { anchor: "id-bob".into(), ..some }] {
            state.put_change(&change, digest(&change.after)).unwrap();
        }
        let profile = profile(target, None);
        let counted = mode::of(&profile).emptied(&state, 1, ChangeState::Pending).unwrap();
        assert_eq!(counted, emptied, "{target}");
    }
}
