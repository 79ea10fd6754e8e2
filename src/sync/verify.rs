//! `-Verify`: the target is compared with what was published, and every write is read back.

use std::{cell::OnceCell, collections::BTreeSet};

use super::{
    desk::Desk,
    first_contact::adopt,
    hidden,
    job::Job,
    late::LONG_DELAY,
    look::{Look, Verdict, ambiguous},
    renamed::{self, Fate},
    wiped::Watched,
};
use crate::{
    error::{Error, Result},
    event::LogLevel,
    model::{Change, Exclusion, PublishedValue, Run, RunNumbers, Value, counted},
    profile::{Drift, Ownership},
    state::published::{Link, PlanRow},
    targets::{Match, Target, TargetRecipient},
};

/// So many writes of a run are read back without `-Verify`.
pub(super) const READ_BACK: usize = 3;

/// How many writes of a run are read back.
pub(super) fn how_many_are_read_back(verify: bool) -> usize {
    if verify { usize::MAX } else { READ_BACK }
}

/// A look at what was published: what is gone has drifted, and is published again or only reported.
pub(super) struct Published {
    pub(super) ownership: Ownership,
    pub(super) drift: Drift,
    pub(super) watched: Watched,
    /// Who was written in the last hours; asked for once it is needed.
    written: OnceCell<BTreeSet<String>>,
}

impl Look for Published {
    fn wants(&self, row: &PlanRow) -> bool {
        // What is left of those who go is read before it is removed.
        row.link.is_some() && row.gone.is_none() && self.watched.has(&row.anchor)
    }

    fn is_settled(
        &self,
        desk: &Desk<'_>,
        run: &mut Run,
        row: &PlanRow,
        target: &mut dyn Target,
    ) -> Result<bool> {
        let is_there = !row.managed.is_empty() && target.was_seen_with(&row.query(false), &row.managed);
        if is_there {
            run.numbers.verified += 1;
            desk.state.note_unseen(&row.anchor, false)?;
        }
        Ok(is_there)
    }

    fn meet(
        &self,
        desk: &Desk<'_>,
        run: &mut Run,
        row: &mut PlanRow,
        found: Result<Match>,
    ) -> Result<Verdict> {
        run.numbers.verified += 1;
        desk.state.note_unseen(&row.anchor, found.is_err())?;
        // Who is not there shows nothing, and may come back with all of it.
        let is_to_go = desk.hides_values && row.evaluation.desired.is_empty();
        Ok(match found {
            Ok(Match::None) if is_to_go => Verdict::Exclude(Exclusion::NotFound),
            Ok(Match::Excluded(Exclusion::SoftDeleted, _)) => Verdict::Exclude(Exclusion::SoftDeleted),
            Ok(Match::Ambiguous(why)) => Verdict::Fail(ambiguous(why)),
            Err(error) => Verdict::Fail(error),
            Ok(Match::Excluded(why, None)) => Verdict::Exclude(why),
            Ok(Match::None) => {
                self.compare(desk, run, row, None)?;
                Verdict::Plan
            }
            Ok(Match::One(found)) => {
                self.compare(desk, run, row, Some(&found))?;
                Verdict::Plan
            }
            Ok(Match::Renamed(renamed)) => match renamed::fate(desk, run, row, &renamed)? {
                Fate::Holds => {
                    self.compare(desk, run, row, Some(&renamed.recipient))?;
                    Verdict::Plan
                }
                Fate::Void => {
                    renamed::leave(desk, run, row, &renamed)?;
                    Verdict::Plan
                }
                Fate::Unclear(error) => {
                    // Each run tells it.
                    desk.state.note_unseen(&row.anchor, true)?;
                    Verdict::Fail(error)
                }
            },
            Ok(Match::Excluded(why, Some(found))) => {
                self.compare(desk, run, row, Some(&found))?;
                Verdict::Exclude(why)
            }
        })
    }
}

impl Published {
    pub(super) fn new(ownership: Ownership, drift: Drift, watched: Watched) -> Self {
        Self { ownership, drift, watched, written: OnceCell::new() }
    }

    /// Whether a recipient was written so lately that what is not shown of it may be there all the same.
    fn may_show_late(&self, desk: &Desk<'_>, anchor: &str) -> Result<bool> {
        if !desk.shows_late {
            return Ok(false);
        }
        if self.written.get().is_none() {
            let _ = self.written.set(desk.state.written_since(desk.now.plus(-LONG_DELAY))?);
        }
        Ok(self.written.get().is_some_and(|written| written.contains(anchor)))
    }

    /// Compares one recipient's values at the target with what is managed.
    fn compare(
        &self,
        desk: &Desk<'_>,
        run: &mut Run,
        row: &mut PlanRow,
        found: Option<&TargetRecipient>,
    ) -> Result<()> {
        if let Some(error) = found.and_then(|found| found.damage.as_ref()) {
            return self.mend(desk, run, row, error);
        }
        let there = found.map(|found| found.values.as_slice()).unwrap_or_default();
        let (ours, foreign): (Vec<Value>, Vec<Value>) =
            there.iter().cloned().partition(|value| row.managed.iter().any(|one| one.is(value)));
        if let Some(finding) = hidden::by_foreign(&row.managed, &ours, &foreign, desk.now) {
            desk.warn(format!("{}: {}", row.evaluation.recipient.label, finding.message))?;
            row.evaluation.findings.push(finding);
        }
        if let (Ownership::Authoritative, Some(found)) = (self.ownership, found)
            && !foreign.is_empty()
        {
            let label = &row.evaluation.recipient.label;
            desk.verbose(format!("{label} has values of somebody else at the target."))?;
            return adopt(desk, run, row, found, self.ownership);
        }
        let left: Vec<PublishedValue> =
            row.managed.iter().filter(|one| found.is_some_and(|found| found.shows(one))).cloned().collect();
        let gone = row.managed.len() - left.len();
        if gone == 0 {
            return Ok(());
        }
        run.numbers.drifted += 1;
        let label = &row.evaluation.recipient.label;
        let published = counted(row.managed.len(), "published value", "published values");
        let what = if desk.shows_late { "does not show" } else { "has lost" };
        desk.verbose(format!("The target {what} {gone} of {published} of {label}."))?;
        if self.drift == Drift::Repair && self.may_show_late(desk, &row.anchor)? {
            // Written again, or taken away, whatever is there.
            desk.state.distrust(&row.anchor)?;
            row.former.push(row.anchor.clone());
        } else if self.drift == Drift::Repair {
            // What goes anyway is taken away whether it is shown or not.
            let is_left_over = desk.leaves_parts && found.is_none() && row.evaluation.desired.is_empty();
            let goes = |one: &&PublishedValue| {
                (desk.hides_values || is_left_over)
                    && !left.contains(one)
                    && !row.evaluation.desired.iter().any(|other| other.same(one))
            };
            let unseen: Vec<PublishedValue> = row.managed.iter().filter(goes).cloned().collect();
            let left = [left, unseen].concat();
            let link = row.link.clone().filter(|_| found.is_some() || is_left_over);
            desk.state
                .transaction(|state| state.set_managed(&row.anchor, link.as_deref(), &left, desk.now))?;
            (row.managed, row.link, row.drifted) = (left, link, true);
        }
        Ok(())
    }
}

impl Published {
    /// What can't be understood is gone; its place is still the recipient's, and is written or taken away with it.
    fn mend(&self, desk: &Desk<'_>, run: &mut Run, row: &mut PlanRow, damage: &Error) -> Result<()> {
        run.numbers.drifted += 1;
        desk.verbose(format!("{}: {damage}", row.evaluation.recipient.label))?;
        if self.drift == Drift::Repair {
            desk.state.distrust(&row.anchor)?;
            row.former.push(row.anchor.clone());
        }
        Ok(())
    }
}

/// Before a write: tells of damage that no earlier look has told.
pub(super) fn tell_damage(
    job: &Job<'_>,
    change: &Change,
    link: &Link,
    current: &TargetRecipient,
) -> Result<()> {
    match &current.damage {
        Some(damage) if !link.former.contains(&change.anchor) => {
            let what =
                format!("{}: {damage} What this change leaves there takes its place.", change.recipient);
            job.context.log(LogLevel::Warning, what)
        }
        _ => Ok(()),
    }
}

/// One warning that something published had gone, if there was any.
pub(super) fn tell_drift(job: &Job<'_>, numbers: &RunNumbers) -> Result<()> {
    if numbers.drifted == 0 {
        return Ok(());
    }
    let what_now = match job.profile.target.drift() {
        // What becomes of the plan is not known yet.
        Drift::Repair => "what is still wanted is planned to be published again",
        Drift::Report => "the profile only reports it (-Drift Report)",
    };
    let lost = match job.target.shows_late() {
        true => "did not show all published values",
        false => "had lost published values",
    };
    let what = format!(
        "{} of {} {lost} at {}; {what_now}. -Verbose names {}.",
        numbers.drifted,
        counted(numbers.verified, "verified recipient", "verified recipients"),
        job.target.name(),
        if numbers.drifted == 1 { "it" } else { "them" },
    );
    job.context.log(LogLevel::Warning, what)
}
