//! Links whose recipient of the target has lost the address: names are used again by others, and who has one is compared by
//! identity before anything is written.
//!
//! Where the source knows people by nothing but their addresses, the address is the identity: what was published goes from
//! the old place, and comes at the new one, in one plan that the guard judges. Where it knows them by more, nobody can tell
//! who is meant: that is told, and nothing is written until either side is put right.

use super::{desk::Desk, job::Job, plan};
use crate::{
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{RecipientRecord, Run, counted},
    state::{
        State,
        evaluation::EvaluationRow,
        import::{Gone, ImportRow},
        published::PlanRow,
    },
    targets::{Renamed, TargetQuery},
};

/// How the anchors of old places begin; the target's own key follows. No anchor of a source begins so.
const OLD_PLACE: &str = "!";

/// Whether an anchor is that of an old place, which no source knows.
pub(super) fn is_old_place(anchor: &str) -> bool {
    anchor.starts_with(OLD_PLACE)
}

/// What becomes of a link whose recipient of the target was renamed.
pub(super) enum Fate {
    /// It holds.
    Holds,
    /// It is void: the place is left, and the recipient is looked for anew.
    Void,
    /// Nobody can tell; nothing is written.
    Unclear(Error),
}

/// What becomes of the link of a recipient before it is planned.
pub(super) fn fate(desk: &Desk<'_>, run: &Run, row: &PlanRow, renamed: &Renamed) -> Result<Fate> {
    let recipient = &row.evaluation.recipient;
    // What only goes, goes from where it is; what is being written there is not known yet.
    let goes = row.missing || row.evaluation.desired.is_empty() || recipient.disabled;
    if goes || desk.state.is_in_flight(&row.anchor)? {
        return Ok(Fate::Holds);
    }
    let Some(error) = objection(desk.state, run.id, &row.anchor, recipient, renamed)? else {
        return Ok(Fate::Holds);
    };
    let is_bare = !row.managed.iter().any(|one| renamed.recipient.shows(one));
    Ok(if recipient.is_known_by_address(&row.anchor) || is_bare { Fate::Void } else { Fate::Unclear(error) })
}

/// Why nothing is written to a renamed recipient of the target; `None`: nobody else comes into question.
pub(super) fn objection(
    state: &State,
    run_id: i64,
    anchor: &str,
    recipient: &RecipientRecord,
    renamed: &Renamed,
) -> Result<Option<Error>> {
    let Renamed { now, taken, .. } = renamed;
    let by_address = recipient.is_known_by_address(anchor);
    // Nobody has the address any more; but its mailbox may be another one's of the source.
    if !(*taken || by_address && is_in_source(state, run_id, &now.to_lowercase(), anchor)?) {
        return Ok(None);
    }
    let label = &recipient.label;
    let why = match taken {
        true => format!("and another recipient there has '{label}'"),
        false => "which is another recipient's address in the source".to_owned(),
    };
    let what = format!(
        "What is published for {label} is at '{now}' of the target by now, {why}; nothing is written there."
    );
    let advice = match by_address {
        true => "Run again: what is published is taken away there, and published at whoever has the address."
            .to_owned(),
        false => format!(
            "If '{now}' is still the same person, correct the address in the source. If it is not, take the certificates of \
             '{now}' away by hand: the next run then publishes at whoever has the address."
        ),
    };
    Ok(Some(Error::new(ErrorId::TargetConflict, what).advice(advice)))
}

/// Whose primary address it is: by this import, or by the one in force where this run reads only some.
fn is_in_source(state: &State, run_id: i64, address: &str, anchor: &str) -> Result<bool> {
    for run in [Some(run_id), state.current_run()?].into_iter().flatten() {
        if state.owner_of_address(run, address, anchor)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Leaves the place of a recipient: what is published there is kept under an anchor of its own, which counts as gone, and
/// the recipient has no link any more.
pub(super) fn leave(desk: &Desk<'_>, run: &Run, row: &mut PlanRow, renamed: &Renamed) -> Result<()> {
    let key = &renamed.recipient.key;
    let anchor = format!("{OLD_PLACE}{key}");
    let recipient = RecipientRecord {
        label: renamed.now.clone(),
        display_name: None,
        address: Some(renamed.now.clone()),
        user_principal_name: None,
        distinguished_name: key.clone(),
        values: Vec::new(),
        ..row.evaluation.recipient.clone()
    };
    let evaluation = EvaluationRow {
        input: row.evaluation.input,
        recipient,
        desired: Vec::new(),
        judged: Vec::new(),
        findings: Vec::new(),
        missing_issuers: Vec::new(),
        next_evaluation: None,
        curation: Vec::new(),
    };
    let label = &row.evaluation.recipient.label;
    desk.verbose(format!(
        "What is published for {label} is at '{}' of the target by now; it is taken away there.",
        renamed.now
    ))?;
    desk.state.transaction(|state| {
        state.add_import(run.id, &of_place(&anchor, Some(renamed.now.to_lowercase()), desk))?;
        state.put_evaluation(&anchor, &evaluation, &[], desk.now)?;
        state.hand_over(&row.anchor, &anchor, false)
    })?;
    row.managed.clear();
    row.former.clear();
    row.link = None;
    row.left = Some(anchor);
    Ok(())
}

fn of_place(anchor: &str, address: Option<String>, desk: &Desk<'_>) -> ImportRow {
    ImportRow {
        anchor: anchor.to_owned(),
        address,
        missing_since: Some(desk.now),
        gone: Some(Gone::PlaceRenamed),
        seen_by: None,
        version: None,
    }
}

/// Plans the removal at the place that a recipient has just left. The error is that place's alone.
pub(super) fn plan_left(job: &Job<'_>, run: &mut Run, left: &str) -> Result<Option<Error>> {
    match job.state.plan_row_of(run.id, left)? {
        Some(row) => plan::plan_one(job, run, &row),
        None => Ok(None),
    }
}

/// Carries an old place over from the import before, as long as something of ours is there. No source is asked for it.
pub(super) fn carry_over(job: &Job<'_>, run: &Run, row: &ImportRow) -> Result<()> {
    if job.state.managed(&row.anchor)?.is_empty() && !job.state.is_in_flight(&row.anchor)? {
        return job.state.drop_open_change(&row.anchor);
    }
    let address = row.address.clone();
    let place = of_place(&row.anchor, address, &job.desk());
    let missing_since = row.missing_since.or(place.missing_since);
    job.state.add_import(run.id, &ImportRow { missing_since, ..place }).map(drop)
}

/// After the plan: one warning that something is at another place than it should be.
pub(super) fn tell(job: &Job<'_>, run: &Run) -> Result<()> {
    let places = job.state.gone_count(run.id, Gone::PlaceRenamed)?;
    if places == 0 {
        return Ok(());
    }
    let what = format!(
        "{} at {} another address than when certificates were published there: they are planned to be taken away, and to be \
         published at whoever has the address. -Verbose names {}.",
        counted(places, "recipient has", "recipients have"),
        job.target.name(),
        if places == 1 { "it" } else { "them" },
    );
    job.context.log(LogLevel::Warning, what)
}

/// Before a write: the error of who must not be written, where the link's recipient was renamed. A later run looks at it.
pub(super) fn at_export(
    job: &Job<'_>,
    run: &Run,
    query: &TargetQuery<'_>,
    renamed: &Renamed,
) -> Result<Option<Error>> {
    let error = objection(job.state, run.id, query.anchor, query.recipient, renamed)?;
    if error.is_some() {
        job.state.note_unseen(query.anchor, true)?;
    }
    Ok(error)
}
