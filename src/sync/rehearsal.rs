//! Before a profile's first write in each way: the target tries it without carrying it out, with values that are to be
//! there. What it refuses stops the run before anything was written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    export,
    job::Job,
    moves::Room,
    new_target,
    work::{Work, gather},
};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Attribute, Change, ChangeState, Run},
    state::{change::Outcome, json},
    targets::{
        Match, TargetQuery, TargetWrite,
        rehearsal::{MOST_TRIED, Rehearsed, Tried, Way, try_ways},
    },
};

/// The setting with the ways of writing that were tried, and where.
const REHEARSED: &str = "rehearsed";
/// So many recipients are read to see how they would be written, where nothing else tells.
const MOST_ASKED: usize = 100;

/// What is kept of the ways that were tried.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    target: String,
    ways: BTreeSet<String>,
}

/// The ways of writing that need not be tried any more.
pub(super) struct Rehearsal {
    kept: Kept,
    asked: usize,
}

impl Rehearsal {
    /// `None` where the target can try nothing.
    pub(super) fn of(job: &mut Job<'_>) -> Result<Option<Self>> {
        if job.target.verbs().is_empty() {
            return Ok(None);
        }
        let target = new_target::known_as(job)?;
        // What can't be read, or is of another organisation, is tried anew.
        let kept = job.state.setting(REHEARSED)?.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
        let kept = kept.filter(|kept| kept.target == target).unwrap_or(Kept { target, ..Kept::default() });
        Ok(Some(Self { kept, asked: 0 }))
    }

    /// Whether nothing was ever tried: the first write is the test then.
    pub(super) fn knows_nothing(&self) -> bool {
        self.kept.ways.is_empty()
    }

    /// Tries what the whole plan of a run needs.
    pub(super) fn plan(&mut self, job: &mut Job<'_>, run: &Run) -> Result<()> {
        let mut after = 0;
        loop {
            let size = job.target.batch_size().max(1);
            let changes = job.state.changes_in(ChangeState::Pending, Some(run.id), after, size)?;
            let Some(last) = changes.last() else { return Ok(()) };
            after = last.id;
            self.changes(job, &changes)?;
        }
    }

    /// Tries what these changes need, which are pending. Fails with what the target refuses.
    pub(super) fn changes(&mut self, job: &mut Job<'_>, changes: &[Change]) -> Result<()> {
        let mut work = Vec::new();
        for change in self.candidates(job, changes)? {
            work.push(gather(job, change.clone())?);
        }
        if work.is_empty() {
            return Ok(());
        }
        // Should it carry out what it is only to try, and this process die, the next run reads back what is there.
        export::mark_in_flight(job, &work)?;
        let tried = self.attempt(job, &mut work)?;
        // Of a target that did neither the one nor the other nobody knows what it did.
        if tried.as_ref().is_err_and(|error| error.id == ErrorId::VerifyFailed) {
            return tried;
        }
        job.state.transaction(|state| {
            work.iter().try_for_each(|one| {
                let attempts = one.change.attempts;
                let pending = Outcome { state: ChangeState::Pending, attempts, next_try: None, error: None };
                state.set_outcome(one.change.id, &pending, job.now)
            })
        })?;
        tried
    }

    /// Those of the changes that show a way that was not tried yet: a few for each.
    fn candidates<'a>(&mut self, job: &mut Job<'_>, changes: &'a [Change]) -> Result<Vec<&'a Change>> {
        let mut chosen = Vec::new();
        let mut of_way: BTreeMap<(Way, bool), usize> = BTreeMap::new();
        for change in changes {
            let link = job.state.link(&change.anchor)?;
            let Some(recipient) = job.state.recipient(&change.anchor)? else { continue };
            let Some(verb) = job.target.verb(&link.query(&change.anchor, &recipient)) else {
                if self.asked < MOST_ASKED {
                    self.asked += 1;
                    chosen.push(change);
                }
                continue;
            };
            let mut wanted = false;
            for attribute in attributes(change) {
                let way = Way { verb, attribute };
                if self.kept.ways.contains(&name(way)) {
                    continue;
                }
                // What has values then is tried rather than what is emptied.
                let count = of_way.entry((way, is_emptied(change, attribute))).or_default();
                *count += 1;
                wanted |= *count <= MOST_TRIED;
            }
            if wanted {
                chosen.push(change);
            }
        }
        Ok(chosen)
    }

    /// The inner error is what the target refuses; the outer one leaves open what was done.
    fn attempt(&mut self, job: &mut Job<'_>, work: &mut [Work]) -> Result<Result<()>> {
        read(job, work)?;
        let writes: Vec<(&Change, TargetWrite<'_>)> =
            work.iter().filter_map(|one| Some((&one.change, one.write()?))).collect();
        let mut ways: BTreeMap<Way, Vec<(bool, TargetWrite<'_>)>> = BTreeMap::new();
        for (change, write) in writes {
            let link = write.current.as_ref().map(|current| current.key.as_str());
            let Some(verb) = job.target.verb(&TargetQuery { link, ..write.query.clone() }) else { continue };
            for attribute in attributes(change) {
                let way = Way { verb, attribute };
                if !self.kept.ways.contains(&name(way)) {
                    let emptied = is_emptied(change, attribute);
                    ways.entry(way).or_default().push((emptied, write.clone()));
                }
            }
        }
        let ways: Vec<(Way, Vec<TargetWrite<'_>>)> = ways
            .into_iter()
            .map(|(way, mut writes)| {
                writes.sort_by_key(|(emptied, _)| *emptied);
                (way, writes.into_iter().map(|(_, write)| write).collect())
            })
            .collect();
        let tried = try_ways(job.target, &ways, job.context)?;
        for ((way, writes), tried) in ways.iter().zip(tried) {
            let label = |with: usize| {
                writes.get(with).map(|write| write.query.recipient.label.clone()).unwrap_or_default()
            };
            match tried {
                Tried::Taken { with, answer } => {
                    job.verbose(taken(*way, &label(with), answer))?;
                    self.kept.ways.insert(name(*way));
                }
                Tried::Refused(with, error) => return Ok(Err(refused(job, &label(with), error))),
                Tried::RefusedAlone(..) | Tried::Untried => {}
            }
        }
        job.state.set_setting(REHEARSED, &json(&self.kept)?)?;
        Ok(Ok(()))
    }
}

/// Reads what is there of each; who can't be written has no write then.
fn read(job: &mut Job<'_>, work: &mut [Work]) -> Result<()> {
    let queries: Vec<TargetQuery<'_>> = work.iter().map(Work::query).collect();
    let matches = job.target.read(&queries, job.context)?;
    drop(queries);
    for (one, matched) in work.iter_mut().zip(matches) {
        if let Ok(Match::One(current)) = matched
            && current.damage.is_none()
            && matches!(one.room(job, &current, true)?, Room::Free)
        {
            one.current = Some(Some(current));
        }
    }
    Ok(())
}

/// The attributes that a change touches.
fn attributes(change: &Change) -> BTreeSet<Attribute> {
    change.added().iter().chain(&change.removed()).map(|value| value.attribute).collect()
}

fn is_emptied(change: &Change, attribute: Attribute) -> bool {
    !change.after.iter().any(|value| value.attribute == attribute)
}

fn name(way: Way) -> String {
    format!("{} {}", way.verb, way.attribute)
}

fn taken(way: Way, label: &str, answer: Rehearsed) -> String {
    let said = match answer {
        Rehearsed::Checked => "nothing was written",
        Rehearsed::Unsure => "the answer did not say that it was only tried, so it was read back",
    };
    format!("{} takes {}: tried with {label}; {said}.", way.verb, way.attribute)
}

/// The refusal, which comes before anything was written.
fn refused(job: &Job<'_>, label: &str, error: Error) -> Error {
    let what = format!(
        "{} would refuse what this run writes, and nothing was written (tried with {label}): {}",
        job.target.name(),
        error.message
    );
    let target = error.target.clone().unwrap_or_else(|| label.to_owned());
    let told = Error { message: what, ..error };
    told.target(target)
}
