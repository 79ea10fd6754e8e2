//! Plan: compares what is desired with what is managed, recipient by recipient.

use super::{
    Job, contact,
    decide::{self, Planned},
    progress::Meter,
};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Change, ChangeState, Fingerprint, Named, PublishedValue, Run},
    state::{change::OpenChange, published::PlanRow},
    targets::TargetQuery,
};

/// Recipients of one page.
const PAGE: usize = 500;
/// The setting that says that all recipients were matched with the target once.
pub(super) const CONTACTED: &str = "contacted_target";

pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let mut meter = Meter::new(job.context, "Plan", Some(run.numbers.recipients + run.numbers.missing))?;
    let mut after = String::new();
    loop {
        let mut rows = job.state.plan_rows(run.id, &after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.anchor);
        meter.add(rows.len())?;
        for error in contact::run(job, run, &mut rows)? {
            job.report(run, error)?;
        }
        let planned = job
            .state
            .transaction(|_| rows.iter().map(|row| plan_one(job, run, row)).collect::<Result<Vec<_>>>())?;
        for error in planned.into_iter().flatten() {
            job.report(run, error)?;
        }
    }
    if !job.is_partial() && run.numbers.recipients > 0 {
        job.state.set_setting(CONTACTED, "yes")?;
    }
    let numbers = &run.numbers;
    job.verbose(format!(
        "Planned {} Add, {} Update, {} Remove; {} recipients are as desired; in {:.2} s.",
        numbers.add,
        numbers.update,
        numbers.remove,
        numbers.unchanged,
        meter.seconds()
    ))?;
    if numbers.declined > 0 {
        let what = format!(
            "{} changes were declined earlier and are skipped; -Confirm asks again.",
            numbers.declined
        );
        job.verbose(what)?;
    }
    Ok(())
}

/// Plans one recipient; an error is that recipient's alone.
fn plan_one(job: &Job<'_>, run: &mut Run, row: &PlanRow) -> Result<Option<Error>> {
    // Until it is read back, nobody knows what of ours is at the target.
    if job.state.is_in_flight(&row.anchor)? {
        run.numbers.waiting += 1;
        return Ok(None);
    }
    let Some(planned) = planned(job, row) else {
        run.numbers.unchanged += 1;
        job.state.drop_open_change(&row.anchor)?;
        return Ok(None);
    };
    // In place, the anchor says whose values they are; elsewhere, the address decides where they go.
    if row.address_shared && !planned.after.is_empty() && !job.curates() {
        job.state.drop_open_change(&row.anchor)?;
        return Ok(Some(address_shared(row)));
    }
    let desired = digest(&planned.after);
    let open = job.state.open_change(&row.anchor)?.filter(|open| open.desired == desired);
    let mut attempts = 0;
    if let Some(open) = &open {
        attempts = open.attempts;
        if skips(job, open) {
            let skipped = if open.state == ChangeState::Declined {
                &mut run.numbers.declined
            } else {
                &mut run.numbers.waiting
            };
            *skipped += 1;
            return Ok(None);
        }
    }
    run.numbers.count(planned.kind);
    let change = Change {
        id: 0,
        run_id: run.id,
        profile_name: String::new(),
        recipient: row.evaluation.recipient.label.clone(),
        display_name: row.evaluation.recipient.display_name.clone(),
        anchor: row.anchor.clone(),
        change: planned.kind,
        state: ChangeState::Pending,
        before: planned.before,
        after: planned.after,
        reasons: planned.reasons,
        findings: row.evaluation.findings.clone(),
        attempts,
        next_try: None,
        error: None,
        time: job.now,
    };
    job.state.put_change(&change, desired)?;
    Ok(None)
}

fn planned(job: &Job<'_>, row: &PlanRow) -> Option<Planned> {
    if job.curates() {
        return decide::curate(row);
    }
    decide::decide(row, job.profile.policy.disabled_account, job.target.key(&row.query(false)).as_deref())
}

fn address_shared(row: &PlanRow) -> Error {
    let address = row.address.as_deref().unwrap_or_default();
    let what = format!(
        "'{address}' is the primary address of more than one recipient of the source; none of them is written."
    );
    Error::new(ErrorId::TargetConflict, what).target(row.evaluation.recipient.distinguished_name.clone())
}

/// Whether an open change with the same goal is left as it is by this run.
fn skips(job: &Job<'_>, open: &OpenChange) -> bool {
    match open.state {
        ChangeState::Declined => !job.options.confirm,
        ChangeState::Rejected => !job.is_partial() && open.next_try.is_some_and(|next| next > job.now),
        _ => false,
    }
}

/// A hash over what is desired; the order does not count.
pub fn digest(values: &[PublishedValue]) -> Fingerprint {
    let mut parts: Vec<_> = values.iter().map(|value| (value.attribute, value.value.0)).collect();
    parts.sort_unstable();
    let bytes: Vec<u8> =
        parts.iter().flat_map(|(attribute, value)| [attribute.name().as_bytes(), value].concat()).collect();
    Fingerprint::of(&bytes)
}

impl PlanRow {
    /// The recipient, for the target to match; `thorough` where the state has never seen the target.
    pub fn query(&self, thorough: bool) -> TargetQuery<'_> {
        TargetQuery {
            anchor: &self.anchor,
            recipient: &self.evaluation.recipient,
            link: self.link.as_deref(),
            thorough,
            fresh: false,
        }
    }
}
