//! Values that are put right where they are read.

use std::collections::BTreeMap;

use smime_sync::{
    directory::{Selection, Source, SourceItem},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{
        CertificateState, ChangeKind, ChangeState, CuratedValue, Evaluation, Exclusion, PublishedRecipient,
        RunResult, Timestamp, Value,
    },
    profile::{self, ActiveDirectorySettings, DirectorySettings, InPlaceSettings, Profile},
    targets::{Match, Target, TargetQuery, TargetRecipient, TargetWrite},
};
use tokio_util::sync::CancellationToken;

use super::harness::{DAY, Harness, Outcome, person, value};

/// Unusable values go, but those whose word has `stays` in it.
pub fn curate(recipient: &smime_sync::model::Recipient, mut evaluation: Evaluation) -> Evaluation {
    let curated = |(value, judged): (&Value, &smime_sync::model::JudgedCertificate)| CuratedValue {
        value: value.clone(),
        certificate: judged.certificate.clone(),
        removal: (judged.state == CertificateState::Unusable
            && !String::from_utf8_lossy(&value.bytes).contains("stays"))
        .then(|| judged.findings[0].message.clone()),
    };
    let all: Vec<CuratedValue> = recipient.values.iter().zip(&evaluation.certificates).map(curated).collect();
    if all.iter().any(|one| one.removal.is_some()) {
        evaluation.curation = all;
    }
    evaluation
}

/// The directory as a target: exact values are taken away from what is there.
#[derive(Default)]
pub struct Directory {
    values: BTreeMap<String, Vec<Value>>,
    quiet: Vec<String>,
    /// Somebody else adds this value to everybody right after the read before a write.
    intruder: Option<Value>,
    reads: usize,
    dies_after_write: bool,
}

impl Directory {
    /// With the values that everybody in `source` has.
    pub fn of(source: &mut dyn Source, context: &Context) -> Self {
        let mut values = BTreeMap::new();
        let mut note = |item| {
            if let SourceItem::Recipient(recipient) = item {
                values.insert(recipient.anchor, recipient.values);
            }
            Ok(())
        };
        source.read(&Selection::All, context, &mut note).unwrap();
        Self { values, ..Self::default() }
    }
}

impl Target for Directory {
    fn name(&self) -> String {
        "the directory".into()
    }
    fn batch_size(&self) -> usize {
        2
    }
    fn check_writable(&mut self, _context: &Context) -> Result<()> {
        Ok(())
    }
    fn read(&mut self, queries: &[TargetQuery<'_>], _context: &Context) -> Result<Vec<Result<Match>>> {
        self.reads += 1;
        let found = |query: &TargetQuery<'_>| {
            let Some(values) = self.values.get(query.anchor) else {
                return Ok(Match::Excluded(Exclusion::NotFound, None));
            };
            let found = TargetRecipient::new(query.anchor.to_owned(), values.clone());
            Ok(if self.quiet.iter().any(|anchor| anchor == query.anchor) {
                Match::Excluded(Exclusion::QuietPeriod, Some(found))
            } else {
                Match::One(found)
            })
        };
        Ok(queries.iter().map(found).collect())
    }
    fn write(&mut self, writes: &[TargetWrite<'_>], _context: &Context) -> Result<Vec<Result<String>>> {
        for write in writes {
            let current = &write.current.as_ref().unwrap().values;
            let there = self.values.get_mut(write.query.anchor).unwrap();
            there.extend(self.intruder.clone());
            there.retain(|value| write.values.contains(value) || !current.contains(value));
            assert!(write.values.iter().all(|value| there.contains(value)), "nothing is ever added");
        }
        if self.dies_after_write {
            return Err(Error::new(ErrorId::Internal, "the process died"));
        }
        Ok(writes.iter().map(|write| Ok(write.query.anchor.to_owned())).collect())
    }
    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }
    fn read_all(
        &mut self,
        _selection: &Selection,
        _context: &Context,
        _sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        Ok(())
    }
    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        Some(query.anchor.to_owned())
    }
    fn finish(
        &mut self,
        _next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        _context: &Context,
    ) -> Result<()> {
        Ok(())
    }
}

fn in_place(people: &[(&str, &[&str])]) -> (Harness, Directory) {
    let mut harness = Harness::new(people.iter().map(|(name, values)| person(name, values)).collect());
    let directory = DirectorySettings::new("dc1.contoso.test", vec!["DC=contoso,DC=test".into()]);
    let source = profile::Source::ActiveDirectory(ActiveDirectorySettings::of(directory));
    let target = profile::Target::ActiveDirectory(InPlaceSettings::default());
    harness.profile = Profile { sources: [source], target, ..harness.profile };
    let values = people
        .iter()
        .map(|(name, values)| (format!("id-{name}"), values.iter().map(|word| value(word)).collect()));
    (harness, Directory { values: values.collect(), ..Directory::default() })
}

/// A run that reads what the directory has now.
fn run(harness: &mut Harness, directory: &mut Directory) -> Outcome {
    for recipient in &mut harness.source.recipients {
        recipient.values = directory.values[&recipient.anchor].clone();
    }
    harness.run_to(directory, CancellationToken::new())
}

fn words(directory: &Directory, name: &str) -> Vec<String> {
    let words = directory.values[&format!("id-{name}")].iter();
    words.map(|value| String::from_utf8_lossy(&value.bytes).into_owned()).collect()
}

#[test]
fn what_is_not_usable_goes_and_everything_else_stays() {
    let (mut harness, mut directory) =
        in_place(&[("alice", &["old@5", "good", "bad-stays", "spare"]), ("bob", &["fine"])]);
    let outcome = run(&mut harness, &mut directory);
    assert_eq!(outcome.planned(), (0, 1, 0));
    assert_eq!(outcome.ok().result, RunResult::Success);
    assert_eq!(words(&directory, "alice"), ["good", "bad-stays", "spare"]);
    let change = &harness.changes(ChangeState::Exported)[0];
    assert_eq!(
        change.reasons,
        [
            "Removed: CN=old@5 (thumbprint OLD@5, valid from 1970-01-01 00:00 UTC until 1970-01-01 00:00 UTC), \
          as userCertificate: old@5 expired at 1970-01-01 00:00 UTC."
        ]
    );
    assert_eq!((change.before.len(), change.after.len()), (4, 3));
    let again = run(&mut harness, &mut directory);
    assert_eq!(again.planned(), (0, 0, 0));
}

#[test]
fn whose_values_go_is_told_by_the_anchor_whoever_has_the_address() {
    let (mut harness, mut directory) = in_place(&[("alice", &["a"]), ("bob", &["b"]), ("carol", &["c"])]);
    run(&mut harness, &mut directory).ok();
    for (anchor, mail) in [("id-alice", "bob"), ("id-bob", "alice"), ("id-carol", "alice")] {
        let one = harness.source.recipients.iter_mut().find(|one| one.anchor == anchor).unwrap();
        one.mail = Some(format!("{mail}@contoso.test"));
    }
    directory.values.insert("id-alice".into(), vec![value("old@5"), value("a")]);
    assert_eq!(run(&mut harness, &mut directory).planned(), (0, 1, 0));
    assert_eq!(["alice", "bob", "carol"].map(|name| words(&directory, name)), [["a"], ["b"], ["c"]]);
    // The same people under new anchors: nothing is managed here, so nothing is handed over or taken away.
    for one in &mut harness.source.recipients {
        let values = directory.values.remove(&one.anchor).unwrap();
        one.anchor = format!("new-{}", one.anchor);
        directory.values.insert(one.anchor.clone(), values);
    }
    let outcome = run(&mut harness, &mut directory);
    assert_eq!((outcome.planned(), outcome.told.warnings()), ((0, 0, 0), vec![]));
}

#[test]
fn what_was_removed_is_kept_until_retention_ends() {
    let (mut harness, mut directory) = in_place(&[("alice", &["old@5", "good"])]);
    run(&mut harness, &mut directory).ok();
    let fingerprint = value("old@5").fingerprint();
    harness.now += DAY;
    run(&mut harness, &mut directory).ok();
    assert_eq!(harness.state().value(fingerprint).unwrap().as_deref(), Some(&b"old@5"[..]));
    for days in [30, 30, 31] {
        harness.now += days * DAY;
        run(&mut harness, &mut directory).ok();
    }
    assert!(harness.state().value(fingerprint).unwrap().is_some(), "of a leap of the clock nothing is older");
    harness.now += 30 * DAY;
    run(&mut harness, &mut directory).ok();
    assert_eq!(harness.state().value(fingerprint).unwrap(), None);
}

#[test]
fn a_preview_shows_the_values_and_touches_nothing() {
    let (mut harness, mut directory) = in_place(&[("alice", &["old@5", "good"])]);
    harness.options.what_if = true;
    let outcome = run(&mut harness, &mut directory);
    assert_eq!(outcome.changes(), ["Update alice@contoso.test Pending"]);
    assert_eq!(words(&directory, "alice"), ["old@5", "good"]);
}

#[test]
fn who_changed_a_moment_ago_is_left_for_a_later_run_and_counted() {
    let (mut harness, mut directory) =
        in_place(&[("alice", &["old@5", "good"]), ("bob", &["old@6", "good"])]);
    directory.quiet.push("id-alice".into());
    let outcome = run(&mut harness, &mut directory);
    assert_eq!(outcome.planned(), (0, 1, 0));
    assert_eq!(
        (outcome.ok().numbers.excluded, outcome.ok().exclusions[0].reason),
        (1, Exclusion::QuietPeriod)
    );
    assert_eq!(words(&directory, "alice"), ["old@5", "good"]);
    assert_eq!(
        outcome.told.warnings(),
        ["1 recipient was skipped, since it had a change within the quiet period. \
          Nothing is to be done: a later run writes what is left. -QuietPeriod sets the time."]
    );
    directory.quiet.clear();
    assert_eq!(run(&mut harness, &mut directory).planned(), (0, 1, 0));
    assert_eq!(words(&directory, "alice"), ["good"]);
}

#[test]
fn values_that_come_in_between_are_never_lost() {
    let (mut harness, mut directory) = in_place(&[("alice", &["old@5", "good"])]);
    directory.intruder = Some(value("theirs"));
    assert_eq!(run(&mut harness, &mut directory).ok().result, RunResult::Success);
    assert_eq!(words(&directory, "alice"), ["good", "theirs"]);
}

#[test]
fn taking_the_only_value_is_a_remove_that_the_guard_counts() {
    let names: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
    let people: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &["old@5"][..])).collect();
    let (mut harness, mut directory) = in_place(&people);
    let held = run(&mut harness, &mut directory);
    assert_eq!((held.ok().result, held.planned()), (RunResult::Held, (0, 0, 30)));
    assert_eq!(words(&directory, "p0"), ["old@5"]);
    harness.state_for_approval(held.ok().id);
    let approved = run(&mut harness, &mut directory);
    assert_eq!((approved.ok().result, approved.ok().numbers.exported), (RunResult::Success, 30));
    assert!(harness.changes(ChangeState::Exported).iter().all(|change| change.change == ChangeKind::Remove));
    // What curation emptied is not taken for a lost right to read.
    directory.values.insert("id-p0".into(), vec![value("new")]);
    assert_eq!(run(&mut harness, &mut directory).ok().result, RunResult::Success);
}

#[test]
fn what_runs_take_in_place_counts_together_over_days() {
    // Five of the first twenty expire each hour.
    let word =
        |n: i64| if n < 20 { format!("old@{}", 1_003_600 + 3600 * (n / 5)) } else { "good".to_owned() };
    let values: Vec<(String, String)> = (0..100).map(|n| (format!("p{n:02}"), word(n))).collect();
    let words: Vec<(&str, [&str; 1])> =
        values.iter().map(|(name, value)| (name.as_str(), [value.as_str()])).collect();
    let people: Vec<(&str, &[&str])> = words.iter().map(|(name, value)| (*name, &value[..])).collect();
    let (mut harness, mut directory) = in_place(&people);
    assert_eq!(run(&mut harness, &mut directory).planned(), (0, 0, 0));
    // Those of the second hour come back with another one, and count no more.
    for (hour, held) in [(1, false), (2, false), (3, false), (4, true)] {
        harness.now = 1_000_000 + 3600 * hour;
        let outcome = run(&mut harness, &mut directory);
        assert_eq!(outcome.ok().result == RunResult::Held, held, "{hour}: {:?}", outcome.ok().guard);
        if hour == 2 {
            (5..10).for_each(|n| {
                directory.values.insert(format!("id-p{n:02}"), vec![value("new")]);
            });
        }
    }
    let last = harness.state().runs(&[], i64::MAX, 1).unwrap().remove(0);
    assert_eq!(
        last.guard,
        [
            "With this plan 15 of 100 recipients with published certificates would have lost their last one within 7 days; \
          10 % is the limit."
        ]
    );
}

#[test]
fn more_than_fifteen_left_over_are_left_alone() {
    let many: Vec<String> = (0..16).map(|number| format!("good{number}")).chain(["old@5".into()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (mut harness, mut directory) = in_place(&[("alice", &many)]);
    let outcome = run(&mut harness, &mut directory);
    assert_eq!((outcome.planned(), outcome.ok().numbers.excluded), ((0, 0, 0), 1));
    assert_eq!(outcome.ok().exclusions[0].reason, Exclusion::TooManyValues);
    assert_eq!(words(&directory, "alice").len(), 17);
}

#[test]
fn after_a_crash_the_directory_says_what_was_done() {
    let (mut harness, mut directory) = in_place(&[("alice", &["old@5", "good"]), ("bob", &["old@6"])]);
    directory.dies_after_write = true;
    assert!(run(&mut harness, &mut directory).run.is_err());
    assert_eq!(harness.changes(ChangeState::InFlight).len(), 2);
    directory.dies_after_write = false;
    let outcome = run(&mut harness, &mut directory);
    assert_eq!((outcome.planned(), outcome.ok().result), ((0, 0, 0), RunResult::Success));
    assert_eq!(harness.changes(ChangeState::Exported).len(), 2);
    assert_eq!(harness.state().managed("id-alice").unwrap(), [], "in place nothing is managed");
}
