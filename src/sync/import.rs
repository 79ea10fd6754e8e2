//! Import: reads the source, evaluates what changed or is due, and finds out who is gone.

use std::collections::BTreeMap;

use super::{fingerprint, job::Job, progress::Meter};
use crate::{
    directory::{Identities, Presence, SourceItem},
    error::{Error, ErrorId, Result},
    model::{
        CuratedValue, DesiredValue, Evaluation, Fingerprint, MissingIssuer, PublishedValue, Recipient,
        RecipientRecord, Run, Severity, Timestamp, Value, counted,
    },
    parallel,
    profile::Profile,
    state::import::{CuratedRecord, EvaluationRow, Gone, ImportRow, Judgement, KnownEvaluation},
};

/// Recipients of one transaction.
const BATCH: usize = 500;
/// Bytes of values that a batch may hold, whatever the number of its recipients.
const BATCH_BYTES: usize = 8 << 20;
/// Anchors of one look-up.
const LOOK_UP: usize = 100;
/// Issuers that a run names.
const MISSING_ISSUERS: usize = 100;
/// Issuers that the log names.
const MISSING_ISSUERS_TOLD: usize = 10;

pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let total = if job.is_partial() { None } else { job.source.size_hint().or(last_count(job)?) };
    let context = job.context;
    let mut meter = Meter::new(context, "Import", total)?;
    let selection = job.selection();
    let mut import = Import { run, issuers: BTreeMap::new() };
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
    source.read(&selection, context, &mut |item| {
        match item {
            SourceItem::Recipient(recipient) => {
                named.note(&recipient);
                bytes += recipient.values.iter().map(|value| value.bytes.len()).sum::<usize>();
                batch.push(recipient);
            }
            SourceItem::Invalid(error) => {
                import.run.numbers.errors += 1;
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
    import.flush(&part, context, &mut batch)?;
    let issuers = import.issuers;
    name_missing_issuers(run, issuers);
    for missing in run.missing_issuers.iter().take(MISSING_ISSUERS_TOLD) {
        job.verbose(format!(
            "The issuer {} of {} is neither a trust anchor nor among the values.",
            missing.issuer,
            counted(missing.certificates, "certificate", "certificates")
        ))?;
    }

    if job.is_partial() {
        report_unclear_identities(job, run, &named)?;
        // Only these recipients are planned; the rows join the import in force when the run is done with them.
        return Ok(());
    }
    let empty = run.numbers.recipients == 0;
    if !empty {
        absent(job, run)?;
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
    now: crate::model::Timestamp,
    disabled: crate::profile::DisabledAccount,
}

struct Import<'a> {
    run: &'a mut Run,
    issuers: BTreeMap<String, u64>,
}

impl Import<'_> {
    /// Evaluates a batch and keeps it in one transaction.
    fn flush(
        &mut self,
        part: &Part<'_>,
        context: &crate::event::Context,
        batch: &mut Vec<Recipient>,
    ) -> Result<()> {
        let mut known = Vec::with_capacity(batch.len());
        for recipient in batch.iter() {
            let input = fingerprint::input(recipient, part.policy, part.disabled);
            let still = part.state.known_evaluation(&recipient.anchor)?.filter(|known| {
                known.input == input && known.next_evaluation.is_none_or(|next| next > part.now)
            });
            known.push((input, still));
        }
        let due: Vec<&Recipient> = batch
            .iter()
            .zip(&known)
            .filter(|(_, (_, known))| known.is_none())
            .map(|(recipient, _)| recipient)
            .collect();
        let mut evaluated = parallel::map(&due, |recipient| (part.evaluate)(recipient)).into_iter();
        let mut repeated = Vec::new();
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
                    repeated.push(recipient.label().to_owned());
                    continue;
                }
                match (known, evaluation) {
                    (Some(known), _) => self.count(recipient, &known),
                    (None, Some(evaluation)) => {
                        let (row, values) = evaluation_row(recipient, input, evaluation);
                        self.count(recipient, &summary(&row));
                        state.put_evaluation(&recipient.anchor, &row, &values)?;
                    }
                    (None, None) => return Err(Error::new(ErrorId::Internal, "An evaluation is missing.")),
                }
            }
            Ok(())
        })?;
        for label in repeated {
            // A recipient that moved during paging is seen twice; the first sight counts.
            context.log(crate::event::LogLevel::Verbose, format!("The source showed {label} twice."))?;
        }
        batch.clear();
        Ok(())
    }

    fn count(&mut self, recipient: &Recipient, known: &KnownEvaluation) {
        let numbers = &mut self.run.numbers;
        numbers.recipients += 1;
        numbers.with_values += u64::from(!recipient.values.is_empty());
        numbers.with_desired += u64::from(known.has_desired);
        for issuer in &known.missing_issuers {
            *self.issuers.entry(issuer.clone()).or_default() += 1;
        }
    }
}

/// An evaluation as the state keeps it, and the values whose bytes it needs.
pub(super) fn evaluation_row(
    recipient: &Recipient,
    input: Fingerprint,
    evaluation: Evaluation,
) -> (EvaluationRow, Vec<Value>) {
    let published = |desired: &DesiredValue| PublishedValue {
        attribute: desired.value.attribute,
        value: desired.value.fingerprint(),
        certificate: Some((&desired.certificate).into()),
    };
    let row = EvaluationRow {
        input,
        recipient: RecipientRecord {
            label: recipient.label().to_owned(),
            display_name: recipient.display_name.clone(),
            address: recipient.primary_address().map(str::to_owned),
            user_principal_name: recipient.user_principal_name.clone(),
            distinguished_name: recipient.distinguished_name.clone(),
            kind: recipient.kind,
            disabled: recipient.disabled,
            values: recipient.values.iter().map(|value| (value.attribute, value.fingerprint())).collect(),
        },
        desired: evaluation.desired.iter().map(published).collect(),
        judged: evaluation
            .certificates
            .into_iter()
            .map(|judged| Judgement {
                value: judged.value,
                certificate: judged.certificate.map(|certificate| certificate.fingerprint),
                state: judged.state,
                findings: judged
                    .findings
                    .into_iter()
                    .filter(|finding| finding.severity == Severity::Error)
                    .collect(),
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

fn summary(row: &EvaluationRow) -> KnownEvaluation {
    KnownEvaluation {
        input: row.input,
        next_evaluation: row.next_evaluation,
        has_desired: !row.desired.is_empty(),
        missing_issuers: row.missing_issuers.clone(),
    }
}

/// Absent is not deleted: who is no longer seen is looked up, and carried over while it may come back.
fn absent(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let mut after = String::new();
    loop {
        let unseen = job.state.unseen(run.id, &after, LOOK_UP)?;
        let Some(last) = unseen.last() else { return Ok(()) };
        after.clone_from(&last.anchor);
        let anchors: Vec<String> = unseen.iter().map(|row| row.anchor.clone()).collect();
        let presences = job.source.look_up(&anchors, job.context)?;
        let mut found = Vec::new();
        for (row, presence) in unseen.into_iter().zip(presences) {
            if let Presence::InScope(recipient) = presence {
                found.push(*recipient);
            } else {
                carry_over(job, run, row, &presence)?;
            }
        }
        let Job { state, evaluate, policy, now, profile, context, .. } = job;
        let part = Part {
            state,
            evaluate: *evaluate,
            policy: *policy,
            now: *now,
            disabled: profile.policy.disabled_account,
        };
        Import { run, issuers: BTreeMap::new() }.flush(&part, context, &mut found)?;
    }
}

fn carry_over(job: &Job<'_>, run: &mut Run, row: ImportRow, presence: &Presence) -> Result<()> {
    let since = row.missing_since.unwrap_or(job.now);
    let gone = gone(presence, since, job.profile, job.now);
    run.numbers.missing += 1;
    // Nothing is published for it and nothing can come of it: forgotten.
    if gone.is_some() && job.state.managed(&row.anchor)?.is_empty() && !job.state.is_in_flight(&row.anchor)? {
        return job.state.drop_open_change(&row.anchor);
    }
    job.state.add_import(run.id, &ImportRow { missing_since: Some(since), gone, ..row }).map(drop)
}

/// Why a recipient that has not been shown since `since` counts as gone, if it does.
pub(super) fn gone(presence: &Presence, since: Timestamp, profile: &Profile, now: Timestamp) -> Option<Gone> {
    match presence {
        Presence::Deleted => Some(Gone::Deleted),
        Presence::OutOfScope => Some(Gone::OutOfScope),
        _ if since.plus(profile.effective_missing_period()) <= now => Some(Gone::Missing),
        _ => None,
    }
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
