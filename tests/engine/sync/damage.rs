//! States whose bytes were changed at random, and reads that fail: whatever is met, a run never publishes by what is not
//! so, never throws away what is whole, and the one after it ends where it should.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use smime_sync::{
    error::{Error, ErrorId},
    model::{Recipient, RunResult, Timestamp},
    state::State,
};

use super::{
    faulty_vfs::{Fails, Fault as Disk},
    harness::{Fault, Harness, Outcome, person, tree},
};

/// Names and what they have in the source.
type People = BTreeMap<String, Vec<String>>;

fn recipients(people: &People) -> Vec<Recipient> {
    let person = |(name, words): (&String, &Vec<String>)| {
        person(name, &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    people.iter().map(person).collect()
}

fn people() -> People {
    let words = |n: u32| match n % 10 {
        0 => vec![],
        1 => vec![format!("bad{n}")],
        2 => vec![format!("old{n}@10"), format!("w{n}")],
        3 => vec![format!("w{n}@{}", 1_000_000 + 400 * 86_400), format!("v{n}")],
        _ => vec![format!("w{n}")],
    };
    (0..100).map(|n| (format!("p{n:02}"), words(n))).collect()
}

/// New values, in front of the old ones: a state that is lost adopts those, and takes them back.
fn renewed(people: &People, every: usize) -> People {
    let renew = |(n, (name, words)): (usize, (&String, &Vec<String>))| {
        let mut words = words.clone();
        if n % every == 0 {
            words.insert(0, format!("new{every}x{n}"));
        }
        (name.clone(), words)
    };
    people.iter().enumerate().map(renew).collect()
}

/// A profile with a history; its files, to begin from again and again.
struct Base {
    harness: Harness,
    people: People,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Base {
    fn new() -> Self {
        let mut people = people();
        let mut harness = Harness::new(recipients(&people));
        harness.batch = 20;
        harness.profile.limits.removal_percent = 100;
        harness.faults = vec![Fault::Refuses("p05@contoso.test".into())];
        harness.run().ok();
        harness.faults.clear();
        people = renewed(&people, 7);
        harness.source.recipients = recipients(&people);
        harness.now += 2 * 86_400;
        assert_eq!(harness.run().ok().result, RunResult::Success);
        let files = tree(harness.home.path());
        Self { harness, people, files }
    }

    /// The same, left behind by a process that was killed in the middle of its export.
    fn killed() -> Self {
        let mut base = Self::new();
        base.people = renewed(&base.people, 3);
        base.harness.source.recipients = recipients(&base.people);
        let copy = base.harness.home.path().join("copy");
        for folder in ["state", "out"] {
            let (from, to) = (base.harness.home.path().join(folder), copy.join(folder));
            base.harness.faults.push(Fault::Copies(1, from, to));
        }
        base.harness.run().ok();
        base.harness.faults.clear();
        let home = base.harness.home.path();
        let back = |(path, bytes): (PathBuf, Vec<u8>)| (home.join(path.strip_prefix(&copy).unwrap()), bytes);
        base.files = tree(&copy).into_iter().map(back).collect();
        fs::remove_dir_all(&copy).unwrap();
        assert!(base.files.keys().any(|path| path.ends_with("corp.db-wal")), "{:?}", base.files.keys());
        base
    }

    /// The same without its state: a run adopts what is published.
    fn lost() -> Self {
        let mut base = Self::new();
        base.files.retain(|path, _| !path.to_string_lossy().contains("corp.db"));
        base
    }

    fn restore(&mut self) {
        for folder in ["state", "out"] {
            fs::remove_dir_all(self.harness.home.path().join(folder)).unwrap();
            fs::create_dir(self.harness.home.path().join(folder)).unwrap();
        }
        for (path, bytes) in &self.files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        for folder in ["state", "out"] {
            private(&self.harness.home.path().join(folder));
        }
        self.harness.source.recipients = recipients(&self.people);
    }

    /// The files beside the state that were kept aside.
    fn kept(&self) -> Vec<PathBuf> {
        let is_kept = |path: &PathBuf| path.to_string_lossy().contains(".corrupt-");
        tree(&self.harness.home.path().join("state")).into_keys().filter(is_kept).collect()
    }

    /// Everything that is published is what the people's first usable value is, and nothing else is there.
    fn assert_published(&self, people: &People, what: &str) {
        for (name, words) in people {
            let usable = words.iter().find(|word| !word.starts_with("bad") && !word.ends_with("@10"));
            let wanted: Vec<String> = usable.into_iter().cloned().collect();
            assert_eq!(self.harness.published(name), wanted, "{what}: {name}");
        }
        let json = tree(&self.harness.out())
            .into_keys()
            .filter(|path| path.extension().is_some_and(|e| e == "json"));
        let wanted = people.keys().filter(|name| !self.harness.published(name).is_empty()).count();
        assert_eq!(json.count(), wanted + 1, "{what}: one file each, and the index");
    }

    /// After the source changed once more: what the state holds now is good to work with.
    fn assert_goes_on(&mut self, what: &str) {
        let mut people = renewed(&self.people, 5);
        people.remove("p14");
        people.insert("p03".into(), vec!["gone bad".replace("gone ", "")]);
        people.insert("q".into(), vec!["q".into()]);
        self.harness.source.recipients = recipients(&people);
        self.harness.source.presences.insert("id-p14".into(), smime_sync::directory::Presence::Deleted);
        let run = self.harness.run();
        assert_eq!(run.ok().result, RunResult::Success, "{what}");
        people.insert("p14".into(), vec![]);
        self.assert_published(&people, what);
        self.harness.source.presences.clear();
    }
}

fn private(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// How many cases of a kind: few, or a share of what `tests/full.sh` asks for.
fn cases(few: u64, share: u64) -> u64 {
    std::env::var("SMIME_SYNC_DAMAGE").map_or(few, |text| text.parse::<u64>().unwrap().div_ceil(share))
}

/// Changes a file at random; what it did.
fn corrupt(path: &Path, random: &mut ChaCha8Rng) -> String {
    let mut bytes = fs::read(path).unwrap();
    let at = random.gen_range(0..bytes.len());
    let what = match random.gen_range(0..6) {
        0 => {
            bytes[at] ^= 1 << random.gen_range(0..8);
            format!("a bit at {at}")
        }
        1 => {
            bytes[at] = random.r#gen();
            format!("a byte at {at}")
        }
        2 => {
            let end = bytes.len().min(at + random.gen_range(1..200));
            random.fill(&mut bytes[at..end]);
            format!("the bytes {at} to {end}")
        }
        3 => {
            let end = bytes.len().min(at + random.gen_range(1..9000));
            let with = [0, 0xff, b' '][random.gen_range(0..3)];
            bytes[at..end].fill(with);
            format!("the bytes {at} to {end} are {with:#x}")
        }
        4 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        _ => {
            let (page, pages) = (at / 4096, bytes.len() / 4096);
            if pages < 2 {
                bytes.truncate(at);
            } else {
                let other = random.gen_range(0..pages);
                let copy = bytes[other * 4096..(other + 1) * 4096].to_vec();
                let end = bytes.len().min((page + 1) * 4096);
                bytes[page * 4096..end].copy_from_slice(&copy[..end - page * 4096]);
            }
            format!("the page {page} is another one")
        }
    };
    fs::write(path, bytes).unwrap();
    format!("{}: {what}", path.file_name().unwrap().to_string_lossy())
}

/// Where the damage is kept, by the message.
fn kept_by(error: &Error) -> PathBuf {
    let (_, kept) = error.message.split_once(" It is kept as '").unwrap_or_else(|| panic!("{error}"));
    PathBuf::from(kept.trim_end_matches("'."))
}

/// Runs over states with damage; how many of them a run noticed.
fn damaged(base: &mut Base, files: &[&str], cases: u64, seed: u64) -> u64 {
    let mut noticed = 0;
    for case in 0..cases {
        let mut random = ChaCha8Rng::seed_from_u64(seed + case);
        base.restore();
        let file = files.choose(&mut random).unwrap();
        let what = corrupt(&base.harness.state_path().with_file_name(file), &mut random);
        let what = format!("case {case} of {seed}, {what}");
        match base.harness.run().run {
            Ok(run) => assert_eq!(run.result, RunResult::Success, "{what}"),
            Err(error) => {
                assert_eq!(error.id, ErrorId::StateCorrupt, "{what}: {error}");
                assert!(kept_by(&error).exists(), "{what}: {error}");
                noticed += 1;
                assert_eq!(base.harness.run().ok().result, RunResult::Success, "{what}");
            }
        }
        base.assert_published(&base.people, &what);
        base.assert_goes_on(&what);
    }
    noticed
}

#[test]
fn random_damage_of_an_idle_state_is_kept_aside_and_publishes_nothing_wrong() {
    let cases = cases(10, 2);
    let noticed = damaged(&mut Base::new(), &["corp.db"], cases, 1000);
    println!("idle: {noticed} of {cases} damaged states were kept aside");
    assert!(noticed * 10 >= cases * 8, "{noticed} of {cases}");
}

#[test]
fn random_damage_of_a_state_that_a_killed_run_left_publishes_nothing_wrong() {
    let cases = cases(10, 2);
    let mut base = Base::killed();
    let noticed = damaged(&mut base, &["corp.db", "corp.db-wal"], cases, 5000);
    println!("killed: {noticed} of {cases} damaged states were kept aside");
}

#[test]
fn a_damaged_seal_or_that_of_another_file_is_none_and_a_whole_state_is_not_moved() {
    let mut base = Base::new();
    let seal = base.harness.state_path().with_file_name("corp.db.seal");
    for case in 0..cases(10, 6) {
        let mut random = ChaCha8Rng::seed_from_u64(case);
        base.restore();
        let what = corrupt(&seal, &mut random);
        assert_eq!(base.harness.run().ok().result, RunResult::Success, "{what}");
        assert_eq!(base.kept(), [""; 0].map(PathBuf::from), "{what}");
    }
    // A state from elsewhere, whose change counter happens to be the same.
    base.restore();
    let counter = |bytes: &[u8]| u32::from_be_bytes(bytes[24..28].try_into().unwrap());
    let path = base.harness.state_path();
    let here = fs::read(&path).unwrap();
    let sealed = fs::read(&seal).unwrap();
    let mut other = Harness::new(vec![person("alice", &["a"])]);
    other.run().ok();
    let connection = rusqlite::Connection::open(other.state_path()).unwrap();
    while counter(&fs::read(other.state_path()).unwrap()) < counter(&here) {
        connection.execute_batch("REPLACE INTO setting VALUES ('target', hex(randomblob(4)))").unwrap();
    }
    drop(connection);
    fs::copy(other.state_path(), &path).unwrap();
    assert_eq!(counter(&fs::read(&path).unwrap()), counter(&here));
    fs::write(&seal, sealed).unwrap();
    assert!(State::open_to_check(&path, &mut |_, _| Ok(())).unwrap().is_some());
    base.harness.run().ok();
    assert_eq!(base.kept(), [""; 0].map(PathBuf::from));
}

fn fail_reads(base: &mut Base, fails: Fails, cases: i64) {
    let folder = base.harness.home.path().join("state");
    base.restore();
    let disk = Disk::below(&folder, fails, 0);
    base.harness.run().ok();
    let all = disk.seen();
    drop(disk);
    let mut stopped = 0;
    for case in 0..cases.min(all) {
        base.restore();
        let at = 1 + case * all / cases.min(all);
        let what = format!("{fails:?}, number {at} of {all}");
        let disk = Disk::below(&folder, fails, at);
        let Outcome { run, .. } = base.harness.run();
        assert!(disk.seen() >= at, "{what}");
        drop(disk);
        match run {
            Ok(run) => assert_eq!(run.result, RunResult::Success, "{what}"),
            Err(error) => {
                assert_eq!(error.id, ErrorId::StateNotReadable, "{what}: {error}");
                assert!(error.message.contains("could not be read: "), "{what}: {error}");
                stopped += 1;
            }
        }
        assert_eq!(base.kept(), [""; 0].map(PathBuf::from), "{what}");
        assert!(base.harness.state_path().exists(), "{what}");
        assert_eq!(base.harness.run().ok().result, RunResult::Success, "{what}");
        base.assert_published(&base.people, &what);
    }
    println!("{fails:?}: {stopped} of {} runs stopped", cases.min(all));
    assert!(stopped > 0, "{fails:?}");
}

#[test]
fn a_read_that_fails_is_no_damage_and_the_next_run_does_the_rest() {
    let cases = i64::try_from(cases(3, 6)).unwrap();
    for mut base in [Base::new(), Base::killed(), Base::lost()] {
        for fails in [
            Fails::Read(rusqlite::ffi::SQLITE_IOERR_READ),
            Fails::Read(rusqlite::ffi::SQLITE_IOERR_NOMEM),
            Fails::Open,
        ] {
            fail_reads(&mut base, fails, cases);
        }
    }
}

/// Runs over a few people to whom something new is published, while somebody changes the state at the write of a batch.
fn disturbed(damage: &str) -> (Harness, Outcome) {
    let people = ["alice", "bob", "carol", "dave"];
    let mut harness = Harness::new(people.map(|name| person(name, &[name])).to_vec());
    harness.batch = 1;
    harness.run().ok();
    harness.source.recipients = people.map(|name| person(name, &[&format!("new {name}"), name])).to_vec();
    harness.faults = vec![Fault::Executes(2, harness.state_path(), damage.into())];
    let outcome = harness.run();
    harness.faults.clear();
    (harness, outcome)
}

#[test]
fn damage_in_the_middle_of_an_export_is_kept_aside_and_the_next_run_adopts() {
    for damage in [
        "UPDATE evaluation SET recipient = CAST(x'ff' AS TEXT)",
        "UPDATE evaluation SET desired = '{'",
        "UPDATE value SET bytes = x'00'",
        "DELETE FROM value",
        "DELETE FROM evaluation",
        "UPDATE change SET record = '[]' WHERE state = 'Pending'",
        "UPDATE change SET kind = 'Rename' WHERE state = 'Pending'",
        "UPDATE managed SET attribute = char(0)",
        "UPDATE link SET target = CAST(x'c3' AS TEXT) WHERE anchor = 'id-dave'",
        "REPLACE INTO setting VALUES ('swept', 'yesterday')",
        "DROP TABLE managed",
    ] {
        let (mut harness, outcome) = disturbed(damage);
        let error = outcome.run.expect_err(damage);
        assert_eq!(error.id, ErrorId::StateCorrupt, "{damage}: {error}");
        assert!(kept_by(&error).exists() && !harness.state_path().exists(), "{damage}: {error}");
        let told = outcome.told.results_of(smime_sync::event::ResultType::Run);
        assert_eq!(
            (&told[0]["Result"], &told[0]["Error"]),
            (&"Stopped".into(), &error.message.clone().into())
        );
        assert_eq!(harness.run().ok().result, RunResult::Success, "{damage}");
        for name in ["alice", "bob", "carol", "dave"] {
            assert_eq!(harness.published(name), [format!("new {name}")], "{damage}");
        }
        assert_eq!(harness.run().planned(), (0, 0, 0), "{damage}");
    }
}

#[test]
fn a_preview_that_meets_damage_says_so_and_moves_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let sql = "UPDATE evaluation SET findings = CAST(x'ff' AS TEXT)";
    rusqlite::Connection::open(harness.state_path()).unwrap().execute_batch(sql).unwrap();
    let before = fs::read(harness.state_path()).unwrap();
    harness.options.what_if = true;
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::StateCorrupt, "{error}");
    assert!(!error.message.contains("kept as"), "{error}");
    assert_eq!(fs::read(harness.state_path()).unwrap(), before);
}

#[test]
fn another_program_that_has_the_state_open_is_named_as_what_it_is() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    harness.run().ok();
    let reader = rusqlite::Connection::open(harness.state_path()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM run").unwrap();
    let error = harness.run().run.unwrap_err();
    assert_eq!(error.id, ErrorId::StateBusy, "{error}");
    let path = harness.state_path().display().to_string();
    assert_eq!(
        error.message,
        format!("Another program has the state '{path}' open and locks it: database is locked.")
    );
    // Who waits for it can give up.
    let canceled = |_, _| Err(Error::canceled());
    let error = State::open_watched(&harness.state_path(), Timestamp(0), &mut { canceled }).err().unwrap();
    assert_eq!(error.id, ErrorId::Canceled);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(harness.run().ok().result, RunResult::Success);
}

#[test]
fn a_reader_that_comes_while_a_run_works_does_not_fail_it() {
    let mut harness = Harness::new(vec![person("alice", &["a"])]);
    let state = State::open(&harness.state_path(), Timestamp(0)).unwrap();
    let reader = rusqlite::Connection::open(harness.state_path()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM run").unwrap();
    state.close().unwrap();
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    assert_eq!(harness.run().ok().result, RunResult::Success);
    let wal = harness.state_path().with_file_name("corp.db-wal");
    assert!(!wal.exists(), "the run after it leaves the state idle");
}

#[test]
fn after_a_kill_every_evaluation_is_made_again_once() {
    let mut base = Base::killed();
    base.restore();
    // No check can see that this is another one's address.
    let sql = r#"UPDATE evaluation SET recipient = replace(recipient, 'p04@contoso', 'p06@contoso') WHERE anchor = 'id-p04'"#;
    let state = rusqlite::Connection::open(base.harness.state_path()).unwrap();
    state.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    assert_eq!(state.execute(sql, []).unwrap(), 1);
    drop(state);
    base.harness.options.identity = vec!["p01@contoso.test".into()];
    base.harness.run().ok();
    base.harness.options.identity.clear();
    assert_eq!(base.harness.run().ok().result, RunResult::Success);
    base.assert_published(&base.people, "after the kill");
    assert!(base.harness.state().setting("interrupted").unwrap().is_none());
}
