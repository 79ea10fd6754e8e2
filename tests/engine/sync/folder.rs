//! Matching and adoption at the target, shown with the folder.

use std::fs;

use smime_sync::{
    error::ErrorId,
    model::{ChangeState, RunResult},
    profile::DisabledAccount,
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
fn where_values_have_no_order_nothing_comes_before_anything() {
    let mut harness = Harness::new(vec![person("bob", &["a"])]);
    let lose_state = |harness: &Harness| fs::remove_dir_all(harness.home.path().join("state")).unwrap();
    harness.run().ok();
    lose_state(&harness);
    harness.source.recipients[0] = person("bob", &["b"]);
    harness.run().ok();
    assert_eq!(harness.published("bob"), ["b", "a"]);
    lose_state(&harness);
    harness.source.recipients[0] = person("bob", &["a"]);
    harness.faults = vec![Fault::KeepsNoOrder];
    let run = harness.run();
    assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 1));
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
fn who_shares_an_address_loses_nothing_but_who_leaves_does() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.run().ok();
    // By mistake Alice has Bob's address, so that her certificate seems to be somebody else's.
    harness.source.recipients[0].mail = Some("bob@contoso.test".into());
    harness.source.recipients[0].values = person("x", &["bad"]).values;
    let run = harness.run();
    assert_eq!((run.ok().result, run.planned()), (RunResult::CompletedWithErrors, (0, 0, 0)));
    let dn = "CN=alice,DC=contoso,DC=test".to_owned();
    assert_eq!(run.told.errors_of(), [(ErrorId::TargetConflict, Some(dn))]);
    assert_eq!(harness.published("alice"), ["a"]);
    // Whose account is disabled leaves, and the address is the other one's alone.
    harness.source.recipients[0].disabled = true;
    harness.profile.policy.disabled_account = DisabledAccount::Remove;
    let run = harness.run();
    assert_eq!(run.planned(), (0, 0, 1));
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
fn another_folder_starts_anew_and_the_old_one_stays() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let old = harness.out();
    harness.folder_mut().output.output_path = harness.home.path().join("elsewhere");
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
    harness.folder_mut().output.output_path = harness.home.path().join("file").join("out");
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::TargetNotWritable);
    assert!(error.message.starts_with("Cannot write to '"), "{}", error.message);
    assert_eq!(harness.state().run(1).unwrap().result, RunResult::Stopped);
    harness.folder_mut().output.output_path = harness.home.path().join("out");
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

#[test]
fn the_same_folder_by_another_path_is_the_same_target() {
    for end in ["/", "/.", "/../out/"] {
        let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
        harness.run().ok();
        let out = harness.out();
        assert!(out.ends_with("out"), "{}", out.display());
        harness.folder_mut().output.output_path = format!("{}{end}", out.display()).into();
        harness.source.recipients[0] = person("alice", &["new"]);
        let run = harness.run();
        assert_eq!(
            (run.planned(), run.ok().numbers.adopted, run.told.warnings()),
            ((0, 1, 0), 0, vec![]),
            "{end}"
        );
        assert_eq!(harness.published("alice"), ["new"], "{end}");
        assert_eq!(harness.run().planned(), (0, 0, 0), "{end}");
    }
}

#[test]
fn another_folder_with_the_same_files_is_no_lost_state() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let moved = harness.home.path().join("moved");
    fs::rename(harness.out(), &moved).unwrap();
    harness.folder_mut().output.output_path = moved;
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
