//! Source against target, without a state.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use smime_sync::{error::ErrorId, event::ResultType};

use super::sync::{Home, generate, sync};

fn compare(home: &Home, extra: Value) -> Vec<Value> {
    let mut request = json!({"Operation": "Compare", "ProfileName": "corp"});
    request.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    home.results(ResultType::Difference, request)
}

fn kinds(rows: &[Value]) -> BTreeSet<&str> {
    rows.iter().map(|row| row["Difference"].as_str().unwrap()).collect()
}

/// The names of the files of the folder.
fn published(home: &Home) -> Vec<String> {
    let names = fs::read_dir(home.path("out")).unwrap().map(|one| one.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".json") && name != "index.json");
    names.sort();
    names
}

#[test]
fn what_a_first_run_would_publish_is_missing_and_after_it_nothing_differs() {
    let home = Home::new();
    let expected = generate(&home, 300, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    let rows = compare(&home, json!({}));
    assert_eq!(kinds(&rows), ["MissingAtTarget"].into());
    assert!(rows.iter().all(|row| row["SideIndicator"] == "<=" && !row["Thumbprint"].is_null()));
    let missing: BTreeSet<_> = rows.iter().map(|row| row["Recipient"].as_str().unwrap()).collect();
    let chosen = expected.iter().filter(|one| !one.chosen.is_empty());
    assert_eq!(missing, chosen.map(|one| one.address.as_deref().unwrap()).collect());
    assert!(!home.path("state").exists() && !home.path("out").exists(), "nothing is written");

    home.results(ResultType::Run, sync(json!({})));
    assert!(compare(&home, json!({})).is_empty());
    // Also where nothing is known of the run.
    fs::remove_dir_all(home.path("state")).unwrap();
    assert!(compare(&home, json!({})).is_empty());
}

#[test]
fn what_changed_on_either_side_is_a_row_each() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    home.results(ResultType::Run, sync(json!({})));
    let names = published(&home);
    let (gone, other) = (&names[0], &names[1]);
    let file = |name: &str| home.path("out").join(name);
    fs::remove_file(file(gone)).unwrap();
    // Somebody whom the source does not know, with the values of another one.
    let mut stranger: Value = serde_json::from_slice(&fs::read(file(other)).unwrap()).unwrap();
    stranger["Anchor"] = json!("00000000-0000-4000-8000-000000000000");
    stranger["Recipient"] = json!("nobody@contoso.test");
    fs::write(file("nobody@contoso.test.json"), stranger.to_string()).unwrap();
    // And a value that is nobody's choice.
    let mut more: Value = serde_json::from_slice(&fs::read(file(other)).unwrap()).unwrap();
    more["Values"].as_array_mut().unwrap().push(json!({
        "Attribute": "userCertificate", "Data": "AQID",
        "Value": "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
    }));
    fs::write(file(other), more.to_string()).unwrap();

    let rows = compare(&home, json!({}));
    assert_eq!(kinds(&rows), ["ExtraAtTarget", "MissingAtTarget", "NotInSource"].into());
    let of = |kind: &str| rows.iter().filter(|row| row["Difference"] == kind).collect::<Vec<_>>();
    let missing = of("MissingAtTarget");
    assert!(missing.iter().all(|row| row["Recipient"] == gone.trim_end_matches(".json")), "{missing:?}");
    let [extra] = of("ExtraAtTarget")[..] else { panic!("{rows:?}") };
    assert_eq!((&extra["SideIndicator"], &extra["Thumbprint"]), (&json!("=>"), &Value::Null));
    assert_eq!(extra["Target"], other.trim_end_matches(".json"));
    let strangers = of("NotInSource");
    assert!(strangers.iter().all(|row| row["Recipient"] == "nobody@contoso.test" && row["Anchor"].is_null()));

    let named = compare(&home, json!({"Identity": [other.trim_end_matches(".json")]}));
    assert_eq!(named, std::slice::from_ref(extra), "of those who are named, and of nobody else");
    let request = json!({"Operation": "Compare", "ProfileName": "corp", "Identity": ["nobody@x"]});
    let (done, events) = home.ask(request);
    done.unwrap();
    let unknown = events.iter().any(|event| {
        matches!(event, smime_sync::event::Event::Error { error } if error.error.id == ErrorId::IdentityNotFound)
    });
    assert!(unknown, "{events:?}");
}

#[test]
fn in_place_the_differences_are_the_values_that_go() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(
        ResultType::Profile,
        home.profile(json!({"Target": "Ldif", "OutputPath": home.path("changes.ldif")})),
    );
    let rows = compare(&home, json!({}));
    assert_eq!(kinds(&rows), ["ExtraAtTarget"].into());
    home.results(ResultType::Run, sync(json!({})));
    let text = fs::read_to_string(home.path("changes.ldif")).unwrap();
    let values = text.lines().filter(|line| line.starts_with("user") && line.contains("::")).count();
    assert_eq!(rows.len(), values);
}
