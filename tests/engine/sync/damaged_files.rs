//! Recipients' files in the folder that can't be understood, or can't be read.

use std::fs;

use smime_sync::{error::ErrorId, model::RunResult};

use super::harness::{Fault, Harness, person, tree};

/// Ways in which a file can't be understood.
const DAMAGES: [&str; 4] = [
    "",
    r#"{"Anchor":"#,
    "junk",
    r#"{"Recipient":"alice@contoso.test","Anchor":"id-alice","Kind":"User","Values":[{"Attribute":"userCertificate","Value":"00","Data":"?"}]}"#,
];
fn json_of(harness: &Harness, name: &str) -> std::path::PathBuf {
    harness.out().join(format!("{name}@contoso.test.json"))
}
#[test]
fn verify_writes_a_damaged_file_of_ours_again_with_a_warning() {
    for damage in DAMAGES {
        let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
        harness.run().ok();
        let whole = tree(&harness.out());
        fs::write(json_of(&harness, "alice"), damage).unwrap();
        harness.options.verify = true;
        let run = harness.run();
        assert_eq!((run.ok().result, run.ok().numbers.drifted), (RunResult::Success, 1), "{damage}");
        assert!(
            run.told.warnings()[0].starts_with("1 of 2 verified recipients had lost published values"),
            "{:?}",
            run.told.warnings()
        );
        assert!(run.told.warnings()[0].ends_with("-Verbose names it."), "{:?}", run.told.warnings());
        assert_eq!(run.changes(), ["Update alice@contoso.test Exported"]);
        assert_eq!(tree(&harness.out()), whole);
        assert_eq!((harness.run().planned(), harness.run().ok().numbers.drifted), ((0, 0, 0), 0));
    }
}
#[test]
fn a_damaged_file_that_a_held_run_has_seen_is_written_again_by_the_next() {
    let people: Vec<_> = (0..12).map(|n| person(&format!("p{n:02}"), &["v"])).collect();
    let mut harness = Harness::new(people.clone());
    harness.run().ok();
    let whole = tree(&harness.out());
    fs::write(json_of(&harness, "p00"), "").unwrap();
    harness.options.verify = true;
    harness.profile.limits.removal_limit = 0;
    harness.source.recipients.truncate(11);
    assert_eq!(harness.run().ok().result, RunResult::Held);
    harness.options.verify = false;
    harness.source.recipients = people;
    assert_eq!(harness.run().changes(), ["Update p00@contoso.test Exported"]);
    assert_eq!(tree(&harness.out()), whole);
}
#[test]
fn who_leaves_or_moves_takes_a_damaged_file_along() {
    for damage in DAMAGES {
        let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
        let others = (0..12).map(|n| person(&format!("p{n:02}"), &["v"]));
        harness.source.recipients.extend(others);
        harness.run().ok();
        fs::write(json_of(&harness, "alice"), damage).unwrap();
        fs::write(json_of(&harness, "bob"), damage).unwrap();
        // Bob has Alice's address by now.
        harness.source.recipients.remove(0);
        harness.source.recipients[0].mail = Some("alice@contoso.test".into());
        let run = harness.run();
        assert_eq!(run.ok().result, RunResult::Success, "{:?} {:?}", run.told.lines(), run.ok().numbers);
        assert_eq!(harness.published("alice"), ["b"]);
        let mut names: Vec<String> = tree(&harness.out())
            .into_keys()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .filter(|name| name.starts_with(['a', 'b']))
            .collect();
        names.sort();
        assert_eq!(names, ["alice@contoso.test.cer", "alice@contoso.test.json"]);
    }
}
#[test]
fn a_damaged_file_that_no_state_knows_is_an_error_until_it_is_mended() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    let whole = tree(&harness.out());
    fs::write(json_of(&harness, "alice"), "").unwrap();
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    for _ in 0..3 {
        let run = harness.run();
        assert_eq!(run.told.errors_of(), [(ErrorId::TargetDamaged, Some("alice@contoso.test".into()))]);
        assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
    }
    fs::remove_file(json_of(&harness, "alice")).unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
    assert_eq!(tree(&harness.out()), whole);
}
#[test]
fn who_could_not_be_read_is_looked_at_until_a_run_has_seen_it() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    let hidden = vec![Fault::Hides("alice@contoso.test".into())];
    harness.faults = hidden.clone();
    assert_eq!(harness.run().ok().result, RunResult::Success, "an ordinary run does not look");
    harness.options.verify = true;
    let told = [(ErrorId::TargetUnreadable, Some("alice@contoso.test".into()))];
    assert_eq!(harness.run().told.errors_of(), told);
    harness.options.verify = false;
    for _ in 0..2 {
        let run = harness.run();
        assert_eq!((run.told.errors_of(), run.ok().result), (told.to_vec(), RunResult::CompletedWithErrors));
    }
    harness.options.identity = vec!["alice@contoso.test".into()];
    assert_eq!(harness.run().told.errors_of(), told);
    harness.options.identity = Vec::new();
    harness.faults.clear();
    fs::write(json_of(&harness, "alice"), "").unwrap();
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (0, 1, 0)));
    fs::write(json_of(&harness, "alice"), "").unwrap();
    assert_eq!(harness.run().ok().numbers.verified, 0, "it has been seen");
}
#[test]
fn a_damaged_file_of_somebody_who_left_is_told_until_it_is_mended() {
    let mut harness =
        Harness::new(vec![person("alice", &["a"]), person("bob", &["b"]), person("carol", &["c"])]);
    harness.run().ok();
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.source.recipients.remove(0);
    // Bob is still there, but has no certificate any more.
    harness.source.recipients[0].values.clear();
    let whole = fs::read(json_of(&harness, "alice")).unwrap();
    for name in ["alice", "bob"] {
        fs::write(json_of(&harness, name), "").unwrap();
    }
    for _ in 0..3 {
        let run = harness.run();
        assert_eq!(run.told.error_ids(), [ErrorId::TargetDamaged, ErrorId::TargetDamaged]);
        assert_eq!(run.ok().result, RunResult::CompletedWithErrors);
    }
    fs::write(json_of(&harness, "alice"), whole).unwrap();
    for file in ["json", "cer"] {
        fs::remove_file(harness.out().join(format!("bob@contoso.test.{file}"))).unwrap();
    }
    let run = harness.run();
    assert_eq!((run.ok().result, run.ok().numbers.orphaned), (RunResult::Success, 1));
    assert_eq!(run.told.errors_of(), []);
}
#[test]
fn what_is_read_of_the_folder_tells_of_damage() {
    use smime_sync::{
        directory::{Selection, SourceItem},
        targets::{Target, folder::Folder},
    };
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    fs::write(json_of(&harness, "alice"), "").unwrap();
    let read = |names: &[&str]| {
        let selection = match names {
            [] => Selection::All,
            names => Selection::Identities(names.iter().map(|name| (*name).to_owned()).collect()),
        };
        let mut found = Vec::new();
        let (context, _told) = crate::common::events::context();
        Folder::new(&harness.out())
            .read_all(&selection, &context, &mut |item| {
                found.push(match item {
                    SourceItem::Recipient(recipient) => recipient.anchor,
                    SourceItem::Invalid(error) => format!("{:?} {}", error.id, error.target.unwrap()),
                });
                Ok(())
            })
            .unwrap();
        found.sort();
        found
    };
    let damaged = "TargetDamaged alice@contoso.test";
    assert_eq!(read(&[]), [damaged, "bob@contoso.test"]);
    assert_eq!(read(&["Alice@contoso.test"]), [damaged]);
    assert_eq!(read(&["bob@contoso.test"]), ["bob@contoso.test"]);
}
#[test]
fn a_damaged_file_of_ours_is_replaced_by_the_next_change() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    fs::write(harness.out().join("alice@contoso.test.json"), "{").unwrap();
    harness.source.recipients = vec![person("alice", &["a2"]), person("bob", &["b2"])];
    let run = harness.run();
    assert_eq!(run.told.errors_of(), []);
    assert!(run.told.warnings()[0].contains("What this change leaves there takes its place."));
    assert_eq!(harness.published("alice"), ["a2"]);
    assert_eq!(harness.published("bob"), ["b2"]);
}
