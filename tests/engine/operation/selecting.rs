//! Whose certificates `GetCertificate` shows: names, wildcards, filters.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use smime_sync::{
    error::{ErrorId, Result},
    event::{Event, ResultType},
};

use super::sync::{Home, generate, sync};

fn home() -> Home {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    home
}

fn ask(home: &Home, extra: Value) -> (Result<()>, Vec<Event>) {
    let mut request = json!({"Operation": "GetCertificate", "ProfileName": "corp"});
    request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    home.ask(request)
}

/// The recipients of what is shown, each once, and how many rows there were; no error is told.
fn shown(home: &Home, extra: Value) -> (BTreeSet<String>, usize) {
    let (done, events) = ask(home, extra);
    done.unwrap();
    let rows: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::Result { kind: ResultType::Certificate, object } => {
                Some(object["Recipient"].as_str().unwrap().to_owned())
            }
            Event::Error { error } if error.error.id == ErrorId::IdentityNotFound => panic!("{error:?}"),
            _ => None,
        })
        .collect();
    (rows.iter().cloned().collect(), rows.len())
}

#[test]
fn wildcards_name_all_whose_names_they_match() {
    let home = home();
    let (all, rows) = shown(&home, json!({}));
    let with_a: BTreeSet<String> = all.iter().filter(|name| name.starts_with('a')).cloned().collect();
    assert!(!with_a.is_empty() && with_a.len() < all.len());
    assert_eq!(shown(&home, json!({"Identity": ["a*@contoso.test"]})).0, with_a);
    assert_eq!(shown(&home, json!({"Identity": ["A*@CONTOSO.test"]})).0, with_a);
    assert_eq!(shown(&home, json!({"Identity": ["*"]})).1, rows);
    let alice = BTreeSet::from(["alice@contoso.test".to_owned()]);
    assert_eq!(shown(&home, json!({"Identity": ["al[hij]ce@contoso.test"]})).0, alice);
    assert_eq!(shown(&home, json!({"Identity": ["nobody*"]})).0, BTreeSet::new(), "which is no error");
    let both = shown(&home, json!({"Identity": ["alice@contoso.test", "alic*"]}));
    assert_eq!(both, shown(&home, json!({"Identity": ["alice@contoso.test"]})), "nobody comes twice");
}

#[test]
fn distinguished_names_are_matched_by_patterns_with_an_equals_sign() {
    let home = home();
    let (all, _) = shown(&home, json!({}));
    assert_eq!(shown(&home, json!({"Identity": ["CN=*,OU=*"]})).0, all);
    assert_eq!(shown(&home, json!({"Identity": ["*,OU*"]})).0.len(), 0);
}

#[test]
fn a_backtick_takes_a_wildcard_as_it_is() {
    let home = home();
    let (done, events) = ask(&home, json!({"Identity": ["alice`*"]}));
    done.unwrap();
    assert!(matches!(&events[..], [Event::Error { error }] if error.error.id == ErrorId::IdentityNotFound));
    let error = ask(&home, json!({"Identity": ["[a"]})).0.unwrap_err();
    assert_eq!(error.id, ErrorId::InvalidRequest);
}

#[test]
fn wildcards_name_those_of_the_target_and_of_the_state_too() {
    let home = home();
    home.results(ResultType::Run, sync(json!({})));
    for place in ["Target", "State"] {
        let (all, _) = shown(&home, json!({"Source": place}));
        let with_a: BTreeSet<String> = all.iter().filter(|name| name.starts_with('a')).cloned().collect();
        assert!(!with_a.is_empty() && with_a.len() < all.len());
        assert_eq!(shown(&home, json!({"Source": place, "Identity": ["a*"]})).0, with_a, "{place}");
    }
}

#[test]
fn only_directories_know_filters() {
    let home = home();
    for place in ["Directory", "Target", "State"] {
        let (done, events) = ask(&home, json!({"Filter": "(cn=a*)", "Source": place}));
        assert_eq!(done.unwrap_err().id, ErrorId::FilterUnsupported, "{place}");
        assert!(events.is_empty(), "{place}");
    }
}
