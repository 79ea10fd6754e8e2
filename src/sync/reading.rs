//! Reading: evaluates recipients who changed or are due, batch by batch, and keeps that they were seen.

use std::collections::{BTreeMap, BTreeSet};

use super::{fingerprint, import::evaluation_row, job::Job, progress::Meter};
use crate::{
    directory::{Selection, SourceItem},
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::{Evaluation, Fingerprint, Recipient, Run, Timestamp, Watermark, same_in_any_case},
    parallel,
    profile::DisabledAccount,
    state::{
        State,
        evaluation::{EvaluationRow, KnownEvaluation},
        import::ImportRow,
    },
};

/// Recipients of one transaction.
const BATCH: usize = 500;
/// Bytes of values that a batch may hold, whatever the number of its recipients.
const BATCH_BYTES: usize = 8 << 20;
/// Objects that can't be read and are remembered for the next run.
const UNREAD: usize = 500;
/// Recipients that one line of the log names.
const NAMED_TOGETHER: usize = 50;

/// The parts of a job that evaluating needs.
struct Part<'a> {
    state: &'a State,
    evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    policy: Fingerprint,
    now: Timestamp,
    disabled: DisabledAccount,
    /// A hash over what everybody is judged by, where that is to be kept.
    basis: Option<Fingerprint>,
}

impl<'a> Part<'a> {
    fn of(job: &Job<'a>) -> Self {
        Self {
            state: job.state,
            evaluate: job.evaluate,
            policy: job.policy,
            now: job.now,
            disabled: job.profile.policy.disabled_account,
            // What some recipients are read by may be another server than the one that all are read by.
            basis: (!job.is_partial())
                .then(|| fingerprint::basis(job.policy, job.profile.policy.disabled_account)),
        }
    }
}

/// What an import gathers besides the recipients.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) issuers: BTreeMap<String, u64>,
    /// Anchors that objects at several places showed.
    pub(super) contested: BTreeSet<String>,
    /// The names of the objects that could not be read.
    unread: BTreeSet<String>,
    /// Whether one of them has no name by which it can be asked for.
    is_unnamed: bool,
}

impl Reading {
    /// Reads whom `selection` names; `note` hears of everybody, and says who is evaluated.
    pub(super) fn read(
        &mut self,
        job: &mut Job<'_>,
        run: &mut Run,
        selection: &Selection,
        meter: &mut Meter<'_>,
        note: &mut dyn FnMut(Result<&Recipient, &Error>) -> bool,
    ) -> Result<()> {
        let (part, context) = (Part::of(job), job.context);
        let mut batch = Vec::with_capacity(BATCH);
        let mut bytes = 0;
        job.source.read(selection, context, &mut |item| {
            match item {
                SourceItem::Recipient(recipient) => {
                    if !note(Ok(&recipient)) {
                        return Ok(());
                    }
                    if let Some(changed) = recipient.changed {
                        run.witnesses.note_change(changed, recipient.label());
                    }
                    bytes += recipient.values.iter().map(|value| value.bytes.len()).sum::<usize>();
                    batch.push(recipient);
                }
                SourceItem::Invalid(error) => {
                    run.numbers.errors += 1;
                    note(Err(&error));
                    self.note_unread(error.target.as_deref());
                    context.error(error)?;
                }
            }
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                meter.add(batch.len())?;
                self.flush(&part, run, context, &mut batch)?;
                bytes = 0;
            }
            Ok(())
        })?;
        meter.add(batch.len())?;
        self.flush(&part, run, context, &mut batch)
    }

    /// Notes an object that could not be read, for the next run to read it again.
    fn note_unread(&mut self, name: Option<&str>) {
        // A name that was shortened or mended for people is none to ask for.
        match name.filter(|name| !name.contains(['\u{fffd}', '…']) && name.contains('=')) {
            Some(name) if self.unread.len() < UNREAD => drop(self.unread.insert(name.to_owned())),
            _ => self.is_unnamed = true,
        }
    }

    /// The watermark of this import; `None` where somebody could not be read whom the next run can't ask for.
    pub(super) fn with_unread(&self, watermark: Watermark) -> Option<Watermark> {
        let unread = self.unread.iter().cloned().collect();
        (!self.is_unnamed).then_some(Watermark { unread, ..watermark })
    }

    /// Evaluates a batch and keeps it in one transaction.
    fn flush(
        &mut self,
        part: &Part<'_>,
        run: &mut Run,
        context: &Context,
        batch: &mut Vec<Recipient>,
    ) -> Result<()> {
        let mut known = Vec::with_capacity(batch.len());
        // An earlier version did not keep when it judged: any of its runs may have been the one in the future.
        let undated_hold = !part.state.has_runs_after(part.now)?;
        for recipient in batch.iter() {
            let input = fingerprint::input(recipient, part.policy, part.disabled);
            let still = part.state.known_evaluation(&recipient.anchor)?.filter(|known| {
                known.input == input
                    && known.next_evaluation.is_none_or(|next| next > part.now)
                    // What was judged in the future was judged by a wrong clock.
                    && known.made.map_or(undated_hold, |made| made <= part.now)
            });
            known.push((input, still));
        }
        let due: Vec<&Recipient> = batch
            .iter()
            .zip(&known)
            .filter(|(_, (_, known))| known.is_none())
            .map(|(recipient, _)| recipient)
            .collect();
        let mut evaluated = parallel::try_map(&due, |recipient| {
            context.check()?;
            Ok::<_, Error>((part.evaluate)(recipient))
        })?
        .into_iter();
        let mut repeated = Vec::new();
        let (mut without_certificate, mut without_usable) = (Vec::new(), Vec::new());
        part.state.transaction(|state| {
            for (recipient, (input, known)) in batch.iter().zip(known) {
                let row = ImportRow {
                    anchor: recipient.anchor.clone(),
                    address: recipient.primary_address().map(str::to_lowercase),
                    missing_since: None,
                    gone: None,
                    seen_by: Some(run.id),
                    version: recipient.version.clone(),
                };
                let evaluation = if known.is_none() { evaluated.next() } else { None };
                if !state.add_import(run.id, &row)? {
                    let first = state.recipient(&recipient.anchor)?;
                    if first.is_some_and(|first| {
                        !same_in_any_case(&first.distinguished_name, &recipient.distinguished_name)
                    }) {
                        self.contested.insert(recipient.anchor.clone());
                    }
                    repeated.push(recipient.label().to_owned());
                    continue;
                }
                let known = match (known, evaluation) {
                    (Some(known), _) => known,
                    (None, Some(evaluation)) => {
                        let (row, values) = evaluation_row(recipient, input, evaluation);
                        state.put_evaluation(&recipient.anchor, &row, &values, part.now)?;
                        summary(&row, part.now)
                    }
                    (None, None) => return Err(Error::new(ErrorId::Internal, "An evaluation is missing.")),
                };
                if let Some(basis) = part.basis.filter(|basis| known.basis != Some(*basis)) {
                    state.set_basis(&recipient.anchor, basis, run.id)?;
                }
                self.count(run, recipient, &known);
                match (recipient.values.is_empty(), known.has_desired) {
                    (true, _) => without_certificate.push(recipient.label().to_owned()),
                    (false, false) => without_usable.push(recipient.label().to_owned()),
                    (false, true) => {}
                }
            }
            Ok(())
        })?;
        name(context, "No certificate", &without_certificate)?;
        name(context, "No usable certificate", &without_usable)?;
        for label in repeated {
            // Search bases may overlap.
            context.log(LogLevel::Verbose, format!("The source showed {label} twice."))?;
        }
        batch.clear();
        Ok(())
    }

    fn count(&mut self, run: &mut Run, recipient: &Recipient, known: &KnownEvaluation) {
        let numbers = &mut run.numbers;
        numbers.recipients += 1;
        numbers.read += 1;
        let has_values = !recipient.values.is_empty();
        numbers.with_values += u64::from(has_values);
        numbers.with_desired += u64::from(known.has_desired);
        numbers.without_certificate += u64::from(!has_values);
        numbers.without_usable += u64::from(has_values && !known.has_desired);
        for issuer in &known.missing_issuers {
            *self.issuers.entry(issuer.clone()).or_default() += 1;
        }
    }
}

/// Names recipients in the log, many in a line.
pub(super) fn name(context: &Context, what: &str, labels: &[String]) -> Result<()> {
    labels
        .chunks(NAMED_TOGETHER)
        .try_for_each(|some| context.log(LogLevel::Verbose, format!("{what}: {}.", some.join(", "))))
}

fn summary(row: &EvaluationRow, made: Timestamp) -> KnownEvaluation {
    KnownEvaluation {
        input: row.input,
        made: Some(made),
        next_evaluation: row.next_evaluation,
        basis: None,
        has_desired: !row.desired.is_empty(),
        missing_issuers: row.missing_issuers.clone(),
    }
}

/// Takes recipients of earlier runs who are there, though the source did not show them.
pub(super) fn again(job: &Job<'_>, run: &mut Run, found: &mut Vec<Recipient>) -> Result<()> {
    Reading::default().flush(&Part::of(job), run, job.context, found)
}
