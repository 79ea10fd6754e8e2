//! Takes certificates out of the directory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    asked::{Asked, Planner},
    named::named,
    run::run,
    wanted::Wanted,
};
use crate::{
    directory::{Selection, SourceItem},
    error::Result,
    event::{Context, LogLevel},
    model::{
        CertificateState, CertificateSummary, Evaluation, Identity, JudgedCertificate, Recipient, Run,
        Timestamp, Value,
    },
    policy::RuleId,
    sync::job::Job,
};

/// Recipients that are judged at a time.
const BATCH: usize = 64;

/// A kind of certificates that is taken out, whatever their thumbprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::VariantNames)]
pub enum UnpublishState {
    /// Those that have expired.
    Expired,
    /// Those against which an `Error` finding speaks, but for what was not looked at.
    Unusable,
    /// Those for another purpose than mail; only with force.
    OtherPurpose,
}

/// Certificates of one recipient out of a listing, such as that of `GetCertificate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Listed {
    /// The recipient's `Anchor`.
    pub anchor: String,
    /// SHA-1 thumbprints.
    #[serde(default)]
    pub thumbprint: Vec<String>,
    /// The SHA-256 of values in which no certificate can be read.
    #[serde(default)]
    pub value: Vec<String>,
}

/// What is to be taken out, from whom.
#[derive(Debug, Clone, Default)]
pub struct Withdrawal {
    /// From whom; none: from everybody in the profile's scope who has it.
    pub identity: Vec<Identity>,
    /// The SHA-1 thumbprints of the certificates, as somebody typed them.
    pub thumbprint: Vec<String>,
    /// Out of a listing, of each recipient: of these, what serves another purpose or is not valid yet stays.
    pub listed: Vec<Listed>,
    /// Or all in one of these states.
    pub state: Vec<UnpublishState>,
    /// Take out, too, what serves another purpose or is not valid yet.
    pub force: bool,
}

impl Withdrawal {
    /// Fails with `InvalidRequest` where nothing of it names certificates, a thumbprint is none, or a listing and
    /// something else are given.
    pub fn check(&self) -> Result<()> {
        Wanted::of(self).map(drop)
    }
}

/// Takes out as one run of the job's profile, in the job's mode, which is
/// [`InPlace`](crate::sync::mode::InPlace). Results: `Change`s, then the `Run`.
/// Fails as [`Withdrawal::check`], and with the error that stopped the run.
pub fn unpublish(job: Job<'_>, withdrawal: Withdrawal) -> Result<Run> {
    let wanted = Wanted::of(&withdrawal)?;
    let listed = withdrawal.listed.iter().map(|one| one.anchor.as_str().into());
    let whose: Vec<Identity> = withdrawal.identity.iter().cloned().chain(listed).collect();
    run(job, |job, run| plan(job, run, &whose, wanted))
}

fn plan(job: &mut Job<'_>, run: &mut Run, identity: &[Identity], mut wanted: Wanted) -> Result<()> {
    if identity.is_empty() {
        everybody(job, run, &mut wanted)?;
    } else {
        let recipients = named(job, run, identity)?;
        let (context, (_, planner)) = (job.context, job.split());
        plan_batch(&planner, context, run, &recipients, &mut wanted)?;
    }
    for error in wanted.not_found() {
        job.report(run, error)?;
    }
    wanted.kept.warnings().into_iter().try_for_each(|warning| job.context.log(LogLevel::Warning, warning))
}

/// All of the profile's scope, batch by batch as pages arrive.
fn everybody(job: &mut Job<'_>, run: &mut Run, wanted: &mut Wanted) -> Result<()> {
    let context = job.context;
    let (source, planner) = job.split();
    let mut batch: Vec<Recipient> = Vec::with_capacity(BATCH);
    source.read(&Selection::All, context, &mut |item| {
        context.check()?;
        match item {
            SourceItem::Invalid(error) => {
                run.numbers.errors += 1;
                return context.error(error);
            }
            SourceItem::Recipient(recipient) => {
                run.numbers.recipients += 1;
                if recipient.values.is_empty() {
                    return Ok(());
                }
                run.numbers.with_values += 1;
                batch.push(recipient);
            }
        }
        if batch.len() < BATCH {
            return Ok(());
        }
        plan_batch(&planner, context, run, &batch, wanted)?;
        batch.clear();
        Ok(())
    })?;
    plan_batch(&planner, context, run, &batch, wanted)
}

fn plan_batch(
    planner: &Planner<'_>,
    context: &Context,
    run: &mut Run,
    recipients: &[Recipient],
    wanted: &mut Wanted,
) -> Result<()> {
    let evaluations = planner.evaluate_all(recipients)?;
    planner.transaction(|| {
        recipients.iter().zip(evaluations).try_for_each(|(recipient, before)| {
            run.numbers.with_desired += u64::from(!before.desired.is_empty());
            plan_recipient(planner, context, run, recipient, before, wanted)
        })
    })
}

fn plan_recipient(
    planner: &Planner<'_>,
    context: &Context,
    run: &mut Run,
    recipient: &Recipient,
    before: Evaluation,
    wanted: &mut Wanted,
) -> Result<()> {
    let (mut removed, mut reasons) = (Vec::new(), Vec::new());
    wanted.look_at(&recipient.anchor);
    for value in &recipient.values {
        match verdict(value, recipient, &before, wanted, planner.now()) {
            Verdict::Stays => {}
            Verdict::Shared(what) => {
                let why = "it is in a value with other certificates that stay, and nobody but the user can create \
                           that value again";
                let what = format!("{what} of {} stays: {why}.", recipient.label());
                context.log(LogLevel::Warning, what)?;
            }
            Verdict::Goes(texts) => {
                // The same bytes twice are one value.
                if !removed.contains(value) {
                    removed.push(value.clone());
                    reasons.extend(texts);
                }
            }
        }
    }
    if removed.is_empty() {
        run.numbers.unchanged += 1;
        return Ok(());
    }
    let mut then = recipient.clone();
    then.values.retain(|value| !removed.contains(value));
    let after = planner.evaluate(&then);
    let findings = after.findings.clone();
    let asked = Asked { recipient, before, after, added: Vec::new(), removed, reasons, findings };
    planner.stage(run, asked)
}

enum Verdict {
    Stays,
    /// This certificate should go, but others in the value stay.
    Shared(String),
    /// Why, in sentences.
    Goes(Vec<String>),
}

/// A value goes if all of the user's certificates in it do; CA certificates that come along don't count.
fn verdict(
    value: &Value,
    recipient: &Recipient,
    evaluation: &Evaluation,
    wanted: &mut Wanted,
    now: Timestamp,
) -> Verdict {
    let anchor = &recipient.anchor;
    let fingerprint = value.fingerprint();
    let own: Vec<&JudgedCertificate> = evaluation
        .certificates
        .iter()
        .filter(|entry| entry.attribute == value.attribute && entry.value == fingerprint)
        .filter(|entry| entry.state != CertificateState::Chain)
        .collect();
    let unreadable_goes = wanted.is_unreadable_wanted(anchor, fingerprint);
    let (mut going, mut staying) = (Vec::new(), 0_usize);
    for entry in &own {
        match &entry.certificate {
            Some(certificate) => match wanted.reason(anchor, entry, certificate, now) {
                Some(reason) => going.push((certificate, reason)),
                None => staying += 1,
            },
            // What nobody read may be good.
            None => staying += usize::from(was_not_read(entry)),
        }
    }
    let removed = |what: String, why: &str| format!("Removed: {what}, as {}: {why}.", value.attribute);
    match (going.as_slice(), staying) {
        ([], 0) if !own.is_empty() && unreadable_goes => {
            let texts = own.iter().flat_map(|entry| &entry.findings);
            let why: Vec<&str> = texts.map(|finding| finding.message.trim_end_matches('.')).collect();
            Verdict::Goes(vec![removed(format!("the value {fingerprint}"), &why.join("; "))])
        }
        // It would have to go, and is nothing by itself.
        ([], 1..) if unreadable_goes && own.iter().any(|entry| is_unreadable(entry)) => {
            Verdict::Shared("A certificate that can't be read".to_owned())
        }
        ([], _) => Verdict::Stays,
        ([(certificate, _), ..], 1..) => Verdict::Shared(certificate.describe()),
        (all, 0) => {
            let sentence =
                |(certificate, why): &(&CertificateSummary, String)| removed(certificate.describe(), why);
            Verdict::Goes(all.iter().map(sentence).collect())
        }
    }
}

fn is_unreadable(entry: &JudgedCertificate) -> bool {
    entry.certificate.is_none() && !was_not_read(entry)
}

fn was_not_read(entry: &JudgedCertificate) -> bool {
    entry.findings.iter().any(|finding| finding.rule == RuleId::UnreadValue.id())
}
