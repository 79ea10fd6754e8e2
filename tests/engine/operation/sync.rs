//! The main job as a caller asks for it: requests in, events out, over a generated directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use smime_sync::{
    error::{ErrorId, Result},
    event::{Event, ResultType},
    operation::{Engine, EngineConfig, Request},
};

use crate::{
    common::events::{Declining, Recorder},
    generator,
};

mod replacements;

pub(super) struct Home(tempfile::TempDir);

impl Home {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn ask(&self, request: Value) -> (Result<()>, Vec<Event>) {
        let config =
            EngineConfig { home: Some(self.0.path().to_str().unwrap().into()), ..EngineConfig::default() };
        let told = Recorder::new(Declining::default());
        let request: Request = serde_json::from_value(request).unwrap();
        let done = Engine::new(config).unwrap().run(request, &told.context());
        (done, told.events())
    }

    pub(super) fn results(&self, kind: ResultType, request: Value) -> Vec<Value> {
        let (done, events) = self.ask(request);
        done.unwrap();
        events.into_iter().filter_map(|event| of_kind(event, kind)).collect()
    }

    pub(super) fn profile(&self, settings: Value) -> Value {
        let mut profile = json!({
            "Name": "corp", "Source": "Ldif", "Path": self.path("directory.ldif"), "Target": "Folder",
            "OutputPath": self.path("out"), "TrustAnchorPath": [self.path("anchors")],
        });
        profile.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        json!({"Operation": "NewProfile", "Profile": profile, "Force": true})
    }
}

fn of_kind(event: Event, wanted: ResultType) -> Option<Value> {
    match event {
        Event::Result { kind, object } if kind == wanted => Some(object),
        _ => None,
    }
}

/// The directory of the demo and the lab.
pub(super) fn generate(home: &Home, people: u64, revision: u8) -> Vec<generator::Expected> {
    let settings = generator::Settings { people, revision, ..generator::Settings::default() };
    generator::generate(&settings, home.0.path()).unwrap();
    serde_json::from_slice(&fs::read(home.path("expected.json")).unwrap()).unwrap()
}

/// What is published, by recipient: the fingerprints of the certificates, best first.
fn published(home: &Home) -> BTreeMap<String, Vec<String>> {
    let index: Vec<Value> =
        serde_json::from_slice(&fs::read(home.path("out").join("index.json")).unwrap()).unwrap();
    let file = |line: &Value| {
        let text = fs::read(home.path("out").join(line["File"].as_str().unwrap())).unwrap();
        let file: Value = serde_json::from_slice(&text).unwrap();
        let ders =
            file["Values"].as_array().unwrap().iter().filter(|value| value["Attribute"] == "userCertificate");
        let values = ders.map(|value| value["Value"].as_str().unwrap().to_owned()).collect();
        (file["Recipient"].as_str().unwrap().to_owned(), values)
    };
    index.iter().map(file).collect()
}

fn expected_published(expected: &[generator::Expected]) -> BTreeMap<String, Vec<String>> {
    let chosen = expected.iter().filter(|person| !person.chosen.is_empty());
    chosen.map(|person| (person.address.clone().unwrap(), person.chosen.clone())).collect()
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

pub(super) fn sync(extra: Value) -> Value {
    let mut request = json!({"Operation": "Sync", "ProfileName": "corp"});
    request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    request
}

#[test]
fn a_generated_directory_is_published_previewed_and_brought_up_to_date() {
    let home = Home::new();
    let expected = generate(&home, 300, 1);
    home.results(ResultType::Profile, home.profile(json!({"MissingPeriod": 0})));
    let preview = home.results(ResultType::Run, sync(json!({"WhatIf": true})));
    assert!(!home.path("state").exists() && !home.path("out").exists());
    let first = home.results(ResultType::Run, sync(json!({})));
    assert_eq!(first[0]["Add"], preview[0]["Add"]);
    assert!(first[0]["Add"].as_u64().unwrap() > 200, "{}", first[0]);
    assert_eq!(published(&home), expected_published(&expected));
    let before = files(&home.path("out"));
    let second = home.results(ResultType::Run, sync(json!({})));
    assert_eq!(
        (second[0]["Add"].as_u64(), second[0]["Update"].as_u64(), second[0]["Remove"].as_u64()),
        (Some(0), Some(0), Some(0))
    );
    assert_eq!(files(&home.path("out")), before);
    let expected = generate(&home, 300, 2);
    let third = home.results(ResultType::Run, sync(json!({})));
    let changes: u64 = ["Add", "Update", "Remove"].iter().map(|kind| third[0][kind].as_u64().unwrap()).sum();
    assert!((5..=12).contains(&changes), "ten people changed: {}", third[0]);
    assert_eq!(published(&home), expected_published(&expected));
    let listed = home
        .results(ResultType::Change, json!({"Operation": "GetChange", "ProfileName": "corp", "RunId": 3}));
    assert_eq!(listed.len() as u64, changes);
    assert!(listed.iter().all(|change| !change["Reasons"].as_array().unwrap().is_empty()));
    let runs = home.results(ResultType::Run, json!({"Operation": "GetRun"}));
    assert_eq!(runs.iter().map(|run| run["Id"].as_i64().unwrap()).collect::<Vec<_>>(), [3, 2, 1]);
}

#[test]
fn a_persons_certificates_are_shown_with_their_findings() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    let request =
        json!({"Operation": "GetCertificate", "ProfileName": "corp", "Identity": ["ALICE@contoso.test"]});
    let shown = home.results(ResultType::Certificate, request);
    assert_eq!(
        (&shown[0]["Recipient"], &shown[0]["State"]),
        (&json!("alice@contoso.test"), &json!("Chosen"))
    );
    let (done, events) =
        home.ask(json!({"Operation": "GetCertificate", "ProfileName": "corp", "Identity": ["nobody"]}));
    done.unwrap();
    assert!(matches!(&events[0], Event::Error { error } if error.error.id == ErrorId::IdentityNotFound));
}

#[test]
fn what_a_profile_lacks_is_named() {
    let home = Home::new();
    let cases = [
        (json!({"Path": home.path("none.ldif")}), ErrorId::LdifUnreadable),
        (json!({"TrustAnchorPath": []}), ErrorId::TrustAnchorMissing),
        (json!({"TrustAnchorPath": [home.path("none")]}), ErrorId::TrustAnchorMissing),
    ];
    generate(&home, 20, 1);
    for (settings, id) in cases {
        home.results(ResultType::Profile, home.profile(settings));
        let (done, events) = home.ask(sync(json!({})));
        assert_eq!(done.unwrap_err().id, id);
        let run = events.into_iter().find_map(|event| of_kind(event, ResultType::Run)).unwrap();
        assert_eq!(run["Result"], "Stopped", "the history shows it, too");
    }
    let active_directory = json!({"Source": "ActiveDirectory", "Path": null, "Server": "dc1.contoso.test", "SearchBase": ["DC=contoso,DC=test"], "Authentication": "Password"});
    home.results(ResultType::Profile, home.profile(active_directory));
    assert_eq!(home.ask(sync(json!({}))).0.unwrap_err().id, ErrorId::CredentialMissing);
}

#[test]
fn profiles_are_made_shown_changed_and_removed() {
    let home = Home::new();
    let make = home.profile(json!({}));
    home.results(ResultType::Profile, make.clone());
    let mut again = make;
    again["Force"] = false.into();
    assert_eq!(home.ask(again).0.unwrap_err().id, ErrorId::ProfileExists);
    let set = |settings: Value| {
        home.ask(json!({"Operation": "SetProfile", "Name": "corp", "Settings": settings})).0
    };
    set(json!({"RemovalLimit": 7, "Policy": "Strict"})).unwrap();
    set(json!({"Policy": null})).unwrap();
    for wrong in [
        json!({"NoSuchSetting": 1}),
        json!({"Name": "x"}),
        json!({"RemovalPercent": 101}),
        json!({"Path": null}),
        json!({"Path": "relative"}),
        json!({"Timeout": 0}),
    ] {
        assert_eq!(set(wrong.clone()).unwrap_err().id, ErrorId::ProfileInvalid, "{wrong}");
    }
    let shown = home.results(ResultType::Profile, json!({"Operation": "GetProfile", "Name": ["CORP"]}));
    assert_eq!((&shown[0]["RemovalLimit"], &shown[0]["Policy"]), (&json!(7), &json!("Standard")));
    // Wildcards are the caller's: here they are names that no profile has.
    for unknown in ["x", "C*"] {
        let (_, events) = home.ask(json!({"Operation": "GetProfile", "Name": [unknown]}));
        assert!(
            matches!(&events[..], [Event::Error { error }] if error.error.id == ErrorId::ProfileNotFound)
        );
    }
    fs::write(home.path("profiles").join("broken.json"), "{").unwrap();
    let (_, events) = home.ask(json!({"Operation": "GetProfile"}));
    assert!(events.iter().any(
        |event| matches!(event, Event::Error { error } if error.error.id == ErrorId::ProfileUnreadable)
    ));
    for name in ["corp", "broken"] {
        home.ask(json!({"Operation": "RemoveProfile", "Name": name})).0.unwrap();
    }
    assert_eq!(
        home.ask(json!({"Operation": "RemoveProfile", "Name": "corp"})).0.unwrap_err().id,
        ErrorId::ProfileNotFound
    );
}

#[test]
fn a_removed_profile_leaves_the_target_as_it_is_and_says_so() {
    let home = Home::new();
    generate(&home, 20, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    home.results(ResultType::Run, sync(json!({})));
    let before = files(&home.path("out"));
    let (done, events) = home.ask(json!({"Operation": "RemoveProfile", "Name": "corp"}));
    done.unwrap();
    let text = format!("{events:?}");
    assert!(text.contains("stays at the target"), "{text}");
    assert_eq!(files(&home.path("out")), before);
    assert_eq!(fs::read_dir(home.path("state")).unwrap().count(), 0);
}

#[test]
fn a_profile_made_anew_under_the_name_of_another_one_knows_nothing_of_it() {
    let home = Home::new();
    generate(&home, 20, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    let first = home.results(ResultType::Run, sync(json!({})));
    home.ask(json!({"Operation": "RemoveProfile", "Name": "CORP"})).0.unwrap();
    assert_eq!(fs::read_dir(home.path("state")).unwrap().count(), 0, "in any case it is that one");
    // Nothing of the old one is anybody's of the new one.
    let elsewhere = home.path("elsewhere").display().to_string();
    home.results(ResultType::Profile, home.profile(json!({ "OutputPath": elsewhere })));
    let anew = home.results(ResultType::Run, sync(json!({})));
    assert_eq!((&anew[0]["Add"], &anew[0]["Id"]), (&first[0]["Add"], &json!(1)));
}

#[test]
fn a_profile_is_one_in_any_case_of_its_name() {
    let home = Home::new();
    generate(&home, 20, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    home.results(ResultType::Run, sync(json!({ "ProfileName": "CORP" })));
    let runs = home.results(ResultType::Run, json!({"Operation": "GetRun", "ProfileName": ["Corp"]}));
    assert_eq!((runs.len(), &runs[0]["ProfileName"]), (1, &json!("corp")));
    for force in [false, true] {
        let mut twin = home.profile(json!({ "Name": "Corp" }));
        twin["Force"] = force.into();
        let error = home.ask(twin).0.unwrap_err();
        assert_eq!(
            (error.id, error.message.as_str()),
            (ErrorId::ProfileExists, "There is a profile 'corp' already.")
        );
    }
    assert_eq!(fs::read_dir(home.path("profiles")).unwrap().count(), 1);
}

#[test]
fn a_profile_is_tested_point_by_point() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    let test = json!({"Operation": "TestProfile", "ProfileName": "corp"});
    let results = |checks: &[Value]| -> Vec<String> {
        checks
            .iter()
            .map(|check| {
                format!("{} {}", check["Check"].as_str().unwrap(), check["Result"].as_str().unwrap())
            })
            .collect()
    };
    let checks = home.results(ResultType::ProfileTest, test.clone());
    let all = [
        "TrustAnchor Passed",
        "Source Passed",
        "Clock Passed",
        "Recipient Passed",
        "Value Passed",
        "Target Passed",
        "State Passed",
    ];
    assert_eq!(results(&checks), all);
    fs::write(
        home.path("directory.ldif"),
        "dn: CN=a,DC=b\nobjectClass: user\ncn: a\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAA==\n",
    )
    .unwrap();
    let checks = home.results(ResultType::ProfileTest, test);
    assert!(results(&checks).contains(&"Value Failed".to_owned()), "{checks:?}");
}

#[test]
fn the_certificates_of_target_and_state_are_the_published_ones() {
    let home = Home::new();
    let expected = generate(&home, 60, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    let of = |source: &str, identity: &[&str]| {
        let request = json!({"Operation": "GetCertificate", "ProfileName": "corp", "Source": source, "Identity": identity});
        let ours = |one: &Value| one["Attribute"] == "userCertificate";
        let mut found: Vec<(String, String)> = home
            .results(ResultType::Certificate, request)
            .iter()
            .filter(|one| ours(one))
            .map(|one| (one["Recipient"].as_str().unwrap().into(), one["Value"].as_str().unwrap().into()))
            .collect();
        found.sort();
        found
    };
    assert_eq!((of("Target", &[]), of("State", &[])), (vec![], vec![]), "nothing is published yet");
    home.results(ResultType::Run, sync(json!({})));
    let mut wanted: Vec<(String, String)> = expected_published(&expected)
        .into_iter()
        .flat_map(|(address, values)| values.into_iter().map(move |value| (address.clone(), value)))
        .collect();
    wanted.sort();
    assert_eq!(of("Target", &[]), wanted);
    assert_eq!(of("State", &[]), wanted);
    let (someone, _) = &wanted[0];
    let only: Vec<_> = wanted.iter().filter(|(address, _)| address == someone).cloned().collect();
    assert_eq!(of("Target", &[someone]), only);
    let (done, events) = home.ask(
        json!({"Operation": "GetCertificate", "ProfileName": "corp", "Source": "State", "Identity": ["nobody@contoso.test"]}),
    );
    done.unwrap();
    assert!(matches!(&events[0], Event::Error { error } if error.error.id == ErrorId::IdentityNotFound
        && error.error.message == "The state of profile 'corp' has no recipient 'nobody@contoso.test'."));
}

#[test]
fn certificates_that_the_state_lost_or_that_were_changed_in_it_are_not_handed_out() {
    for (damage, why) in [
        ("UPDATE value SET bytes = x'00'", "the bytes of its value "),
        ("DELETE FROM value", "it has lost the value "),
    ] {
        let home = Home::new();
        generate(&home, 10, 1);
        home.results(ResultType::Profile, home.profile(json!({})));
        home.results(ResultType::Run, sync(json!({})));
        let state = home.path("state").join("corp.db");
        rusqlite::Connection::open(&state).unwrap().execute_batch(damage).unwrap();
        let (done, _) =
            home.ask(json!({"Operation": "GetCertificate", "ProfileName": "corp", "Source": "State"}));
        let error = done.unwrap_err();
        assert_eq!(error.id, ErrorId::StateCorrupt, "{damage}: {error}");
        let start = format!("The state '{}' is damaged: {why}", state.display());
        assert!(error.message.starts_with(&start), "{damage}: {error}");
    }
}
