//! The target `Ldif`: the changes that putting a directory right in place would make, as a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use smime_sync::{error::ErrorId, event::ResultType};

use super::sync::{Home, generate, sync};

/// The lines of an LDIF text, put together again; comments left out.
fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace("\n ", "");
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// A part of a change record: `delete`, `add` or `replace`, the attribute, and the lines of the values.
#[derive(Debug)]
struct Part {
    verb: String,
    attribute: String,
    values: Vec<String>,
}

/// The parts of the change records, by DN.
type Changes = BTreeMap<String, Vec<Part>>;

fn changes(path: &Path) -> Changes {
    let text = fs::read_to_string(path).unwrap();
    let lines = lines(&text);
    assert_eq!(lines[0], "version: 1");
    let (mut all, mut dn) = (Changes::new(), String::new());
    for line in &lines[1..] {
        match line.split_once(": ") {
            Some(("dn", name)) => {
                dn = name.to_owned();
                assert!(all.insert(dn.clone(), Vec::new()).is_none(), "one record an object");
            }
            Some(("changetype", kind)) => assert_eq!(kind, "modify"),
            Some((verb @ ("delete" | "add" | "replace"), attribute)) => all
                .get_mut(&dn)
                .unwrap()
                .push(Part { verb: verb.to_owned(), attribute: attribute.to_owned(), values: Vec::new() }),
            Some((name, _)) => {
                let part = all.get_mut(&dn).unwrap().last_mut().unwrap();
                assert_eq!(name.trim_end_matches(':'), part.attribute);
                part.values.push(line.clone());
            }
            None => assert!(line.is_empty() || line == "-", "{line}"),
        }
    }
    all
}

/// Makes the changes to an export of the directory, as a server would: what is not there can't be deleted.
fn load(changes: &Changes, directory: &Path) {
    let text = fs::read_to_string(directory).unwrap();
    let mut changed = BTreeSet::new();
    let record = |record: &[String]| {
        let mut record = record.to_vec();
        let dn = record.iter().find_map(|line| line.strip_prefix("dn: ")).unwrap_or_default().to_owned();
        for Part { verb, attribute, values } in changes.get(&dn).into_iter().flatten() {
            changed.insert(dn.clone());
            match verb.as_str() {
                "delete" => values.iter().for_each(|value| {
                    let place = record.iter().position(|line| line == value);
                    record.remove(place.expect("what is deleted is there"));
                }),
                "replace" => record.retain(|line| !line.starts_with(&format!("{attribute}:"))),
                _ => {}
            }
            if verb != "delete" {
                record.extend(values.iter().cloned());
            }
        }
        record.join("\n") + "\n\n"
    };
    let result: String = lines(&text).split(|line| line.is_empty()).map(record).collect();
    assert!(changed.iter().eq(changes.keys()), "each object is there");
    fs::write(directory, result).unwrap();
}

/// Makes of an export of Active Directory one of another server.
fn as_other_server(directory: &Path) {
    let line = |line: String| match line.split_once(": ") {
        Some(("objectGUID:", guid)) => {
            let bytes: [u8; 16] = STANDARD.decode(guid).unwrap().try_into().unwrap();
            format!("entryUUID: {}", uuid::Uuid::from_bytes(bytes))
        }
        Some(("userCertificate:", value)) => format!("userCertificate;binary:: {value}"),
        _ => line,
    };
    let text = fs::read_to_string(directory).unwrap();
    let text: Vec<String> = lines(&text).into_iter().map(line).collect();
    fs::write(directory, text.join("\n") + "\n").unwrap();
}

/// Who has which certificate chosen.
fn chosen(home: &Home) -> BTreeSet<(String, String)> {
    let all = home.results(
        ResultType::Certificate,
        json!({"Operation": "GetCertificate", "ProfileName": "corp", "State": ["Chosen"]}),
    );
    let text = |one: &serde_json::Value, name: &str| one[name].as_str().unwrap().to_owned();
    all.iter().map(|one| (text(one, "Recipient"), text(one, "Thumbprint"))).collect()
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
        found.values().flatten().all(|part| part.verb == "delete"),
        "exact values go, and nothing is added"
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

/// Whatever server the file is loaded into: nothing is left to be done, and whatever was chosen still is.
#[test]
fn what_is_loaded_puts_everything_right_and_takes_away_nothing_else() {
    for (revision, is_other) in [(1, false), (1, true), (2, true)] {
        let home = Home::new();
        generate(&home, 200, revision);
        let directory = home.path("directory.ldif");
        if is_other {
            as_other_server(&directory);
        }
        home.results(ResultType::Profile, profile(&home));
        let before = chosen(&home);
        assert!(before.len() > 50, "{}", before.len());
        let run = &home.results(ResultType::Run, sync(json!({})))[0];
        assert_eq!(run["Result"], "Success", "{run}");
        let found = changes(&home.path("changes.ldif"));
        let verbs: BTreeSet<(&str, &str)> =
            found.values().flatten().map(|part| (part.verb.as_str(), part.attribute.as_str())).collect();
        // RFC 4512, 2.5.1, with RFC 2798, 2.8.
        let expected = match is_other {
            true => [("delete", "userCertificate;binary"), ("replace", "userSMIMECertificate")],
            false => [("delete", "userCertificate"), ("delete", "userSMIMECertificate")],
        };
        assert_eq!(verbs, expected.into(), "{revision}");
        let parts = || found.values().flatten().filter(|part| part.verb == "replace");
        assert_eq!(is_other, parts().any(|part| part.values.is_empty()), "some keep none");

        load(&found, &directory);
        assert_eq!(numbers(&home.results(ResultType::Run, sync(json!({})))[0]), ("Success".into(), 0, 0));
        assert!(changes(&home.path("changes.ldif")).is_empty());
        assert_eq!(chosen(&home), before, "{revision} {is_other}");
    }
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
    for (path, words) in [
        ("folder", "it is a folder"),
        ("gone/changes.ldif", "Cannot write"),
        ("socket", "it is a pipe, socket or device"),
        ("link.ldif", "is no file of changes that SmimeSync wrote"),
    ] {
        let home = Home::new();
        #[cfg(unix)]
        let _socket = std::os::unix::net::UnixListener::bind(home.path("socket")).unwrap();
        generate(&home, 60, 1);
        // Another name of the source itself.
        #[cfg(unix)]
        std::os::unix::fs::symlink(home.path("directory.ldif"), home.path("link.ldif")).unwrap();
        let source = fs::read(home.path("directory.ldif")).unwrap();
        fs::create_dir(home.path("folder")).unwrap();
        home.results(
            ResultType::Profile,
            home.profile(json!({"Target": "Ldif", "OutputPath": home.path(path)})),
        );
        let error = home.ask(sync(json!({}))).0.unwrap_err();
        assert_eq!(error.id, ErrorId::TargetNotWritable, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert_eq!(fs::read(home.path("directory.ldif")).unwrap(), source);
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
