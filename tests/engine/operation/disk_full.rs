//! A full disk, as a small file system of its own: needs the right to mount one, so it is part of the lab.

use std::{fs, path::Path, process::Command};

use serde_json::json;
use smime_sync::{
    error::{ErrorId, Result},
    operation::{Engine, EngineConfig, Request},
};

use crate::{common::events::context, generator};

/// A file system of a few hundred kilobytes.
struct Small(tempfile::TempDir);

impl Small {
    fn new(kilobytes: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={kilobytes}k");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder.path()).status();
        assert!(mounted.unwrap().success(), "this test needs the right to mount a file system");
        Self(folder)
    }

    fn grow(&self) {
        let grown = Command::new("mount").args(["-o", "remount,size=200m"]).arg(self.0.path()).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn ask(home: &Path, request: serde_json::Value) -> Result<()> {
    let config = EngineConfig { home: Some(home.to_str().unwrap().into()), ..EngineConfig::default() };
    let context = context().0;
    Engine::new(config).unwrap().run(serde_json::from_value::<Request>(request).unwrap(), &context)
}

/// Where the small file system is: below the state, or below the target.
fn run_on(home: &Path, out: &Path, small: &Small) {
    let data = tempfile::tempdir().unwrap();
    let settings = generator::Settings { people: 400, ..generator::Settings::default() };
    generator::generate(&settings, data.path()).unwrap();
    ask(
        home,
        json!({"Operation": "NewProfile", "Profile": {
            "Name": "corp", "Source": "Ldif", "Path": data.path().join("directory.ldif"), "Target": "Folder",
            "OutputPath": out, "TrustAnchorPath": [data.path().join("anchors")],
        }}),
    )
    .unwrap();
    let sync = json!({"Operation": "Sync", "ProfileName": "corp"});
    let error = ask(home, sync.clone()).unwrap_err();
    assert_eq!(error.id, ErrorId::DiskFull, "{error}");
    assert!(
        error.target.as_deref().is_some_and(|path| path.starts_with(small.0.path().to_str().unwrap())),
        "{error:?}"
    );
    small.grow();
    ask(home, sync).unwrap();
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("index.json")).unwrap()).unwrap();
    let expected: Vec<generator::Expected> =
        serde_json::from_slice(&fs::read(data.path().join("expected.json")).unwrap()).unwrap();
    let usable = expected.iter().filter(|person| !person.chosen.is_empty()).count();
    assert_eq!(index.as_array().unwrap().len(), usable);
}

#[test]
fn a_full_disk_at_the_target_stops_the_run_and_the_next_one_does_the_rest() {
    let (small, home) = (Small::new(512), tempfile::tempdir().unwrap());
    run_on(home.path(), &small.0.path().join("out"), &small);
}

#[test]
fn a_full_disk_under_the_state_stops_the_run_and_the_next_one_does_the_rest() {
    let (small, other) = (Small::new(400), tempfile::tempdir().unwrap());
    run_on(&small.0.path().join("home"), &other.path().join("out"), &small);
}
