//! A folder that others changed: as a whole, a certificate of it, or into something that is no file.

use std::{fs, path::PathBuf};

use smime_sync::{error::ErrorId, model::RunResult, profile::Drift};

use super::harness::{Harness, person, tree};

fn three() -> Harness {
    Harness::new(["alice", "bob", "carol"].map(|name| person(name, &[name])).to_vec())
}

/// The addresses, each one person further.
fn pass_on_addresses(harness: &mut Harness) {
    let mails: Vec<_> = harness.source.recipients.iter().map(|one| one.mail.clone()).collect();
    for (place, one) in harness.source.recipients.iter_mut().enumerate() {
        one.mail.clone_from(&mails[(place + 1) % mails.len()]);
    }
}

fn restore(harness: &Harness, backup: &std::collections::BTreeMap<PathBuf, Vec<u8>>) {
    fs::remove_dir_all(harness.out()).unwrap();
    fs::create_dir_all(harness.out()).unwrap();
    backup.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
}

#[test]
fn a_folder_restored_from_an_earlier_time_is_seen_by_the_next_run() {
    let mut harness = three();
    harness.batch = 7;
    harness.run().ok();
    let backup = tree(&harness.out());
    pass_on_addresses(&mut harness);
    harness.run().ok();
    let wanted = tree(&harness.out());
    restore(&harness, &backup);
    // A run of one does not hide it from the next full one.
    harness.options.identity = vec!["CN=alice,DC=contoso,DC=test".into()];
    let _ = harness.run();
    harness.options.identity.clear();
    let run = harness.run();
    assert_eq!((run.ok().result, run.ok().numbers.verified > 0), (RunResult::Success, true));
    assert_eq!(tree(&harness.out()), wanted);
    let run = harness.run();
    assert_eq!((run.ok().numbers.verified, run.planned()), (0, (0, 0, 0)), "and then it is known");
}

#[test]
fn who_could_not_be_looked_at_or_was_only_reported_is_looked_at_again() {
    let mut harness = three();
    harness.run().ok();
    fs::write(harness.out().join("index.json"), "[]").unwrap();
    let file = harness.out().join("bob@contoso.test.json");
    let good = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    for _ in 0..2 {
        assert_eq!(harness.run().told.error_ids(), [ErrorId::TargetUnreadable]);
    }
    fs::remove_dir(&file).unwrap();
    fs::write(&file, good).unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(harness.run().ok().numbers.verified, 0);

    harness.folder_mut().publication.drift = Drift::Report;
    fs::write(harness.out().join("index.json"), "[]").unwrap();
    fs::write(harness.out().join("bob@contoso.test.cer"), "another").unwrap();
    for _ in 0..2 {
        assert_eq!(harness.run().ok().numbers.drifted, 1);
    }
}

#[test]
fn verify_writes_certificates_again_that_are_gone_or_not_those_of_their_json() {
    type Damage = fn(&PathBuf);
    let cases: [(&str, Damage); 4] = [
        ("gone", |path| fs::remove_file(path).unwrap()),
        ("another one of the same length", |path| fs::write(path, "carol").unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        #[cfg(target_os = "linux")]
        ("a pipe", |path| {
            fs::remove_file(path).unwrap();
            pipe(path);
        }),
        #[cfg(not(target_os = "linux"))]
        ("longer", |path| fs::write(path, "alice and more").unwrap()),
    ];
    for (what, damage) in cases {
        let mut harness = three();
        harness.run().ok();
        let before = tree(&harness.out());
        damage(&harness.out().join("alice@contoso.test.cer"));
        harness.options.verify = true;
        let run = harness.run();
        assert_eq!((run.ok().numbers.drifted, run.ok().numbers.exported), (1, 1), "{what}");
        assert_eq!(tree(&harness.out()), before, "{what}");
        assert_eq!(harness.run().ok().numbers.drifted, 0, "{what}");
    }
}

#[test]
fn a_new_state_writes_such_certificates_again_too() {
    let mut harness = three();
    harness.run().ok();
    let before = tree(&harness.out());
    fs::write(harness.out().join("alice@contoso.test.cer"), "carol").unwrap();
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.run().ok();
    assert_eq!(tree(&harness.out()), before);
}

#[test]
fn a_copy_of_somebody_elses_file_is_no_obstacle_while_that_one_has_its_own() {
    let mut harness = three();
    harness.run().ok();
    let before = tree(&harness.out());
    let at = |name: &str| harness.out().join(format!("{name}@contoso.test.json"));
    fs::copy(at("alice"), at("bob")).unwrap();
    harness.options.verify = true;
    let run = harness.run();
    assert_eq!((run.ok().result, run.ok().numbers.drifted), (RunResult::Success, 1));
    let after = tree(&harness.out());
    for (path, bytes) in &before {
        assert_eq!(after.get(path).map(|b| String::from_utf8_lossy(b)), Some(String::from_utf8_lossy(bytes)));
    }
    assert_eq!(after.len(), before.len());
}

#[cfg(target_os = "linux")]
fn pipe(path: &std::path::Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_holds_nobody_up_and_is_the_error_of_one_recipient() {
    type Put = fn(&std::path::Path);
    let cases: [(&str, Put); 4] = [
        ("a pipe, socket or device", pipe),
        ("a pipe, socket or device", |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("symbolic links", |path| std::os::unix::fs::symlink(path, path).unwrap()),
    ];
    for (what, put) in cases {
        for verify in [false, true] {
            let mut harness = three();
            harness.run().ok();
            let path = harness.out().join("bob@contoso.test.json");
            fs::remove_file(&path).unwrap();
            put(&path);
            harness.options.verify = verify;
            harness.source.recipients = ["alice", "bob", "carol"].map(|name| person(name, &["new"])).to_vec();
            let run = harness.run();
            assert_eq!(run.told.errors_of(), [(ErrorId::TargetUnreadable, Some("bob@contoso.test".into()))]);
            let text = &run.told.errors()[0].message;
            assert!(text.contains(what) && text.contains("bob@contoso.test.json"), "{text}");
            assert_eq!(harness.published("carol"), ["new"], "{what}");
        }
    }
}
