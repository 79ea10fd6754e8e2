//! Publishing and taking out against the Samba domain controller of `tests/lab/samba.sh`, as an account that may
//! write the two attributes and nothing else.

use std::{fmt::Write as _, fs, process::Command, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use smime_sync::{
    directory::Selection,
    error::{ErrorId, Result},
    event::ResultType,
    model::Attribute,
    operation::{Engine, EngineConfig},
    profile::{ActiveDirectorySettings, FolderSettings, Profile, Source, Target},
};

use crate::common::{
    certificates::*,
    directory::{DOMAIN, Lab, read},
    events::context,
    judging::{SMIME, USER, thumbprint},
};

const WRITER: &str = "writer@contoso.test";
const READER: &str = "reader@contoso.test";

/// A container of its own with one user `NAME@publish.test`, and a profile that reads from it.
struct Corp {
    lab: Lab,
    home: tempfile::TempDir,
    base: String,
}

impl Corp {
    fn with(name: &str, values: &[(Attribute, Vec<u8>)], settings: Value) -> Self {
        let lab = Lab::get();
        let home = tempfile::tempdir().unwrap();
        let base = format!("OU=Publish {name},OU=Writable,{DOMAIN}");
        let mut ldif = format!("dn: {base}\nobjectClass: organizationalUnit\n\n");
        let login = format!("publish{name}");
        write!(
            ldif,
            "dn: CN={name},{base}\nobjectClass: user\nsAMAccountName: {login}\nmail: {name}@publish.test\n"
        )
        .unwrap();
        for (attribute, bytes) in values {
            writeln!(ldif, "{attribute}:: {}", BASE64.encode(bytes)).unwrap();
        }
        let file = home.path().join("objects.ldif");
        fs::write(&file, ldif + "\n").unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/populate.sh");
        let status =
            Command::new("sh").arg(script).arg(&lab.directory).args(["--remove", &base]).arg(file).status();
        assert!(status.unwrap().success(), "the lab was not filled");

        fs::write(home.path().join("root.cer"), root().der).unwrap();
        let source = Source::ActiveDirectory(ActiveDirectorySettings::of(lab.settings(&[&base])));
        let target = Target::Folder(FolderSettings::new(home.path().join("out")));
        let mut profile = Profile::new("corp", source, target);
        profile.trust.trust_anchor_path = vec![home.path().join("root.cer")];
        let mut profile = serde_json::to_value(profile).unwrap();
        profile.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let corp = Self { lab, home, base };
        corp.request(WRITER, json!({ "Operation": "NewProfile", "Profile": profile })).1.unwrap();
        corp
    }

    /// Runs a request as `user`; its results, errors and end.
    fn request(&self, user: &str, request: Value) -> (Vec<(ResultType, Value)>, Result<()>, Vec<ErrorId>) {
        let home = Some(self.home.path().display().to_string());
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
        engine.set_secret("password", self.lab.password(user).as_bytes());
        let (context, recorder) = context();
        let ended = engine.run(serde_json::from_value(request).unwrap(), &context);
        (recorder.results(), ended, recorder.error_ids())
    }

    fn ask(&self, user: &str, operation: &str, settings: Value) -> (Value, Result<()>, Vec<ErrorId>) {
        let mut request =
            json!({ "Operation": operation, "ProfileName": "corp", "Credential": { "UserName": user } });
        request.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (results, ended, errors) = self.request(user, request);
        let run = results.into_iter().rfind(|(kind, _)| *kind == ResultType::Run);
        (run.map(|(_, run)| run).unwrap_or_default(), ended, errors)
    }

    /// What the directory has, in an order of its own.
    fn values(&self) -> Vec<(Attribute, Vec<u8>)> {
        let (context, _) = context();
        let settings = self.lab.settings(&[&self.base]);
        let mut source = self.lab.connect(&settings, READER, &context).unwrap();
        let recipients = read(&mut source, &Selection::All, &context).unwrap();
        sorted(recipients[0].values.iter().map(|one| (one.attribute, one.bytes.to_vec())).collect())
    }
}

fn sorted(mut values: Vec<(Attribute, Vec<u8>)>) -> Vec<(Attribute, Vec<u8>)> {
    values.sort();
    values
}

/// A certificate for `NAME@publish.test` that is valid from so many days ago to so many days from now: the
/// operations go by the real clock.
fn issued(name: &str, serial: u8, from: i64, to: i64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
    let mut draft = Draft::person(&format!("{name}@publish.test")).serial(&[serial]);
    (draft.not_before, draft.not_after) = (now + from * DAY, now + to * DAY);
    // The lab's root is valid long enough around either clock.
    draft.sign(&root())
}

#[test]
fn a_certificate_is_published_and_taken_out_again_and_the_rest_stays() {
    let (old, new) = (issued("carol", 1, -400, -1), issued("carol", 2, -1, 300));
    let stale = SignedData::certs_only(&[&old]);
    let before = [(USER, old.clone()), (SMIME, stale.clone())];
    let corp = Corp::with("carol", &before, json!({ "QuietPeriod": 0 }));
    let file = corp.home.path().join("new.cer");
    fs::write(&file, &new).unwrap();

    let preview = corp.ask(WRITER, "Publish", json!({ "Path": [file], "WhatIf": true }));
    assert_eq!((preview.0["Result"].as_str(), preview.0["Add"].as_u64()), (Some("Success"), Some(1)));
    assert_eq!(corp.values(), sorted(before.to_vec()));

    let (run, ended, errors) = corp.ask(WRITER, "Publish", json!({ "Path": [file] }));
    ended.unwrap();
    assert_eq!((run["Result"].as_str(), run["Exported"].as_u64()), (Some("Success"), Some(1)), "{errors:?}");
    let all = vec![(USER, old), (USER, new.clone()), (SMIME, stale)];
    assert_eq!(corp.values(), sorted(all));

    let (run, ..) = corp.ask(WRITER, "Unpublish", json!({ "State": ["Expired"] }));
    assert_eq!((run["Result"].as_str(), run["Update"].as_u64()), (Some("Success"), Some(1)));
    assert_eq!(corp.values(), [(USER, new.clone())]);

    let (run, ..) = corp.ask(WRITER, "Unpublish", json!({ "Thumbprint": [thumbprint(&new)] }));
    assert_eq!((run["Result"].as_str(), run["Remove"].as_u64()), (Some("Success"), Some(1)));
    assert_eq!(corp.values(), []);
}

#[test]
fn who_may_not_write_changes_nothing() {
    let corp = Corp::with("dora", &[], json!({ "QuietPeriod": 0 }));
    let certificate = BASE64.encode(issued("dora", 1, -1, 300));
    let (run, ended, errors) = corp.ask(READER, "Publish", json!({ "Certificate": [certificate] }));
    let refused = ended.err().map(|error| error.id).into_iter().chain(errors);
    assert!(refused.into_iter().any(|id| id == ErrorId::DirectoryRefused), "{run}");
    assert_eq!(corp.values(), []);
}

#[test]
fn a_recipient_that_just_changed_is_left_for_later() {
    let corp = Corp::with("erik", &[(USER, issued("erik", 1, -1, 300))], json!({}));
    let certificate = BASE64.encode(issued("erik", 2, -1, 200));
    let (run, ..) = corp.ask(WRITER, "Publish", json!({ "Certificate": [certificate] }));
    assert_eq!((run["Result"].as_str(), run["Excluded"].as_u64()), (Some("CompletedWithErrors"), Some(1)));
    assert_eq!(corp.values().len(), 1);
}
