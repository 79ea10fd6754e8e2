//! Plan: compares what is desired with what is managed, recipient by recipient.

use super::{Job, progress::Meter};
use crate::{
    error::{Error, ErrorId, Result},
    policy::evaluation::CertificateState,
    profile::DisabledAccount,
    recipient::{Fingerprint, Value},
    state::{
        change::OpenChange,
        import::Gone,
        published::PlanRow,
        record::{Change, ChangeKind, ChangeState, PublishedValue, Run},
    },
    target::{Exclusion, Match, TargetQuery, TargetRecipient},
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
        let errors = first_contact(job, run, &mut rows)?;
        for error in errors {
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

/// Matches recipients that no run has linked yet, and adopts what is at the target already: so a lost state
/// heals. Rows that can't be matched are taken out, with an error each.
fn first_contact(job: &mut Job<'_>, run: &mut Run, rows: &mut Vec<PlanRow>) -> Result<Vec<Error>> {
    let strangers: Vec<&PlanRow> = rows
        .iter()
        .filter(|row| row.link.is_none() && row.gone.is_none() && !row.evaluation.recipient.values.is_empty())
        .collect();
    let thorough = job.state.setting(CONTACTED)?.is_none();
    let mut matches = Vec::with_capacity(strangers.len());
    for batch in strangers.chunks(job.target.batch_size().max(1)) {
        let queries: Vec<TargetQuery<'_>> = batch.iter().map(|row| row.query(thorough)).collect();
        matches.extend(job.target.read(&queries, job.context)?);
    }
    let anchors: Vec<String> = strangers.iter().map(|row| row.anchor.clone()).collect();
    let mut errors = Vec::new();
    for (anchor, matched) in anchors.iter().zip(matches) {
        let Some(index) = rows.iter().position(|row| row.anchor == *anchor) else { continue };
        let outcome = match matched {
            Ok(Match::None) => continue,
            Ok(Match::One(found)) => rows.get_mut(index).map_or(Ok(()), |row| adopt(job, run, row, &found)),
            Ok(Match::Ambiguous(why)) => Err(Error::new(ErrorId::TargetConflict, why)),
            Ok(Match::Excluded(why, _)) => {
                exclude(job, run, rows.remove(index), why)?;
                continue;
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            if error.id == ErrorId::DiskFull {
                return Err(error);
            }
            let row = rows.remove(index);
            errors.push(error.target(row.evaluation.recipient.label));
        }
    }
    Ok(errors)
}

/// Counts a recipient that the target leaves alone.
fn exclude(job: &Job<'_>, run: &mut Run, row: PlanRow, why: Exclusion) -> Result<()> {
    job.state.drop_open_change(&row.anchor)?;
    run.exclude(why);
    job.verbose(format!(
        "{} is left alone: such recipients {}.",
        row.evaluation.recipient.label,
        why.reason()
    ))
}

fn adopt(job: &Job<'_>, run: &mut Run, row: &mut PlanRow, found: &TargetRecipient) -> Result<()> {
    if let Some(other) = job.state.linked_anchor(&found.key)? {
        let what = format!("'{}' at the target is already linked to the source object {other}.", found.key);
        return Err(Error::new(ErrorId::TargetConflict, what));
    }
    let desired = &row.evaluation.desired;
    let ours = |value: &Value| {
        let fingerprint = value.fingerprint();
        let of_source = row.evaluation.recipient.values.contains(&(value.attribute, fingerprint));
        let wanted = desired.iter().find(|one| one.attribute == value.attribute && one.value == fingerprint);
        let certificate = wanted.and_then(|one| one.certificate.clone());
        (of_source || wanted.is_some()).then_some(PublishedValue {
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

/// Plans one recipient; an error is that recipient's alone.
fn plan_one(job: &Job<'_>, run: &mut Run, row: &PlanRow) -> Result<Option<Error>> {
    // Until it is read back, nobody knows what of ours is at the target.
    if job.state.is_in_flight(&row.anchor)? {
        run.numbers.waiting += 1;
        return Ok(None);
    }
    let planned = decide(row, job.profile.disabled_account, job.target.key(&row.query(false)).as_deref());
    let Some(planned) = planned else {
        run.numbers.unchanged += 1;
        job.state.drop_open_change(&row.anchor)?;
        return Ok(None);
    };
    if row.address_shared && !planned.after.is_empty() {
        let address = row.address.as_deref().unwrap_or_default();
        let what = format!(
            "'{address}' is the primary address of more than one recipient of the source; none of them is written."
        );
        job.state.drop_open_change(&row.anchor)?;
        return Ok(Some(
            Error::new(ErrorId::TargetConflict, what)
                .target(row.evaluation.recipient.distinguished_name.clone()),
        ));
    }
    let counted = match planned.kind {
        ChangeKind::Add => &mut run.numbers.add,
        ChangeKind::Update => &mut run.numbers.update,
        ChangeKind::Remove => &mut run.numbers.remove,
    };
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
    *counted += 1;
    let change = Change {
        id: 0,
        run_id: run.id,
        profile_name: String::new(),
        recipient: row.evaluation.recipient.label.clone(),
        display_name: row.evaluation.recipient.display_name.clone(),
        anchor: row.anchor.clone(),
        change: planned.kind,
        state: ChangeState::Pending,
        before: row.managed.clone(),
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

/// Whether an open change with the same goal is left as it is by this run.
fn skips(job: &Job<'_>, open: &OpenChange) -> bool {
    match open.state {
        ChangeState::Declined => !job.options.confirm,
        ChangeState::Rejected => !job.is_partial() && open.next_try.is_some_and(|next| next > job.now),
        _ => false,
    }
}

/// What one recipient needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Add, Update or Remove.
    pub kind: ChangeKind,
    /// What shall be managed afterwards.
    pub after: Vec<PublishedValue>,
    /// Why, in sentences.
    pub reasons: Vec<String>,
}

/// Compares what is desired with what is managed: `None` where they are the same.
///
/// `key` is the target's key for the recipient as it is now; another one than that of the link means that the
/// recipient has a new address there. Pure.
pub fn decide(row: &PlanRow, disabled: DisabledAccount, key: Option<&str>) -> Option<Planned> {
    let leaves =
        row.gone.is_some() || (row.evaluation.recipient.disabled && disabled == DisabledAccount::Remove);
    // Missing is not deleted: nothing happens while it may come back.
    if row.missing && row.gone.is_none() {
        return None;
    }
    let after = if leaves { Vec::new() } else { row.evaluation.desired.clone() };
    let same = |one: &PublishedValue, other: &PublishedValue| {
        (one.attribute, one.value) == (other.attribute, other.value)
    };
    let without = |these: &[PublishedValue], those: &[PublishedValue]| -> Vec<PublishedValue> {
        these.iter().filter(|one| !those.iter().any(|other| same(one, other))).cloned().collect()
    };
    let (added, removed) = (without(&after, &row.managed), without(&row.managed, &after));
    let moved = match (&row.link, key) {
        (Some(link), Some(key)) => link != key && !after.is_empty(),
        _ => false,
    };
    if added.is_empty() && removed.is_empty() && !moved {
        return None;
    }
    let kind = match (row.managed.is_empty(), after.is_empty()) {
        (true, _) => ChangeKind::Add,
        (false, true) => ChangeKind::Remove,
        (false, false) => ChangeKind::Update,
    };
    let mut reasons: Vec<String> = added.iter().map(why_added).collect();
    reasons.extend(removed.iter().map(|value| why_removed(row, value, leaves)));
    if moved {
        reasons.push(format!("The recipient's address is '{}' now.", row.evaluation.recipient.label));
    }
    reasons.dedup();
    Some(Planned { kind, after, reasons })
}

fn why_added(value: &PublishedValue) -> String {
    match &value.certificate {
        Some(certificate) => format!(
            "Chosen: {}, valid until {} (thumbprint {}), as {}.",
            certificate.subject, certificate.not_after, certificate.thumbprint, value.attribute
        ),
        None => format!("Chosen: a value of {}.", value.attribute),
    }
}

fn why_removed(row: &PlanRow, value: &PublishedValue, leaves: bool) -> String {
    let name = match &value.certificate {
        Some(certificate) => {
            format!("{} (thumbprint {}), as {}", certificate.subject, certificate.thumbprint, value.attribute)
        }
        None => format!("the value {} of {}", value.value, value.attribute),
    };
    let because = match row.gone {
        Some(Gone::Deleted) => "the recipient was deleted in the source".to_owned(),
        Some(Gone::OutOfScope) => "the recipient left the profile's scope".to_owned(),
        Some(Gone::Missing) => {
            "the source has not shown the recipient since the missing period began".to_owned()
        }
        None if leaves => "the account is disabled".to_owned(),
        None => why_not_desired(row, value),
    };
    format!("Removed: {name}: {because}.")
}

fn why_not_desired(row: &PlanRow, value: &PublishedValue) -> String {
    let certificate = value.certificate.as_ref().map(|certificate| certificate.fingerprint);
    let judged = row
        .evaluation
        .judged
        .iter()
        .find(|judged| judged.value == value.value && judged.certificate == certificate);
    let judged = judged.or_else(|| row.evaluation.judged.iter().find(|judged| judged.value == value.value));
    let judged = judged.or_else(|| {
        row.evaluation.judged.iter().find(|one| certificate.is_some() && one.certificate == certificate)
    });
    match judged {
        None => "the source no longer has it".to_owned(),
        Some(judged) if judged.state == CertificateState::Unusable => {
            let why: Vec<&str> =
                judged.findings.iter().map(|finding| finding.message.trim_end_matches('.')).collect();
            if why.is_empty() { "it is not usable".to_owned() } else { why.join("; ") }
        }
        Some(_) => "another certificate is better".to_owned(),
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
