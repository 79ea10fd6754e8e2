//! The main job from Active Directory to a folder, against the Samba domain controller of `tests/lab/samba.sh`
//! with generated people.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::{Value, json};
use smime_sync::{
    error::{ErrorId, Result},
    event::ResultType,
    operation::{Engine, EngineConfig},
    profile::{ActiveDirectorySettings, FolderSettings, Profile, Source, Target},
};

use crate::common::{
    directory::{DOMAIN, Lab},
    events::context,
};

const READER: &str = "reader@contoso.test";
const LIMITED: &str = "limited@contoso.test";
/// The generator's containers.
const CONTAINERS: [&str; 3] = ["People", "Partners", "Devices"];

/// An engine with places of its own and a profile `corp`.
struct Corp {
    lab: Lab,
    home: tempfile::TempDir,
}

impl Corp {
    /// The profile reads these organizational units.
    fn of(units: &[&str]) -> Self {
        let corp = Self { lab: Lab::get(), home: tempfile::tempdir().unwrap() };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/people.sh");
        let status = Command::new("sh").arg(script).arg(&corp.lab.directory).arg("2000").status().unwrap();
        assert!(status.success(), "the lab was not filled with people");
        let bases: Vec<_> = units.iter().map(|unit| format!("OU={unit},{DOMAIN}")).collect();
        let directory = corp.lab.settings(&bases.iter().map(String::as_str).collect::<Vec<_>>());
        let source = Source::ActiveDirectory(ActiveDirectorySettings::of(directory));
        let target = Target::Folder(FolderSettings::new(corp.home.path().join("out")));
        let mut profile = Profile::new("corp", source, target);
        profile.trust.trust_anchor_path = vec![corp.lab.directory.join("people/anchors")];
        corp.request(READER, json!({ "Operation": "NewProfile", "Profile": profile })).1.unwrap();
        corp
    }

    /// Runs a request as `user`; the results, and how it ended.
    fn request(&self, user: &str, request: Value) -> (Vec<(ResultType, Value)>, Result<()>) {
        let home = Some(self.home.path().display().to_string());
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
        engine.set_secret("password", self.lab.password(user).as_bytes());
        let (context, recorder) = context();
        let ended = engine.run(serde_json::from_value(request).unwrap(), &context);
        (recorder.results(), ended)
    }

    /// Syncs; the run, and how it ended.
    fn sync(&self, user: &str, what_if: bool) -> (Value, Result<()>) {
        let credential = json!({ "UserName": user });
        let request = json!({ "Operation": "Sync", "ProfileName": "corp", "Credential": credential, "WhatIf": what_if });
        let (results, ended) = self.request(user, request);
        let run = results.into_iter().rfind(|(kind, _)| *kind == ResultType::Run);
        (run.map(|(_, run)| run).unwrap_or_default(), ended)
    }

    /// The thumbprints that the folder's index shows, by recipient.
    fn published(&self) -> BTreeMap<String, BTreeSet<String>> {
        let index = self.home.path().join("out/index.json");
        let lines: Vec<Value> = serde_json::from_slice(&fs::read(index).unwrap()).unwrap();
        let thumbprint = |certificate: &Value| certificate["Thumbprint"].as_str().unwrap().to_owned();
        let line = |line: &Value| {
            let certificates = line["Certificates"].as_array().unwrap();
            (line["Recipient"].as_str().unwrap().to_owned(), certificates.iter().map(thumbprint).collect())
        };
        lines.iter().map(line).collect()
    }
}

/// What the generator says of its people: those who are recipients, and who should have which thumbprints.
fn expected(lab: &Path) -> (usize, BTreeMap<String, BTreeSet<String>>) {
    let people: Vec<Value> =
        serde_json::from_slice(&fs::read(lab.join("people/expected.json")).unwrap()).unwrap();
    let recipients = || people.iter().filter(|one| !one["RecipientKind"].is_null());
    let wanted = recipients().filter(|one| !one["Chosen"].as_array().unwrap().is_empty()).map(|one| {
        let thumbprints =
            one["Thumbprints"].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned());
        (one["Address"].as_str().unwrap().to_owned(), thumbprints.collect())
    });
    (recipients().count(), wanted.collect())
}

#[test]
fn what_the_directory_holds_is_published_and_a_second_run_changes_nothing() {
    let corp = Corp::of(&CONTAINERS);
    let (recipients, wanted) = expected(&corp.lab.directory);

    let (preview, ended) = corp.sync(READER, true);
    assert_eq!((ended, &preview["WhatIf"]), (Ok(()), &json!(true)));
    assert!(!corp.home.path().join("out/index.json").exists(), "a preview writes nothing");

    let (first, ended) = corp.sync(READER, false);
    assert_eq!(ended, Ok(()));
    assert_eq!((&first["Recipients"], &first["Add"]), (&json!(recipients), &json!(wanted.len())), "{first}");
    assert_eq!((&preview["Add"], &first["Exported"]), (&first["Add"], &first["Add"]), "{first}");
    assert_eq!(corp.published(), wanted);

    let (second, ended) = corp.sync(READER, false);
    assert_eq!(ended, Ok(()));
    let changes = ["Add", "Update", "Remove", "Exported"].map(|name| second[name].as_u64());
    assert_eq!((changes, &second["Unchanged"]), ([Some(0); 4], &json!(recipients)), "{second}");
    assert_eq!(corp.published(), wanted);
}

#[test]
fn a_lost_right_to_read_the_values_holds_the_plan() {
    let corp = Corp::of(&["Restricted"]);
    assert_eq!(corp.sync(READER, false).1, Ok(()));
    let (run, ended) = corp.sync(LIMITED, false);
    assert_eq!((ended, &run["Result"]), (Ok(()), &json!("Held")));
    assert_eq!(
        run["Guard"],
        json!([
            "Recipients with certificate values fell from 3 to 0, by more than 10 %; is the right to read them lost?"
        ])
    );
}

#[test]
fn a_refused_sign_in_stops_the_run_and_leaves_what_is_published() {
    let corp = Corp::of(&CONTAINERS);
    assert_eq!(corp.sync(READER, false).1, Ok(()));
    let before = corp.published();
    let (_, ended) = corp.sync("disabled@contoso.test", false);
    assert_eq!(ended.unwrap_err().id, ErrorId::DirectoryAccountUnusable);
    assert_eq!(corp.published(), before);
    let newest = json!({ "Operation": "GetRun", "ProfileName": ["corp"], "Newest": 1 });
    let (runs, ended) = corp.request(READER, newest);
    assert_eq!((ended, &runs[0].1["Result"]), (Ok(()), &json!("Stopped")));
    let error = runs[0].1["Error"].as_str().unwrap();
    assert_eq!(error, "The server 'localhost' refused 'disabled@contoso.test': the account is disabled.");
}
