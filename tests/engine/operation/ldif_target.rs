//! The target `Ldif`: the changes that putting a directory right in place would make, as a file.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::json;
use smime_sync::{error::ErrorId, event::ResultType};

use super::sync::{Home, generate, sync};

/// The lines of an LDIF text, put together again; comments left out.
fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace("\n ", "");
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Changes by DN: `delete` and `add` lines, each with the line of the value.
fn changes(path: &Path) -> BTreeMap<String, Vec<(String, String)>> {
    let text = fs::read_to_string(path).unwrap();
    let lines = lines(&text);
    assert_eq!(lines[0], "version: 1");
    let (mut all, mut dn, mut operation) = (BTreeMap::new(), String::new(), String::new());
    for line in &lines[1..] {
        match line.split_once(": ") {
            Some(("dn", name)) => {
                dn = name.to_owned();
                assert!(all.insert(dn.clone(), Vec::new()).is_none(), "one record an object");
            }
            Some(("changetype", kind)) => assert_eq!(kind, "modify"),
            Some((verb @ ("delete" | "add"), _)) => operation = verb.to_owned(),
            Some(_) => all.get_mut(&dn).unwrap().push((operation.clone(), line.clone())),
            None => assert!(line.is_empty() || line == "-", "{line}"),
        }
    }
    all
}

/// Makes the changes to an export of the directory, as a server would: what is not there can't be deleted.
fn load(changes: &BTreeMap<String, Vec<(String, String)>>, directory: &Path) {
    let text = fs::read_to_string(directory).unwrap();
    let (mut result, mut dn, mut done) = (Vec::new(), String::new(), 0);
    for line in lines(&text) {
        if let Some(name) = line.strip_prefix("dn: ") {
            dn = name.to_owned();
        }
        let goes =
            changes.get(&dn).is_some_and(|changes| changes.contains(&("delete".to_owned(), line.clone())));
        done += usize::from(goes);
        if !goes {
            result.push(line);
        }
    }
    assert_eq!(done, changes.values().map(Vec::len).sum::<usize>(), "each value is there once");
    fs::write(directory, result.join("\n") + "\n").unwrap();
}

fn profile(home: &Home) -> serde_json::Value {
    home.profile(json!({"Target": "Ldif", "OutputPath": home.path("changes.ldif")}))
}

/// What a run planned and exported.
fn numbers(run: &serde_json::Value) -> (String, u64, u64) {
    let number = |name: &str| run[name].as_u64().unwrap();
    let planned = number("Add") + number("Update") + number("Remove");
    (run["Result"].as_str().unwrap().to_owned(), planned, number("Exported"))
}

#[test]
fn the_file_has_what_is_to_be_changed_until_it_is_loaded() {
    let home = Home::new();
    generate(&home, 300, 1);
    home.results(ResultType::Profile, profile(&home));
    let file = home.path("changes.ldif");

    let preview = home.results(ResultType::Run, sync(json!({"WhatIf": true})));
    assert!(!file.exists(), "a preview writes nothing");

    let (result, planned, exported) = numbers(&home.results(ResultType::Run, sync(json!({})))[0]);
    assert_eq!((result.as_str(), planned), ("Success", exported));
    assert_eq!(numbers(&preview[0]).1, planned);
    let found = changes(&file);
    assert_eq!(found.len() as u64, exported);
    assert!(exported > 10, "{exported}");
    assert!(
        found.values().flatten().all(|(operation, _)| operation == "delete"),
        "in place nothing is added"
    );

    // Nobody has loaded it, so that all of it is still to be done; the guard counts nobody twice.
    let before = fs::read(&file).unwrap();
    for _ in 0..3 {
        assert_eq!(numbers(&home.results(ResultType::Run, sync(json!({})))[0]).0, "Success");
    }
    assert!(fs::read(&file).unwrap() == before);

    load(&found, &home.path("directory.ldif"));
    let run = home.results(ResultType::Run, sync(json!({})));
    assert_eq!(numbers(&run[0]), ("Success".into(), 0, 0));
    assert!(changes(&file).is_empty(), "the file is about this run alone");
}

#[test]
fn a_run_of_some_writes_these_and_what_is_declined_is_left_out() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, profile(&home));
    let first = home.results(ResultType::Change, sync(json!({"WhatIf": true, "PassThru": true})));
    let label = first[0]["Recipient"].as_str().unwrap();
    home.results(ResultType::Run, sync(json!({"Identity": [label]})));
    assert_eq!(changes(&home.path("changes.ldif")).len(), 1, "also by a new state");
    home.results(ResultType::Run, sync(json!({})));
    assert_eq!(changes(&home.path("changes.ldif")).len(), first.len());
}

#[test]
fn a_run_that_does_not_reach_its_end_leaves_the_file_before_it() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, profile(&home));
    home.results(ResultType::Run, sync(json!({})));
    let file = home.path("changes.ldif");
    let before = fs::read(&file).unwrap();
    let directory = home.path("directory.ldif");
    let text = fs::read_to_string(&directory).unwrap();
    fs::write(&directory, text.trim_end()).unwrap();
    assert_eq!(home.ask(sync(json!({}))).0.unwrap_err().id, ErrorId::LdifTruncated);
    assert!(fs::read(&file).unwrap() == before);
    let left = fs::read_dir(file.parent().unwrap()).unwrap();
    let left = left.filter(|one| one.as_ref().unwrap().file_name().to_string_lossy().starts_with(".smime"));
    assert_eq!(left.count(), 0, "nothing lies about");
}

#[test]
fn where_no_file_can_be_the_run_stops_and_tells_why() {
    for (path, words) in [("folder", "it is a folder"), ("gone/changes.ldif", "Cannot write")] {
        let home = Home::new();
        generate(&home, 60, 1);
        fs::create_dir(home.path("folder")).unwrap();
        home.results(
            ResultType::Profile,
            home.profile(json!({"Target": "Ldif", "OutputPath": home.path(path)})),
        );
        let error = home.ask(sync(json!({}))).0.unwrap_err();
        assert_eq!(error.id, ErrorId::TargetNotWritable, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn a_source_without_objects_to_change_is_refused() {
    let home = Home::new();
    let (done, _) = home.ask(home.profile(json!({
        "Source": "Csv", "Target": "Ldif", "OutputPath": home.path("changes.ldif"),
    })));
    let error = done.unwrap_err();
    assert_eq!(error.id, ErrorId::ProfileInvalid);
    assert!(error.message.contains("which Csv is none of"), "{error}");
}
