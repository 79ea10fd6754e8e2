//! Import of what changed since the last one. What comes of it is what an import of everybody would have come to: whoever
//! may have changed is read again whole, and so is whoever has to be judged again, was not to be read, or is missing.
//! Everybody else is taken over as the last import saw them. Where anything speaks against that, everybody is read.

use std::collections::BTreeSet;

use super::{
    fingerprint,
    job::Job,
    progress::Meter,
    reading::{self, Reading},
    witness,
};
use crate::{
    directory::{Presence, Selection, Since, SourceItem, Told, is_older},
    error::Result,
    event::LogLevel,
    model::{Fingerprint, Mark, PolicyType, Run, RunNumbers, Watermark, counted},
    policy::RULES_VERSION,
    state::watermark::Unchanged,
};

/// So many recipients may be read one by one, whatever their share.
const ALWAYS_READ: usize = 1_000;
/// Above one in so many, reading everybody is less work.
const SHARE: u64 = 4;
/// Recipients that are asked for at a time.
const ASKED: usize = 500;
/// Recipients that are told to be there, of one transaction.
const BATCH: usize = 2_000;
/// So many of those that did not change are read all the same, other ones each time: a right that was lost or given changes
/// what is read, and no object.
const SAMPLE: u64 = 20;

/// What the source tells since the last import.
struct News {
    mark: Mark,
    shows_all: bool,
    /// The anchors of those that are to be read.
    changed: BTreeSet<String>,
}

/// Imports what changed. `None`: everybody has to be read, and nothing of this one is left. Fails as the source does.
pub(super) fn run(
    job: &mut Job<'_>,
    run: &mut Run,
    import: &mut Reading,
    meter: &mut Meter<'_>,
) -> Result<Option<Watermark>> {
    if job.is_partial() {
        return Ok(None);
    }
    let Some((before, unchanged)) = begin(job, run)? else { return Ok(None) };
    let is_due = before.enumerated > job.now
        || before.enumerated.plus(enumeration_period(job)) <= job.now
        || enumeration_period(job) == 0;
    let most = most(job.state.import_count()?);
    let news = news(job, &before, &unchanged, is_due, most)?;
    let wanted = match &news {
        Some(news) => take_over(job, &before, &unchanged, news, most)?,
        None => None,
    };
    let (Some(news), Some(wanted)) = (news, wanted) else { return give_up(job, run, import) };
    witness::recall(job, run)?;
    count(job, run, import)?;
    meter.add(usize::try_from(run.numbers.recipients).unwrap_or(usize::MAX))?;
    if !is_as_known(job, run)? {
        job.verbose("Recipients are not as the last run read them, though the source told of no change.")?;
        return give_up(job, run, import);
    }
    for some in wanted.chunks(ASKED) {
        import.read(job, run, &Selection::Identities(some.to_vec()), meter, &mut |_| true)?;
    }
    ask_for_rivals(job, run, import)?;
    if run.numbers.recipients == 0 {
        return give_up(job, run, import);
    }
    run.policy_type = PolicyType::Delta;
    let enumerated = if news.shows_all { job.now } else { before.enumerated };
    // The basis is that of before, or there would have been nothing to go on from.
    Ok(Some(Watermark { mark: news.mark, basis: before.basis, enumerated, unread: Vec::new() }))
}

/// The watermark of the last import, and what is taken over of that one; `None` where everybody has to be read.
fn begin(job: &Job<'_>, run: &Run) -> Result<Option<(Watermark, Unchanged)>> {
    let why = match (job.state.watermark()?, job.state.current_run()?) {
        _ if job.options.policy_type == PolicyType::Initial => "as was asked",
        (Some(watermark), Some(current)) => {
            if job.state.judges_anew() {
                "since the last run was interrupted"
            } else if watermark.basis != basis(job)? {
                "since the profile, its trust anchors or the version of SmimeSync are others than in the last run"
            } else {
                let basis = fingerprint::basis(job.policy, job.profile.policy.disabled_account);
                let unchanged = Unchanged { run: run.id, current, basis, now: job.now };
                return Ok(Some((watermark, unchanged)));
            }
        }
        _ => return Ok(None),
    };
    job.verbose(format!("All recipients are read, {why}."))?;
    Ok(None)
}

/// What the source tells; `None`: it can't tell, or of more than `most`, which is too much to be read one by one.
fn news(
    job: &mut Job<'_>,
    before: &Watermark,
    unchanged: &Unchanged,
    enumerate: bool,
    most: usize,
) -> Result<Option<News>> {
    let Job { source, state, context, .. } = job;
    let (mut changed, mut there) = (BTreeSet::new(), Vec::with_capacity(BATCH));
    let mut older = None;
    let mut carry = |there: &mut Vec<(String, Option<String>)>, changed: &mut BTreeSet<String>| {
        state.transaction(|state| {
            let mut carried = state.carry(unchanged, there)?;
            for (anchor, version) in there.drain(..) {
                // Two objects of one anchor are no such thing: both are read.
                if !carried.remove(&anchor) {
                    let before = state.imported_version(unchanged.current, &anchor)?;
                    if version.zip(before).is_some_and(|(now, before)| is_older(&now, &before)) {
                        older.get_or_insert_with(|| anchor.clone());
                    }
                    changed.insert(anchor);
                }
            }
            Ok(())
        })
    };
    let since = source.changes(&before.mark, enumerate, context, &mut |told| {
        match told {
            Told::Changed(anchor) => drop(changed.insert(anchor)),
            Told::ChangedElsewhere(anchor) => {
                if state.is_imported(unchanged.current, &anchor)? {
                    changed.insert(anchor);
                }
            }
            Told::There(anchor, version) => there.push((anchor, version)),
        }
        if there.len() >= BATCH {
            carry(&mut there, &mut changed)?;
        }
        // More than that count for as many; memory does not grow with them.
        if changed.len() > most + 1 {
            changed.pop_last();
        }
        Ok(())
    })?;
    carry(&mut there, &mut changed)?;
    if let Some(anchor) = older {
        let name = state.recipient(&anchor)?.map_or(anchor, |recipient| recipient.label);
        let what = format!(
            "All recipients are read: the source shows an older '{name}' than in the last run, as after a restore from a backup."
        );
        return context.log(LogLevel::Warning, what).map(|()| None);
    }
    match since {
        Since::Told { mark, shows_all } if changed.len() <= most => {
            Ok(Some(News { mark, shows_all, changed }))
        }
        Since::Told { .. } => {
            let what = format!(
                "All recipients are read, since more than {} changed.",
                counted(most, "object", "objects")
            );
            job.verbose(what).map(|()| None)
        }
        Since::Unknown { why, is_lost } => {
            let level = if is_lost { LogLevel::Warning } else { LogLevel::Verbose };
            job.context.log(level, format!("All recipients are read: {why}.")).map(|()| None)
        }
    }
}

/// Takes over those who are as they were. Returns whom to read; `None` where that is more than `most`.
fn take_over(
    job: &Job<'_>,
    before: &Watermark,
    unchanged: &Unchanged,
    news: &News,
    most: usize,
) -> Result<Option<Vec<String>>> {
    let Unchanged { run, current, .. } = *unchanged;
    let mut wanted = news.changed.clone();
    job.state.transaction(|state| {
        if !news.shows_all {
            state.carry_all(unchanged)?;
        }
        news.changed.iter().try_for_each(|anchor| state.remove_import(run, anchor))
    })?;
    wanted.extend(job.state.not_carried(current, run)?);
    wanted.extend(before.unread.iter().cloned());
    if wanted.len() > most {
        let many = counted(wanted.len(), "recipient has", "recipients have");
        job.verbose(format!("All recipients are read, since {many} to be read or judged again."))?;
        return Ok(None);
    }
    Ok(Some(wanted.into_iter().collect()))
}

/// How many recipients of an import are read one by one.
fn most(imported: u64) -> usize {
    ALWAYS_READ.max(usize::try_from(imported / SHARE).unwrap_or(usize::MAX))
}

/// Who was taken over may be gone without anybody having told: where somebody has its address by now, it is asked for. Who is
/// not there is taken out again, and is looked up with those who are absent.
fn ask_for_rivals(job: &mut Job<'_>, run: &mut Run, import: &mut Reading) -> Result<()> {
    if run.numbers.read == 0 {
        return Ok(());
    }
    let rivals = job.state.carried_rivals(run.id)?;
    if rivals.is_empty() {
        return Ok(());
    }
    let presences = job.source.look_up(&rivals, job.context)?;
    let gone = rivals.iter().zip(presences).filter(|(_, presence)| !matches!(presence, Presence::InScope(_)));
    job.state.transaction(|state| {
        gone.into_iter().try_for_each(|(anchor, _)| state.remove_import(run.id, anchor))
    })?;
    set_numbers(job, run, import)
}

/// Counts everybody whom the import has, as reading them would have.
fn set_numbers(job: &Job<'_>, run: &mut Run, import: &mut Reading) -> Result<()> {
    let carried = job.state.carried(run.id)?;
    let numbers = &mut run.numbers;
    numbers.recipients = carried.recipients;
    numbers.with_values = carried.with_values;
    numbers.with_desired = carried.with_desired;
    numbers.without_certificate = carried.recipients - carried.with_values;
    numbers.without_usable = carried.without_usable;
    import.issuers = job.state.carried_issuers(run.id)?.into_iter().collect();
    Ok(())
}

/// Counts those who were taken over, and names those of them without a usable certificate.
fn count(job: &Job<'_>, run: &mut Run, import: &mut Reading) -> Result<()> {
    set_numbers(job, run, import)?;
    let (with_values, without): (Vec<_>, Vec<_>) =
        job.state.carried_without_usable(run.id)?.into_iter().partition(|(_, has_values)| *has_values);
    for (what, some) in [("No certificate", without), ("No usable certificate", with_values)] {
        let labels: Vec<String> = some.into_iter().map(|(label, _)| label).collect();
        reading::name(job.context, what, &labels)?;
    }
    Ok(())
}

/// Whether some of those who were taken over are as the last run read them.
fn is_as_known(job: &mut Job<'_>, run: &Run) -> Result<bool> {
    let mut sample = job.state.carried_sample(run.id, SAMPLE, run.numbers.with_values)?;
    // Rights are those of one account in one directory, which may be a small part of all.
    for bases in job.source.places(job.context)? {
        sample.extend(job.state.carried_sample_below(run.id, SAMPLE, &bases)?);
    }
    if sample.is_empty() {
        return Ok(true);
    }
    let names = sample.iter().map(|(anchor, _)| anchor.clone()).collect();
    let (policy, disabled) = (job.policy, job.profile.policy.disabled_account);
    job.source.read(&Selection::Identities(names), job.context, &mut |item| {
        if let SourceItem::Recipient(recipient) = item {
            let input = fingerprint::input(&recipient, policy, disabled);
            sample.retain(|(anchor, known)| *anchor != recipient.anchor || *known != input);
        }
        Ok(())
    })?;
    Ok(sample.is_empty())
}

/// Takes back what was taken over: everybody is read.
fn give_up(job: &Job<'_>, run: &mut Run, import: &mut Reading) -> Result<Option<Watermark>> {
    job.state.drop_import(run.id)?;
    run.numbers = RunNumbers::default();
    *import = Reading::default();
    Ok(None)
}

/// Before everybody is read: the watermark of this import. A run that does not come to its end leaves none.
pub(super) fn begin_all(job: &mut Job<'_>) -> Result<Option<Watermark>> {
    if job.is_partial() {
        return Ok(None);
    }
    job.state.forget_watermark()?;
    let Some(mark) = job.source.mark(job.context)? else { return Ok(None) };
    Ok(Some(Watermark { mark, basis: basis(job)?, enumerated: job.now, unread: Vec::new() }))
}

/// After the last was read: the watermark, if all of it was read at one place. What another one showed may be older than
/// what is told of the first, so that nothing that was known before counts either.
pub(super) fn end(job: &mut Job<'_>, watermark: Option<Watermark>) -> Result<Option<Watermark>> {
    let Some(watermark) = watermark else { return Ok(None) };
    let after = job.source.mark(job.context)?;
    if after.is_some_and(|after| after.place == watermark.mark.place) {
        return Ok(Some(watermark));
    }
    job.verbose("The next run reads everybody, since this one had to connect to the source again.")?;
    job.state.forget_watermark()?;
    Ok(None)
}

/// After a run that came to its end: the next one goes on from here.
pub(super) fn keep(job: &Job<'_>, watermark: Option<Watermark>) -> Result<()> {
    if job.is_partial() {
        return Ok(());
    }
    watermark.map_or(Ok(()), |watermark| job.state.set_watermark(&watermark))
}

/// A hash over everything that decides who is read and how everybody is judged: also what can make no difference, and the
/// version.
fn basis(job: &Job<'_>) -> Result<String> {
    let version = env!("CARGO_PKG_VERSION");
    let all = format!("{version} {RULES_VERSION} {} {}", job.policy, job.profile_text()?);
    Ok(Fingerprint::of(all.as_bytes()).to_string())
}

/// Seconds after which the source has to show everybody again.
fn enumeration_period(job: &Job<'_>) -> i64 {
    job.profile.source().directory().map_or(0, |directory| directory.enumeration_period.into())
}
