//! States whose bytes were changed at random, and reads that fail: whatever is met, a run never publishes by what is not
//! so, never throws away what is whole, and the one after it ends where it should.

mod base;
mod meanwhile;

use std::{
    fs,
    path::{Path, PathBuf},
};

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use smime_sync::{error::ErrorId, model::RunResult, state::State};

use base::{Base, kept_by};

use super::{
    faulty_vfs::{Fails, Fault as Disk},
    harness::{Harness, Outcome, person},
};

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
