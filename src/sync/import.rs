//! Import: reads the source, evaluates what changed or is due, and finds out who is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::{absent, fingerprint, job::Job, progress::Meter, replacement, witness};
use crate::{
    directory::{Identities, Presence, SourceItem},
    error::{Error, ErrorId, Result},
    event::LogLevel,
    model::{
        CertificateSummary, CuratedValue, DesiredValue, Evaluation, Finding, Fingerprint, MissingIssuer,
        PublishedCertificate, PublishedValue, Recipient, RecipientRecord, Run, Severity, Timestamp, Value,
        counted, same_in_any_case,
    },
    parallel,
    policy::{RuleId, says_unknown},
    state::{
        evaluation::{CuratedRecord, EvaluationRow, Judgement, KnownEvaluation},
        import::ImportRow,
    },
};

/// Recipients of one transaction.
const BATCH: usize = 500;
/// Bytes of values that a batch may hold, whatever the number of its recipients.
const BATCH_BYTES: usize = 8 << 20;
/// Issuers that a run names.
const MISSING_ISSUERS: usize = 100;
/// Recipients that one line of the log names.
const NAMED_TOGETHER: usize = 50;

pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let total = if job.is_partial() { None } else { job.source.size_hint().or(last_count(job)?) };
    let context = job.context;
    let mut meter = Meter::new(context, "Import", total)?;
    let mut import = Import::of(run);
    let mut named = Identities::new(&job.options.identity);
    let mut batch = Vec::with_capacity(BATCH);
    let mut bytes = 0;

    // The sink needs the job, and so does the source; they don't touch the same parts of it.
    let Job { source, state, evaluate, policy, now, profile, .. } = job;
    let part = Part {
        state,
        evaluate: *evaluate,
        policy: *policy,
        now: *now,
        disabled: profile.policy.disabled_account,
    };
    while let Some(selection) = named.next_selection() {
        source.read(&selection, context, &mut |item| {
            match item {
                SourceItem::Recipient(recipient) => {
                    if !named.note(&recipient) {
                        return Ok(());
                    }
                    if let Some(changed) = recipient.changed {
                        import.run.witnesses.note_change(changed, recipient.label());
                    }
                    bytes += recipient.values.iter().map(|value| value.bytes.len()).sum::<usize>();
                    batch.push(recipient);
                }
                SourceItem::Invalid(error) => {
                    import.run.numbers.errors += 1;
                    named.note_unreadable(error.target.as_deref().unwrap_or_default());
                    context.error(error)?;
                }
            }
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                meter.add(batch.len())?;
                import.flush(&part, context, &mut batch)?;
                bytes = 0;
            }
            Ok(())
        })?;
    }
    import.flush(&part, context, &mut batch)?;
    let Import { issuers, contested, .. } = import;
    let doubtful = settle(job, run, &contested)?;
    run.witnesses.source_modified = job.source.modified()?;
    name_missing_issuers(run, issuers);

    if job.is_partial() {
        witness::recall(job, run)?;
        report_unclear_identities(job, run, &named)?;
        // Only these recipients are planned; the rows join the import in force when the run is done with them.
        return Ok(());
    }
    let empty = run.numbers.recipients == 0;
    // What was read by a wrong clock is no import: since when somebody is missing would be wrong.
    if !empty && witness::holds(job, run)?.is_empty() {
        absent::run(job, run, &doubtful)?;
        job.state.complete_import(run.id)?;
    }
    if !empty && run.numbers.with_values == 0 {
        let what = without_values(run.numbers.recipients);
        job.report(run, Error::new(ErrorId::ValuesNotReadable, what).target(&job.profile.name))?;
    }
    let numbers = &run.numbers;
    job.verbose(meter.summary(
        &format!("Imported {}", counted(numbers.recipients, "recipient", "recipients")),
        &[
            (numbers.with_values, "with values"),
            (numbers.with_desired, "with a usable encryption certificate"),
        ],
    ))
}

/// That a source shows nobody's values, as when the right to read them is missing.
pub(crate) fn without_values(recipients: u64) -> String {
    match recipients {
        1 => "The source's only recipient shows no certificate value.".to_owned(),
        many => format!("None of {many} recipients of the source shows a certificate value."),
    }
}

/// The parts of a job that evaluating needs.
struct Part<'a> {
    state: &'a crate::state::State,
    evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    policy: Fingerprint,
    now: Timestamp,
    disabled: crate::profile::DisabledAccount,
}

struct Import<'a> {
    run: &'a mut Run,
    issuers: BTreeMap<String, u64>,
    /// Anchors that objects at several places showed.
    contested: BTreeSet<String>,
}

impl<'a> Import<'a> {
    fn of(run: &'a mut Run) -> Self {
        Self { run, issuers: BTreeMap::new(), contested: BTreeSet::new() }
    }

    /// Evaluates a batch and keeps it in one transaction.
    fn flush(
        &mut self,
        part: &Part<'_>,
        context: &crate::event::Context,
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
                };
                let evaluation = if known.is_none() { evaluated.next() } else { None };
                if !state.add_import(self.run.id, &row)? {
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
                self.count(recipient, &known);
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

    fn count(&mut self, recipient: &Recipient, known: &KnownEvaluation) {
        let numbers = &mut self.run.numbers;
        numbers.recipients += 1;
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
fn name(context: &crate::event::Context, what: &str, labels: &[String]) -> Result<()> {
    labels.chunks(NAMED_TOGETHER).try_for_each(|some| {
        context.log(crate::event::LogLevel::Verbose, format!("{what}: {}.", some.join(", ")))
    })
}

/// An evaluation as the state keeps it, and the values whose bytes it needs.
pub(super) fn evaluation_row(
    recipient: &Recipient,
    input: Fingerprint,
    evaluation: Evaluation,
) -> (EvaluationRow, Vec<Value>) {
    let nameless = replacement::nameless(&evaluation.certificates);
    let certificate = |certificate: &CertificateSummary| PublishedCertificate {
        names_recipient: Some(!nameless.contains(&certificate.fingerprint)),
        ..certificate.into()
    };
    let published = |desired: &DesiredValue| PublishedValue {
        certificate: Some(certificate(&desired.certificate)),
        ..desired.into()
    };
    let row = EvaluationRow {
        input,
        recipient: RecipientRecord::of(recipient),
        desired: evaluation.desired.iter().map(published).collect(),
        judged: evaluation
            .certificates
            .into_iter()
            .map(|judged| Judgement {
                value: judged.value,
                certificate: judged.certificate.map(|certificate| certificate.fingerprint),
                state: judged.state,
                findings: kept(judged.findings),
            })
            .collect(),
        findings: evaluation.findings,
        missing_issuers: evaluation.missing_issuers,
        next_evaluation: evaluation.next_evaluation,
        curation: evaluation.curation.iter().map(curated).collect(),
    };
    let desired = evaluation.desired.into_iter().map(|desired| desired.value);
    let going = evaluation.curation.into_iter().filter(|one| one.removal.is_some()).map(|one| one.value);
    (row, desired.chain(going).collect())
}

/// The findings that plans depend on.
fn kept(findings: Vec<Finding>) -> Vec<Finding> {
    let in_doubt = findings.iter().any(says_unknown);
    let matters = |finding: &Finding| {
        let decides = says_unknown(finding) || finding.rule == RuleId::Superseded.id();
        finding.severity == Severity::Error || in_doubt && decides
    };
    findings.into_iter().filter(matters).collect()
}

fn curated(one: &CuratedValue) -> CuratedRecord {
    CuratedRecord {
        value: PublishedValue {
            attribute: one.value.attribute,
            value: one.value.fingerprint(),
            certificate: one.certificate.as_ref().map(Into::into),
        },
        removal: one.removal.clone(),
    }
}

fn summary(row: &EvaluationRow, made: Timestamp) -> KnownEvaluation {
    KnownEvaluation {
        input: row.input,
        made: Some(made),
        next_evaluation: row.next_evaluation,
        has_desired: !row.desired.is_empty(),
        missing_issuers: row.missing_issuers.clone(),
    }
}

/// Looks again at anchors that objects at several places showed: who moved while it was read is at one of them now. What
/// still is at several is an error of all of those, and nothing is done for it. Returns their
/// anchors.
fn settle(job: &mut Job<'_>, run: &mut Run, contested: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let anchors: Vec<String> = contested.iter().cloned().collect();
    if anchors.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (mut moved, mut doubtful) = (Vec::new(), BTreeSet::new());
    for (anchor, presence) in anchors.iter().zip(job.source.look_up(&anchors, job.context)?) {
        if let Presence::InScope(recipient) = presence {
            moved.push(*recipient);
            continue;
        }
        doubtful.insert(anchor.clone());
        let label = job.state.recipient(anchor)?.map_or_else(|| anchor.clone(), |first| first.label);
        job.state.remove_import(run.id, anchor)?;
        let what = format!(
            "{label} was skipped: objects at several places of the source have its identity '{anchor}'."
        );
        job.report(run, Error::new(ErrorId::RecipientInvalid, what).target(label))?;
    }
    for recipient in &moved {
        job.state.remove_import(run.id, &recipient.anchor)?;
    }
    // They were counted when they were seen first.
    let counted = run.numbers.clone();
    again(job, run, &mut moved)?;
    run.numbers = counted;
    Ok(doubtful)
}

/// Takes recipients of earlier runs who are there, though the source did not show them.
pub(super) fn again(job: &Job<'_>, run: &mut Run, found: &mut Vec<Recipient>) -> Result<()> {
    let part = Part {
        state: job.state,
        evaluate: job.evaluate,
        policy: job.policy,
        now: job.now,
        disabled: job.profile.policy.disabled_account,
    };
    Import::of(run).flush(&part, job.context, found)
}

fn name_missing_issuers(run: &mut Run, issuers: BTreeMap<String, u64>) {
    let mut issuers: Vec<MissingIssuer> =
        issuers.into_iter().map(|(issuer, certificates)| MissingIssuer { issuer, certificates }).collect();
    issuers.sort_by(|a, b| b.certificates.cmp(&a.certificates).then_with(|| a.issuer.cmp(&b.issuer)));
    issuers.truncate(MISSING_ISSUERS);
    run.missing_issuers = issuers;
}

/// An identity that names nobody, or more than one, is an error of its own; nothing is done for it.
fn report_unclear_identities(job: &Job<'_>, run: &mut Run, named: &Identities) -> Result<()> {
    for (error, anchors) in named.unclear() {
        anchors.iter().try_for_each(|anchor| job.state.remove_import(run.id, anchor))?;
        job.report(run, error)?;
    }
    Ok(())
}

/// How many recipients the import in force has.
fn last_count(job: &Job<'_>) -> Result<Option<u64>> {
    job.state.import_count().map(|count| Some(count).filter(|count| *count > 0))
}
