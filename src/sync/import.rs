//! Import: reads the source, and finds out who is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    absent, delta,
    job::Job,
    progress::Meter,
    reading::{self, Reading},
    replacement, witness,
};
use crate::{
    directory::{Identities, Presence, Silence},
    error::{Error, ErrorId, Result},
    model::{
        CertificateSummary, CuratedValue, DesiredValue, Evaluation, Finding, Fingerprint, MissingIssuer,
        PublishedCertificate, PublishedValue, Recipient, RecipientRecord, Run, Severity, Value, Watermark,
        counted,
    },
    policy::{RuleId, says_unknown},
    state::evaluation::{CuratedRecord, EvaluationRow, Judgement},
};

/// Issuers that a run names.
const MISSING_ISSUERS: usize = 100;

/// Reads whom the run is of, and evaluates who changed or is due. Returns where the next run may go on from: kept once this
/// one has come to its end.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<Option<Watermark>> {
    let mut named = Identities::new(&job.options.identity);
    let mut reading = Reading::default();
    let total = if job.is_partial() { None } else { job.source.size_hint().or(last_count(job)?) };
    let mut meter = Meter::new(job.context, "Import", total)?;
    let watermark = match delta::run(job, run, &mut reading, &mut meter)? {
        Some(watermark) => Some(watermark),
        None => everybody(job, run, &mut reading, &mut named, &mut meter)?,
    };
    let doubtful = settle(job, run, &reading.contested)?;
    run.witnesses.source_modified = job.source.modified()?;
    name_missing_issuers(run, std::mem::take(&mut reading.issuers));

    if job.is_partial() {
        witness::recall(job, run)?;
        report_unclear_identities(job, run, &named)?;
        // Only these recipients are planned; the rows join the import in force when the run is done with them.
        return Ok(None);
    }
    let is_silent = job.source.silences().iter().any(|silence| matches!(silence, Silence::Nobody(_)));
    let empty = run.numbers.recipients == 0 || is_silent;
    let mut kept = None;
    // What was read by a wrong clock is no import: since when somebody is missing would be wrong.
    if !empty && witness::holds(job, run)?.is_empty() {
        absent::run(job, run, &doubtful)?;
        let watermark = delta::end(job, watermark)?;
        kept = watermark.and_then(|watermark| reading.with_unread(watermark));
        job.state.complete_import(run.id)?;
    }
    if !empty && run.numbers.with_values == 0 {
        let what = without_values(run.numbers.recipients);
        job.report(run, Error::new(ErrorId::ValuesNotReadable, what).target(&job.profile.name))?;
    }
    let numbers = &run.numbers;
    let unchanged = numbers.recipients.saturating_sub(numbers.read);
    job.verbose(meter.summary(
        &format!("Imported {}", counted(numbers.recipients, "recipient", "recipients")),
        &[
            (unchanged, "unchanged since the last run"),
            (numbers.with_values, "with values"),
            (numbers.with_desired, "with a usable encryption certificate"),
        ],
    ))?;
    Ok(kept.filter(|_| doubtful.is_empty()))
}

/// Reads everybody whom the run is of.
fn everybody(
    job: &mut Job<'_>,
    run: &mut Run,
    reading: &mut Reading,
    named: &mut Identities,
    meter: &mut Meter<'_>,
) -> Result<Option<Watermark>> {
    let watermark = delta::begin_all(job)?;
    while let Some(selection) = named.next_selection() {
        reading.read(job, run, &selection, meter, &mut |found| match found {
            Ok(recipient) => named.note(recipient),
            Err(error) => {
                named.note_unreadable(error.target.as_deref().unwrap_or_default());
                false
            }
        })?;
    }
    Ok(watermark)
}

/// That a source shows nobody's values, as when the right to read them is missing.
pub(crate) fn without_values(recipients: u64) -> String {
    match recipients {
        1 => "The source's only recipient shows no certificate value.".to_owned(),
        many => format!("None of {many} recipients of the source shows a certificate value."),
    }
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
    reading::again(job, run, &mut moved)?;
    run.numbers = counted;
    Ok(doubtful)
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
