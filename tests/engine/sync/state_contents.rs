//! What stands in the tables of a state, and no version wrote: damage, and never read as something else.

use std::{fs, path::Path};

use smime_sync::{
    error::{Error, ErrorId},
    model::RunResult,
    state::State,
};

use super::{
    harness::{Harness, person, value},
    state::one,
};

/// An error that names the state, what is wrong with it, where it is kept, and that a run builds a new one.
fn assert_kept_aside(harness: &Harness, error: &Error, why: &str) {
    assert_eq!(error.id, ErrorId::StateCorrupt, "{why}: {error}");
    let path = harness.state_path().display().to_string();
    let start = format!("The state '{path}' is damaged: ");
    assert!(error.message.starts_with(&start) && error.message.contains(why), "{why}: {error}");
    let kept = error.message.split_once(" It is kept as '").unwrap().1.trim_end_matches("'.");
    assert!(Path::new(kept).exists() && !harness.state_path().exists(), "{error}");
    assert_eq!(error.target, Some(path));
    assert!(error.advice.starts_with("Run again"), "{}", error.advice);
}
/// An error that names the state, says what is wrong with it and what to do; the file is where it was.
fn assert_damage_that_stays(harness: &Harness, error: &Error, why: &str) {
    assert_eq!(error.id, ErrorId::StateCorrupt, "{why}: {error}");
    let path = harness.state_path().display().to_string();
    let whole = error.message.starts_with(&format!("The state '{path}' is damaged: "));
    assert!(whole && error.message.contains(why), "{why}: {error}");
    assert_eq!(error.target, Some(path));
    assert!(
        error.advice.starts_with("The next Sync-SmimeCertificate keeps the file aside"),
        "{}",
        error.advice
    );
    assert!(harness.state_path().exists(), "its rest is not lost");
}
fn execute(harness: &Harness, sql: &str) {
    rusqlite::Connection::open(harness.state_path()).unwrap().execute_batch(sql).unwrap();
}
#[test]
fn values_that_were_changed_or_lost_are_never_published() {
    let changed = format!("the bytes of its value {} were changed", value("a").fingerprint());
    let lost = format!("it has lost the value {}", value("a").fingerprint());
    for (damage, why) in [
        ("UPDATE value SET bytes = x'00'", changed.as_str()),
        ("UPDATE value SET bytes = x''", &changed),
        ("DELETE FROM value", &lost),
        ("UPDATE value SET fingerprint = x'00'", "32 byte value out of 1 byte"),
    ] {
        let mut harness = one();
        execute(&harness, damage);
        for file in ["json", "cer"] {
            fs::remove_file(harness.out().join(format!("alice@contoso.test.{file}"))).unwrap();
        }
        harness.options.verify = true;
        let error = harness.run().run.unwrap_err();
        assert_kept_aside(&harness, &error, why);
        assert_eq!(harness.published("alice"), [""; 0], "{damage}");
        harness.run().ok();
        assert_eq!(harness.published("alice"), ["a"], "{damage}");
    }
}
/// Damage of the tables themselves.
const DAMAGED_TABLES: [(&str, &str); 12] = [
    ("DROP TABLE run", "it has no table 'run'"),
    ("DROP TABLE value", "it has no table 'value'"),
    ("DROP TABLE approval", "it has no table 'approval'"),
    ("DROP TABLE managed; CREATE VIEW managed AS SELECT * FROM link", "it has no table 'managed'"),
    ("ALTER TABLE managed DROP COLUMN certificate", "its table 'managed' has no column 'certificate'"),
    ("ALTER TABLE evaluation RENAME COLUMN judged TO j", "its table 'evaluation' has no column 'judged'"),
    ("DROP INDEX import_address", "it has no index 'import_address'"),
    ("DROP INDEX change_open", "it has no index 'change_open'"),
    (
        "DROP TABLE link; CREATE TABLE link (anchor TEXT PRIMARY KEY, target TEXT NOT NULL, former TEXT) STRICT, WITHOUT ROWID",
        "it has no index 'sqlite_autoindex_link_2'",
    ),
    ("PRAGMA user_version = 0", "its version is 0"),
    ("PRAGMA user_version = -1", "its version is -1"),
    (
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema; PRAGMA writable_schema = OFF",
        "it has no table 'setting'",
    ),
];
#[test]
fn tables_that_no_version_made_are_damage_to_whoever_reads() {
    for (damage, why) in DAMAGED_TABLES {
        let mut harness = one();
        execute(&harness, damage);
        let error = State::open_to_read(&harness.state_path()).err();
        assert_damage_that_stays(&harness, &error.unwrap_or_else(|| panic!("nobody noticed {damage}")), why);
        harness.options.what_if = true;
        let error = harness.run().run.unwrap_err();
        assert_damage_that_stays(&harness, &error, why);
    }
}
#[test]
fn tables_that_no_version_made_are_kept_aside_and_the_next_run_adopts() {
    for (damage, why) in DAMAGED_TABLES {
        let mut harness = one();
        execute(&harness, damage);
        let error = harness.run().run.unwrap_err();
        assert_kept_aside(&harness, &error, why);
        let run = harness.run();
        assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 1), "{damage}");
    }
}
#[test]
fn what_an_admin_adds_to_the_tables_is_no_damage() {
    let mut harness = one();
    execute(
        &harness,
        "ANALYZE; CREATE INDEX mine ON change (time); CREATE TABLE notes (text); CREATE VIEW old AS SELECT * FROM nowhere",
    );
    assert!(State::open_to_read(&harness.state_path()).unwrap().is_some());
    assert_eq!(harness.run().planned(), (0, 0, 0));
}
#[test]
fn what_no_version_wrote_is_damage_and_never_a_default() {
    let record = "it holds a record that can't be read";
    for (damage, why) in [
        ("UPDATE managed SET attribute = 'userPicture'", "it holds the unknown attribute 'userPicture'"),
        ("UPDATE managed SET certificate = '{'", record),
        ("UPDATE managed SET fingerprint = x'00'", "32 byte value out of 1 byte"),
        (
            "UPDATE import SET gone = 'Asleep'",
            "it holds the unknown reason of a recipient to be gone 'Asleep'",
        ),
        ("UPDATE evaluation SET recipient = '{}'", record),
        ("UPDATE evaluation SET judged = '[{}]'", record),
        ("UPDATE evaluation SET desired = 'none'", record),
        ("UPDATE evaluation SET input = x'00'", "32 byte value out of 1 byte"),
        ("UPDATE change SET state = 'Dreamt' WHERE id = 1", "the state of a change 'Dreamt' is not known"),
        ("UPDATE change SET kind = 'Rename'", "the kind of a change 'Rename' is not known"),
        ("UPDATE change SET attempts = -1", "out of range"),
        ("UPDATE change SET record = '{}'", record),
        (r#"UPDATE run SET record = '{"Result":"Dreamt"}'"#, record),
        ("REPLACE INTO setting VALUES ('current_run', 'x')", "its setting 'current_run' can't be read: 'x'"),
        (
            "REPLACE INTO setting VALUES ('approved_plan', '1.5')",
            "its setting 'approved_plan' can't be read: '1.5'",
        ),
        (
            "REPLACE INTO setting VALUES ('current_run', '99')",
            "'current_run' names the run 99, which never was",
        ),
        // It would be the number of the run that reads it.
        (
            "REPLACE INTO setting VALUES ('current_run', '2')",
            "'current_run' names the run 2, which never was",
        ),
        (
            "REPLACE INTO setting VALUES ('current_run', '0')",
            "'current_run' names the run 0, which never was",
        ),
        (
            "REPLACE INTO setting VALUES ('current_run', '-1')",
            "'current_run' names the run -1, which never was",
        ),
        (
            "REPLACE INTO setting VALUES ('current_run', '01')",
            "its setting 'current_run' can't be read: '01'",
        ),
        (
            "REPLACE INTO setting VALUES ('current_run', '+1')",
            "its setting 'current_run' can't be read: '+1'",
        ),
        ("DELETE FROM sqlite_sequence", "'current_run' names the run 1, which never was"),
        (
            "REPLACE INTO setting VALUES ('approved_plan', '2')",
            "'approved_plan' names the run 2, which never was",
        ),
        ("REPLACE INTO setting VALUES ('asked_run', '2')", "'asked_run' names the run 2, which never was"),
        (
            "REPLACE INTO setting VALUES ('held_source', '2')",
            "'held_source' names the run 2, which never was",
        ),
        (
            "REPLACE INTO setting VALUES ('unfinished_index', '2')",
            "'unfinished_index' names the run 2, which never was",
        ),
        (
            "REPLACE INTO setting VALUES ('unfinished_index', 'yes')",
            "its setting 'unfinished_index' can't be read: 'yes'",
        ),
        (
            r#"REPLACE INTO setting VALUES ('baseline', '{"run_id":2,"with_values":3}')"#,
            "'baseline' names the run 2, which never was",
        ),
        ("UPDATE import SET missing_since = 253402300800", "out of range"),
        ("UPDATE evaluation SET made = 9223372036854775807", "out of range"),
        ("UPDATE evaluation SET made = -9223372036854775808", "out of range"),
        ("UPDATE evaluation SET next_evaluation = -9223372036854775808", "out of range"),
        ("UPDATE evaluation SET next_evaluation = 253402300801", "out of range"),
        ("UPDATE evaluation SET has_values = 2", "its evaluation has the has_values 2, which is out of range"),
        ("UPDATE run SET started = 9223372036854775807", "out of range"),
        ("UPDATE change SET run_id = 0", "out of range"),
        ("UPDATE change SET counts = 7", "out of range"),
        ("UPDATE value SET released_by = -1", "out of range"),
        ("REPLACE INTO population VALUES (1, 1, -1)", "out of range"),
        ("REPLACE INTO population VALUES (1, 253402300800, 1)", "out of range"),
        ("UPDATE link SET former = 'zz'", record),
        ("UPDATE link SET former = ''", record),
        ("UPDATE link SET former = CAST(x'ff80' AS TEXT)", "invalid utf-8"),
        ("UPDATE link SET anchor = 'zz' WHERE anchor = 'id-bob'", "it has a link of zz, who is nobody it knows"),
        ("UPDATE link SET anchor = '' WHERE anchor = 'id-bob'", "it has a link of , who is nobody it knows"),
        ("UPDATE link SET anchor = upper(anchor)", "it has a link of ID-ALICE, who is nobody it knows"),
        (
            "REPLACE INTO unmet VALUES ('id-bob', zeroblob(32), 'Nobody', 1, 0)",
            "it holds the unknown reason to skip a recipient 'Nobody'",
        ),
        ("REPLACE INTO unmet VALUES ('id-bob', zeroblob(32), NULL, 0, 0)", "its unmet has the tries 0, which is out of range"),
        ("REPLACE INTO unmet VALUES ('id-bob', zeroblob(32), NULL, 1, 253402300800)", "out of range"),
        ("UPDATE evaluation SET basis = x'00'", "32 byte value out of 1 byte"),
        ("UPDATE evaluation SET put_by = 0", "its evaluation has the put_by 0, which is out of range"),
        ("UPDATE import SET seen_by = -1", "its import has the seen_by -1, which is out of range"),
        ("UPDATE import SET version = CAST(x'c328' AS TEXT)", "invalid utf-8"),
        ("REPLACE INTO setting VALUES ('watermark', '{}')", "its setting 'watermark' can't be read: '{}'"),
        ("PRAGMA user_version = 4", "its version is 4, but it has the column 'basis' of 'evaluation' of a later one"),
        ("PRAGMA user_version = 3", "its version is 3, but it has the column 'basis' of 'evaluation' of a later one"),
        ("PRAGMA user_version = 2", "its version is 2, but it has the column 'asked' of 'run' of a later one"),
        ("PRAGMA user_version = 1", "its version is 1, but it has the column 'asked' of 'run' of a later one"),
        ("UPDATE import SET missing_since = -62135596801", "out of range"),
        ("UPDATE change SET time = 9223372036854775807", "out of range"),
        (
            "UPDATE change SET state = 'Rejected', next_try = 253402300800 WHERE anchor = 'id-alice'",
            "out of range",
        ),
        ("REPLACE INTO setting VALUES ('baseline', '7')", record),
        ("REPLACE INTO setting VALUES ('swept', 'today')", "its setting 'swept' can't be read: 'today'"),
        // An earlier real run, whose rows a later one took the place of.
        (
            "UPDATE import SET run_id = 1; REPLACE INTO sqlite_sequence(rowid, name, seq) SELECT rowid, name, 3 FROM sqlite_sequence
                 WHERE name = 'run'; REPLACE INTO setting VALUES ('baseline', '{\"run_id\":3,\"with_values\":3}')",
            "'current_run' names the run 1, but the run 3 imported after it",
        ),
        (
            "INSERT INTO run SELECT 2, result, started, replace(record, '\"Id\":1,', '\"Id\":2,'), asked FROM run; UPDATE import SET run_id = 2",
            "its import of the run 2 was never in force",
        ),
        ("UPDATE run SET result = 'Stopped'", "that of the run 1"),
        ("UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'run'", "the sequence of its runs"),
        ("DELETE FROM evaluation WHERE anchor = 'id-bob'", "it has lost the evaluation of id-bob"),
        ("UPDATE evaluation SET recipient = CAST(x'7b22ff227d' AS TEXT)", "invalid utf-8"),
        ("UPDATE link SET target = CAST(x'61ff62' AS TEXT) WHERE anchor = 'id-bob'", "invalid utf-8"),
        ("UPDATE managed SET anchor = CAST(x'ff' AS TEXT) WHERE anchor = 'id-bob'", "invalid utf-8"),
        ("UPDATE import SET address = CAST(x'c328' AS TEXT) WHERE anchor = 'id-bob'", "invalid utf-8"),
        ("UPDATE change SET error = CAST(x'c328' AS TEXT)", "invalid utf-8"),
        ("INSERT INTO setting VALUES ('target2', CAST(x'c328' AS TEXT))", "invalid utf-8"),
        ("UPDATE run SET record = record || char(0)", record),
        (
            "REPLACE INTO setting VALUES ('asked_run', 'maybe')",
            "its setting 'asked_run' can't be read: 'maybe'",
        ),
    ] {
        let people = ["alice", "bob", "carol"].map(|name| person(name, &[&name[..1]]));
        let mut harness = Harness::new(people.to_vec());
        harness.run().ok();
        execute(&harness, damage);
        let error = State::open_to_check(&harness.state_path(), &mut |_, _| Ok(())).err();
        assert_damage_that_stays(&harness, &error.unwrap_or_else(|| panic!("nobody noticed {damage}")), why);
        let error = harness.run().run.err().unwrap_or_else(|| panic!("no run noticed {damage}"));
        assert_kept_aside(&harness, &error, why);
        let run = harness.run();
        assert_eq!((run.planned(), run.ok().numbers.adopted), ((0, 0, 0), 3), "{damage}");
        assert_eq!(run.ok().result, RunResult::Success, "{damage}");
    }
}
