//! Contact with the target before anything is planned: who is whom there, what of it is ours, what has drifted.

use super::{Job, hidden, plan::CONTACTED};
use crate::{
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{ChangeState, Exclusion, PublishedValue, Run, Value},
    policy::{self, RuleId},
    profile::{Drift, Ownership},
    state::published::PlanRow,
    targets::{Match, TargetQuery, TargetRecipient},
};

/// Looks at those recipients of a page at the target that have to be looked at. Those that can't be planned are
/// taken out, with an error each or counted.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>) -> Result<Vec<Error>> {
    if job.curates() {
        return in_place(job, run, rows);
    }
    let mut errors = first_contact(job, run, rows)?;
    if job.options.verify {
        errors.extend(verify(job, run, rows)?);
    }
    Ok(errors)
}

/// Reads the rows that `wanted` picks, batch by batch, with the place of each.
fn read(
    job: &mut Job<'_>,
    rows: &[PlanRow],
    thorough: bool,
    wanted: impl Fn(&PlanRow) -> bool,
) -> Result<Vec<(String, Result<Match>)>> {
    let wanted: Vec<&PlanRow> = rows.iter().filter(|row| wanted(row)).collect();
    let mut matches = Vec::with_capacity(wanted.len());
    for batch in wanted.chunks(job.target.batch_size().max(1)) {
        let queries: Vec<TargetQuery<'_>> = batch.iter().map(|row| row.query(thorough)).collect();
        matches.extend(job.target.read(&queries, job.context)?);
    }
    Ok(wanted.iter().map(|row| row.anchor.clone()).zip(matches).collect())
}

/// What is to be done with a row after a look at the target.
enum Verdict {
    Plan,
    Exclude(Exclusion),
    Fail(Error),
}

/// Carries out a verdict on the row of `anchor`; the error to report, if there is one.
/// Fails where the verdict ends the run.
fn settle(
    job: &Job<'_>,
    run: &mut Run,
    rows: &mut Vec<PlanRow>,
    index: usize,
    verdict: Verdict,
) -> Result<Option<Error>> {
    match verdict {
        Verdict::Plan => Ok(None),
        Verdict::Exclude(why) => exclude(job, run, rows.remove(index), why).map(|()| None),
        Verdict::Fail(error) if error.id == ErrorId::DiskFull => Err(error),
        Verdict::Fail(error) => {
            let row = rows.remove(index);
            Ok(Some(error.target(row.evaluation.recipient.label)))
        }
    }
}

/// Matches recipients that no run has linked yet, and adopts what is at the target already: so a lost state heals.
fn first_contact(job: &mut Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>) -> Result<Vec<Error>> {
    let thorough = job.state.setting(CONTACTED)?.is_none();
    let strange = |row: &PlanRow| {
        row.link.is_none() && row.gone.is_none() && !row.evaluation.recipient.values.is_empty()
    };
    let mut errors = Vec::new();
    for (anchor, matched) in read(job, rows, thorough, strange)? {
        let Some(index) = rows.iter().position(|row| row.anchor == anchor) else { continue };
        let Some(row) = rows.get_mut(index) else { continue };
        let verdict = match matched {
            Ok(Match::None) => Verdict::Plan,
            Ok(Match::One(found)) => match adopt(job, run, row, &found) {
                Ok(()) => Verdict::Plan,
                Err(error) => Verdict::Fail(error),
            },
            Ok(Match::Ambiguous(why)) => Verdict::Fail(ambiguous(why)),
            // Nothing would be written for it anyway.
            Ok(Match::Excluded(..)) if row.evaluation.desired.is_empty() => Verdict::Plan,
            Ok(Match::Excluded(why, found)) => {
                tell_findings(job, found.as_ref())?;
                Verdict::Exclude(why)
            }
            Err(error) => Verdict::Fail(error),
        };
        errors.extend(settle(job, run, rows, index, verdict)?);
    }
    Ok(errors)
}

/// Tells what the target finds on a recipient that it leaves alone, and that so has no change to show it.
fn tell_findings(job: &Job<'_>, found: Option<&TargetRecipient>) -> Result<()> {
    let mut findings = found.iter().flat_map(|found| &found.findings);
    findings.try_for_each(|finding| {
        job.context.log(LogLevel::Warning, format!("{} ({})", finding.message, finding.rule))
    })
}

/// The error of a recipient for which several of the target come into question.
pub(super) fn ambiguous(why: String) -> Error {
    let finding = policy::target_finding(RuleId::AmbiguousRecipient, why);
    Error::new(ErrorId::TargetConflict, format!("{} ({})", finding.message, finding.rule))
}

/// Looks at what was published: what is gone has drifted, and is published again or only reported.
fn verify(job: &mut Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>) -> Result<Vec<Error>> {
    let mut errors = Vec::new();
    for (anchor, matched) in read(job, rows, false, |row| row.link.is_some())? {
        let Some(index) = rows.iter().position(|row| row.anchor == anchor) else { continue };
        let Some(row) = rows.get_mut(index) else { continue };
        run.numbers.verified += 1;
        let verdict = match matched {
            Ok(Match::Ambiguous(why)) => Verdict::Fail(ambiguous(why)),
            Err(error) => Verdict::Fail(error),
            Ok(Match::Excluded(why, None)) => Verdict::Exclude(why),
            Ok(Match::None) => compare(job, run, row, None)?,
            Ok(Match::One(found)) => compare(job, run, row, Some(&found))?,
            Ok(Match::Excluded(why, Some(found))) => {
                compare(job, run, row, Some(&found))?;
                Verdict::Exclude(why)
            }
        };
        errors.extend(settle(job, run, rows, index, verdict)?);
    }
    Ok(errors)
}

/// Compares one recipient's values at the target with what is managed.
fn compare(
    job: &Job<'_>,
    run: &mut Run,
    row: &mut PlanRow,
    found: Option<&TargetRecipient>,
) -> Result<Verdict> {
    let there = found.map(|found| found.values.as_slice()).unwrap_or_default();
    let (ours, foreign): (Vec<Value>, Vec<Value>) =
        there.iter().cloned().partition(|value| row.managed.iter().any(|one| one.is(value)));
    if let Some(finding) = hidden::by_foreign(&row.managed, &ours, &foreign, job.now) {
        let what = format!("{}: {}", row.evaluation.recipient.label, finding.message);
        job.context.log(LogLevel::Warning, what)?;
        row.evaluation.findings.push(finding);
    }
    if let (Ownership::Authoritative, Some(found)) = (job.profile.target.ownership(), found)
        && !foreign.is_empty()
    {
        job.verbose(format!(
            "{} has values of somebody else at the target.",
            row.evaluation.recipient.label
        ))?;
        adopt(job, run, row, found)?;
        return Ok(Verdict::Plan);
    }
    let left: Vec<PublishedValue> =
        row.managed.iter().filter(|one| there.iter().any(|value| one.is(value))).cloned().collect();
    let gone = row.managed.len() - left.len();
    if gone == 0 {
        return Ok(Verdict::Plan);
    }
    run.numbers.drifted += 1;
    let label = &row.evaluation.recipient.label;
    job.verbose(format!("{gone} of {} published values of {label} are gone.", row.managed.len()))?;
    if job.profile.target.drift() == Drift::Repair {
        let link = row.link.clone().filter(|_| found.is_some());
        job.state.transaction(|state| state.set_managed(&row.anchor, link.as_deref(), &left, job.now))?;
        (row.managed, row.link, row.drifted) = (left, link, true);
    }
    Ok(Verdict::Plan)
}

/// Where values are put right in place: those whose values changed a moment ago are left for a later run, and
/// those that would keep too many are left alone.
fn in_place(job: &mut Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>) -> Result<Vec<Error>> {
    let mut too_many = Vec::new();
    for index in (0..rows.len()).rev() {
        if rows.get(index).is_some_and(super::decide::leaves_too_many) {
            too_many.push(rows.remove(index));
        }
    }
    for row in too_many {
        exclude(job, run, row, Exclusion::TooManyValues)?;
    }
    let planned = |row: &PlanRow| super::decide::is_curated(row);
    let mut errors = Vec::new();
    for (anchor, matched) in read(job, rows, false, planned)? {
        let Some(index) = rows.iter().position(|row| row.anchor == anchor) else { continue };
        let verdict = match matched {
            Ok(Match::One(_) | Match::None) => Verdict::Plan,
            Ok(Match::Excluded(why, _)) => Verdict::Exclude(why),
            Ok(Match::Ambiguous(why)) => Verdict::Fail(ambiguous(why)),
            Err(error) => Verdict::Fail(error),
        };
        errors.extend(settle(job, run, rows, index, verdict)?);
    }
    Ok(errors)
}

/// Counts a recipient that the target leaves alone.
pub(super) fn exclude(job: &Job<'_>, run: &mut Run, row: PlanRow, why: Exclusion) -> Result<()> {
    // What was declined stays declined.
    if job.state.open_change(&row.anchor)?.is_some_and(|open| open.state != ChangeState::Declined) {
        job.state.drop_open_change(&row.anchor)?;
    }
    run.exclude(why);
    job.verbose(format!(
        "{} is left alone: such recipients {}.",
        row.evaluation.recipient.label,
        why.reason()
    ))
}

fn adopt(job: &Job<'_>, run: &mut Run, row: &mut PlanRow, found: &TargetRecipient) -> Result<()> {
    if let Some(other) = job.state.linked_anchor(&found.key)?.filter(|other| *other != row.anchor) {
        let what = format!("'{}' at the target is already linked to the source object {other}.", found.key);
        return Err(Error::new(ErrorId::TargetConflict, what));
    }
    row.evaluation.findings.extend(found.findings.iter().cloned());
    let desired = &row.evaluation.desired;
    let ours = |value: &Value| {
        let fingerprint = value.fingerprint();
        let of_source = row.evaluation.recipient.values.contains(&(value.attribute, fingerprint));
        let wanted = desired.iter().find(|one| one.attribute == value.attribute && one.value == fingerprint);
        let certificate = wanted.and_then(|one| one.certificate.clone());
        let all = job.profile.target.ownership() == Ownership::Authoritative;
        (of_source || wanted.is_some() || all).then_some(PublishedValue {
            attribute: value.attribute,
            value: fingerprint,
            certificate,
        })
    };
    let adopted: Vec<PublishedValue> = found.values.iter().filter_map(ours).collect();
    // Nothing of ours there: the first write makes the link.
    if adopted.is_empty() {
        return Ok(());
    }
    job.state.transaction(|state| {
        found
            .values
            .iter()
            .filter(|value| ours(value).is_some())
            .try_for_each(|value| state.put_value(value))?;
        state.set_managed(&row.anchor, Some(&found.key), &adopted, job.now)
    })?;
    run.numbers.adopted += adopted.len() as u64;
    row.managed = adopted;
    row.link = Some(found.key.clone());
    Ok(())
}
