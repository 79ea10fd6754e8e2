//! Matching and adoption at the target, shown with the folder.

use std::fs;

use smime_sync::{
    error::ErrorId,
    model::{ChangeState, RunResult},
};

use super::harness::{Fault, Harness, person, tree};

#[test]
fn a_lost_state_heals_by_adoption() {
    let mut harness = Harness::new(vec![person("alice", &["a", "old"]), person("bob", &["b"])]);
    harness.run().ok();
    let before = tree(&harness.out());
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 2));
    assert_eq!(tree(&harness.out()), before);
    harness.source.recipients[0] = person("alice", &["new"]);
    harness.run().ok();
    assert_eq!(harness.published("alice"), ["new"], "what was adopted is managed");
}

#[test]
fn what_is_wanted_comes_before_what_a_state_lost_later_left_in_front_of_it() {
    let mut harness = Harness::new(vec![person("bob", &["b"])]);
    let lose_state = |harness: &Harness| fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.run().ok();
    lose_state(&harness);
    harness.source.recipients[0] = person("bob", &["a"]);
    harness.run().ok();
    assert_eq!(harness.published("bob"), ["a", "b"], "what nobody remembers is somebody else's");
    harness.source.recipients[0] = person("bob", &["b"]);
    lose_state(&harness);
    harness.run().ok();
    assert_eq!(harness.published("bob"), ["b", "a"]);
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

#[test]
fn a_recipient_is_found_by_its_anchor_whatever_its_address() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.source.recipients[0].mail = Some("alice.married@contoso.test".into());
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 1, 0), 1));
    assert!(harness.published("alice").is_empty());
    assert_eq!(harness.published("alice.married"), ["a"]);
}

#[test]
fn a_new_address_moves_the_files() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    harness.source.recipients[0].mail = Some("alice.married@contoso.test".into());
    let run = harness.run();
    assert_eq!(run.planned(), (0, 1, 0));
    let names: Vec<_> = tree(&harness.out())
        .into_keys()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["alice.married@contoso.test.cer", "alice.married@contoso.test.json", "index.json"]);
    assert_eq!(harness.run().planned(), (0, 0, 0));
}

#[test]
fn two_recipients_with_one_address_are_both_left_alone() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.source.recipients[1].mail = Some("ALICE@contoso.test".into());
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::CompletedWithErrors, (0, 0, 0)));
    assert_eq!(run.told.error_ids(), [ErrorId::TargetConflict, ErrorId::TargetConflict]);
    assert!(harness.published("alice").is_empty());
}

#[test]
fn an_address_that_somebody_else_has_at_the_target_is_not_overwritten() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let mut other = person("other", &["x"]);
    other.mail = Some("alice@contoso.test".into());
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.source.recipients = vec![other];
    let run = harness.run();
    assert_eq!(run.told.errors_of(), [(ErrorId::TargetConflict, Some("alice@contoso.test".into()))]);
    assert_eq!(harness.published("alice"), ["a"]);
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

#[test]
fn another_folder_starts_anew_and_the_old_one_stays() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let old = harness.out();
    harness.folder_mut().output_path = harness.home.path().join("elsewhere");
    let run = harness.run();
    assert_eq!(run.planned(), (1, 0, 0));
    assert!(
        run.told.warnings()[0].contains("what was published for 1 recipient there stays"),
        "{:?}",
        run.told.warnings()
    );
    assert_eq!(harness.published("alice"), ["a"]);
    assert_eq!(super::harness::published_in(&old, "alice@contoso.test"), ["a"]);
}

#[test]
fn the_index_lists_who_is_published_with_what() {
    let mut harness =
        Harness::new(vec![person("bob", &["b"]), person("alice", &["a"]), person("carol", &[])]);
    harness.run().ok();
    let index: serde_json::Value =
        serde_json::from_slice(&fs::read(harness.out().join("index.json")).unwrap()).unwrap();
    let names: Vec<&str> =
        index.as_array().unwrap().iter().map(|line| line["Recipient"].as_str().unwrap()).collect();
    assert_eq!(names, ["alice@contoso.test", "bob@contoso.test"]);
    assert_eq!(index[0]["Certificates"][0]["Thumbprint"], "A");
    assert_eq!(index[0]["File"], "alice@contoso.test.json");
}

#[test]
fn an_output_path_that_cannot_be_written_stops_the_run_and_loses_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    fs::write(harness.home.path().join("file"), "").unwrap();
    harness.folder_mut().output_path = harness.home.path().join("file").join("out");
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::TargetNotWritable);
    assert!(error.message.starts_with("Cannot write to '"), "{}", error.message);
    assert_eq!(harness.state().run(1).unwrap().result, RunResult::Stopped);
    harness.folder_mut().output_path = harness.home.path().join("out");
    assert_eq!(harness.run().planned(), (1, 0, 0));
}

/// Gives a recipient's JSON a second value, which somebody else put there.
fn add_foreign(harness: &Harness, key: &str) {
    let path = harness.out().join(format!("{key}.json"));
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut foreign = file["Values"][0].clone();
    foreign["Data"] = "Zm9yZWlnbg==".into();
    file["Values"].as_array_mut().unwrap().push(foreign);
    fs::write(&path, file.to_string()).unwrap();
}

fn text(harness: &Harness, name: &str) -> Option<String> {
    fs::read_to_string(harness.out().join(name)).ok()
}

#[test]
fn a_second_file_under_its_early_name_gets_the_present_one_and_gives_back_what_it_took() {
    // What stood under the name that was both of them: al's second, or the other one's first.
    for under in ["foreign", "o"] {
        let mut harness = Harness::new(vec![person("al", &["a"]), person("other", &["o"])]);
        harness.source.recipients[1].mail = Some("al@contoso.test.2".into());
        harness.profile.limits.removal_percent = 100;
        harness.run().ok();
        add_foreign(&harness, "al@contoso.test");
        fs::write(harness.out().join("al@contoso.test.2.cer"), under).unwrap();
        assert_eq!(harness.run().planned(), (0, 0, 0));
        assert_eq!(text(&harness, "al@contoso.test (2).cer").as_deref(), Some("foreign"), "{under}");
        assert_eq!(text(&harness, "al@contoso.test.2.cer").as_deref(), Some("o"), "{under}");
        harness.source.recipients.pop();
        assert_eq!(harness.run().planned(), (0, 0, 1));
        assert_eq!(text(&harness, "al@contoso.test (2).cer").as_deref(), Some("foreign"), "{under}");
        assert_eq!(text(&harness, "al@contoso.test.2.cer"), None);
    }
}

#[test]
fn a_second_file_under_its_early_name_goes_and_nothing_that_is_nobodys() {
    let mut harness = Harness::new(vec![person("al", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    add_foreign(&harness, "al@contoso.test");
    for name in
        ["al@contoso.test.2.cer", "al@contoso.test.3.cer", "al@contoso.test.02.cer", "bob@contoso.test.2.cer"]
    {
        fs::write(harness.out().join(name), "early").unwrap();
    }
    harness.options.what_if = true;
    let before = tree(&harness.out());
    harness.run().ok();
    assert_eq!(tree(&harness.out()), before);
    harness.options.what_if = false;
    harness.run().ok();
    assert_eq!(text(&harness, "al@contoso.test (2).cer").as_deref(), Some("foreign"));
    assert_eq!(text(&harness, "al@contoso.test.2.cer"), None);
    for name in ["al@contoso.test.02.cer", "bob@contoso.test.2.cer"] {
        assert_eq!(text(&harness, name).as_deref(), Some("early"), "{name}");
    }
}

/// An early version gave a name that Windows reserves a `_` in front.
fn as_early(harness: &Harness) {
    for extension in ["json", "cer"] {
        let out = harness.out();
        fs::rename(
            out.join(format!("%63on.smith@contoso.test.{extension}")),
            out.join(format!("_con.smith@contoso.test.{extension}")),
        )
        .unwrap();
    }
    let state = rusqlite::Connection::open(harness.state_path()).unwrap();
    let sql = "UPDATE link SET target = '_con.smith@contoso.test' WHERE anchor = 'id-con.smith'";
    assert_eq!(state.execute(sql, []).unwrap(), 1);
}

#[test]
fn a_reserved_name_is_nobody_elses_and_files_under_its_early_name_move() {
    for lost in [false, true] {
        let mut harness = Harness::new(vec![person("con.smith", &["a"])]);
        harness.run().ok();
        as_early(&harness);
        if lost {
            fs::remove_dir_all(harness.home.path().join("state")).unwrap();
        }
        harness.source.recipients.insert(0, person("_con.smith", &["b"]));
        let run = harness.run();
        assert_eq!((run.ok().result, run.planned()), (RunResult::Success, (1, 1, 0)), "{lost}");
        let moved =
            harness.changes(ChangeState::Exported).into_iter().rfind(|one| one.anchor == "id-con.smith");
        let why = "The recipient's place at the target is '%63on.smith@contoso.test' now.";
        assert_eq!(moved.unwrap().reasons, [why]);
        assert_eq!(super::harness::published_in(&harness.out(), "%63on.smith@contoso.test"), ["a"]);
        assert_eq!(harness.published("_con.smith"), ["b"]);
        assert_eq!(tree(&harness.out()).len(), 5);
        assert_eq!(harness.run().planned(), (0, 0, 0));
    }
}
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
fn another_folder_with_the_same_files_is_no_lost_state() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let moved = harness.home.path().join("moved");
    fs::rename(harness.out(), &moved).unwrap();
    harness.folder_mut().output_path = moved;
    let warned = harness.run().told.warnings();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].starts_with("The target was '"), "{warned:?}");
    assert!(
        warned[1].starts_with("The target of profile 'corp' is another one than before, but the folder '")
            && warned[1].ends_with("1 published value was found there and adopted."),
        "{warned:?}"
    );
    fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    assert!(harness.run().told.warnings()[0].starts_with("The state of profile 'corp' is new, but"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_link_to_nowhere_is_told_once_and_by_name() {
    let mut harness = Harness::new((0..5).map(|n| person(&format!("p{n}"), &["v"])).collect());
    std::os::unix::fs::symlink("/nowhere/at/all", harness.out()).unwrap();
    for _ in 0..3 {
        let run = harness.run();
        let error = run.run.as_ref().unwrap_err();
        assert_eq!(error.id, ErrorId::TargetNotWritable);
        assert!(error.message.ends_with("is a link to '/nowhere/at/all', which is not there."), "{error}");
        assert!(error.advice.contains("Make the folder that the link names"), "{}", error.advice);
        assert_eq!(run.told.errors_of().len(), 0);
    }
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
