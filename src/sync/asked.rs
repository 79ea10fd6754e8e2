//! Runs whose changes somebody asks for, where the policy would not make them: `Publish-` and
//! `Unpublish-SmimeCertificate`. They are made in the directory itself, whatever the profile's target is, and are
//! marked, guarded, exported and kept as those of any other run.

use super::{
    Job, carry_out, check_clocks, export, fingerprint, guard, import, recover, sweep_old, tell_exclusions,
};
use crate::{
    directory::Source,
    error::Result,
    event::{Context, LogLevel},
    model::{
        CertificateState, CertificateSummary, Change, ChangeKind, ChangeState, Evaluation, Finding,
        Fingerprint, PublishedValue, Recipient, Run, RunResult, Timestamp, Value,
    },
    parallel,
    profile::{DisabledAccount, InPlaceSettings, Profile, Target},
    state::State,
};

/// The setting with the number of such a run, from its first write until it is done with them.
const RUNNING: &str = "asked_run";

/// What one recipient's values in the directory shall become.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// The recipient as it was read.
    pub recipient: &'a Recipient,
    /// What the policy makes of its values now.
    pub before: Evaluation,
    /// What it will make of them afterwards.
    pub after: Evaluation,
    /// Values that come, each with its certificate.
    pub added: Vec<(Value, CertificateSummary)>,
    /// Values that go.
    pub removed: Vec<Value>,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// Findings that it is made in spite of, or that it brings about.
    pub findings: Vec<Finding>,
}

/// The parts of a job that plan while its source is read.
pub struct Planner<'a> {
    state: &'a State,
    evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    policy: Fingerprint,
    disabled: DisabledAccount,
    now: Timestamp,
    context: &'a Context,
}

/// The profile as such a run takes it: what is in the directory belongs to nobody, and is never replaced as a whole.
pub fn in_directory(profile: &Profile) -> Profile {
    Profile { target: Target::ActiveDirectory(InPlaceSettings::default()), ..profile.clone() }
}

/// Does one run whose changes `plan` stages, and hands it over as a `Run` result, whatever its end. The job's
/// profile is one of [`in_directory`], its target the directory that its source reads.
/// Fails with the error that stopped the run.
pub fn run(job: Job<'_>, plan: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<()>) -> Result<Run> {
    carry_out(job, |job, run| steps(job, run, plan))
}

fn steps(
    job: &mut Job<'_>,
    run: &mut Run,
    plan: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<()>,
) -> Result<RunResult> {
    check_clocks(job)?;
    if let Some(interrupted) = interrupted(job)? {
        recover::read_back(job, run, Some(interrupted))?;
        job.state.remove_setting(RUNNING)?;
    }
    plan(job, run)?;
    let facts = facts(job, run)?;
    if !guard::verdict(job, run, &facts)? {
        return Ok(RunResult::Held);
    }
    if !job.options.what_if {
        job.state.set_setting(RUNNING, &run.id.to_string())?;
        export::run(job, run)?;
        job.state.remove_setting(RUNNING)?;
        guard::note_emptied(job, run)?;
        sweep_old(job, run)?;
    }
    tell_exclusions(job, run)?;
    let numbers = &run.numbers;
    // Who is asked for by name and left alone is not as the caller wants it.
    let open = numbers.errors + numbers.rejected + numbers.waiting + numbers.excluded;
    Ok(if open == 0 { RunResult::Success } else { RunResult::CompletedWithErrors })
}

fn interrupted(job: &Job<'_>) -> Result<Option<i64>> {
    job.state.read_setting(RUNNING, |text| text.parse().ok())
}

/// Before a run of the profile's own: what such a run was writing when it was interrupted is in the source, and a
/// target elsewhere knows nothing of it. The import shows how far it came.
pub(super) fn leave_to_import(job: &Job<'_>) -> Result<()> {
    let Some(interrupted) = interrupted(job)? else { return Ok(()) };
    if !job.curates() {
        job.state.move_changes(interrupted, ChangeState::InFlight, ChangeState::Pending)?;
    }
    job.state.remove_setting(RUNNING)
}

/// What the guard looks at: recipients that would lose their last usable encryption certificate.
fn facts(job: &Job<'_>, run: &Run) -> Result<guard::Facts> {
    let mut removes = 0;
    job.state.each_change(ChangeState::Pending, run.id, &mut |change| {
        if change.change == ChangeKind::Remove {
            let has_one = job.state.evaluation(&change.anchor)?.is_some_and(|one| !one.desired.is_empty());
            removes += u64::from(has_one && !job.state.is_approved(&change)?);
        }
        Ok(())
    })?;
    let (removal_limit, removal_percent) =
        (job.profile.limits.removal_limit, job.profile.limits.removal_percent);
    Ok(guard::Facts { removes, partial: true, removal_limit, removal_percent, ..guard::Facts::default() })
}

impl<'a> Job<'a> {
    /// The source, and what plans while it is read.
    pub fn split(&mut self) -> (&mut dyn Source, Planner<'a>) {
        let planner = Planner {
            state: self.state,
            evaluate: self.evaluate,
            policy: self.policy,
            disabled: self.profile.policy.disabled_account,
            now: self.now,
            context: self.context,
        };
        (self.source, planner)
    }
}

impl Planner<'_> {
    /// What the policy makes of a recipient's values.
    pub fn evaluate(&self, recipient: &Recipient) -> Evaluation {
        (self.evaluate)(recipient)
    }

    /// The same for many, on all cores.
    pub fn evaluate_all(&self, recipients: &[Recipient]) -> Vec<Evaluation> {
        parallel::map(recipients, self.evaluate)
    }

    /// The time of the run.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Runs `work` in one transaction of the state.
    pub fn transaction(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        self.state.transaction(|_| work())
    }

    /// Keeps a change, with all that exporting it needs; or notes that the recipient has to wait.
    pub fn stage(&self, run: &mut Run, asked: Asked<'_>) -> Result<()> {
        let Asked { recipient, before, after, added, removed, reasons, findings } = asked;
        if self.state.is_in_flight(&recipient.anchor)? {
            run.numbers.waiting += 1;
            let what = format!(
                "The last change of {} was interrupted; it is left alone until Sync-SmimeCertificate has read it back.",
                recipient.label()
            );
            return self.context.log(LogLevel::Warning, what);
        }
        let kind = kind(&before, &after, removed.is_empty());
        run.numbers.count(kind);
        let there: Vec<PublishedValue> =
            recipient.values.iter().map(|value| published(value, &before)).collect();
        let stays = recipient.values.iter().zip(&there).filter(|(value, _)| !removed.contains(value));
        let mut wanted: Vec<PublishedValue> = stays.map(|(_, one)| one.clone()).collect();
        wanted.extend(added.iter().map(|(value, certificate)| PublishedValue {
            attribute: value.attribute,
            value: value.fingerprint(),
            certificate: Some(certificate.into()),
        }));
        let change = Change {
            id: 0,
            run_id: run.id,
            profile_name: String::new(),
            recipient: recipient.label().to_owned(),
            display_name: recipient.display_name.clone(),
            anchor: recipient.anchor.clone(),
            change: kind,
            state: ChangeState::Pending,
            before: there,
            after: wanted,
            reasons,
            findings,
            attempts: 0,
            next_try: None,
            error: None,
            time: self.now,
        };
        let input = fingerprint::input(recipient, self.policy, self.disabled);
        let (row, values) = import::evaluation_row(recipient, input, before);
        self.state.put_evaluation(&recipient.anchor, &row, &values)?;
        added.iter().map(|(value, _)| value).chain(&removed).try_for_each(|one| self.state.put_value(one))?;
        self.state.put_change(&change, super::plan::digest(&change.after)).map(drop)
    }
}

fn kind(before: &Evaluation, after: &Evaluation, only_adds: bool) -> ChangeKind {
    match (before.desired.is_empty(), after.desired.is_empty()) {
        (true, false) => ChangeKind::Add,
        (false, false) => ChangeKind::Update,
        // What only adds takes nothing from anybody, even if nobody can encrypt with it.
        (_, true) if only_adds => ChangeKind::Update,
        (_, true) => ChangeKind::Remove,
    }
}

/// A value with the certificate in it that tells it best: the chosen one, else the one of the user's that lasts
/// longest.
fn published(value: &Value, evaluation: &Evaluation) -> PublishedValue {
    let fingerprint = value.fingerprint();
    let of_value = evaluation
        .certificates
        .iter()
        .filter(|entry| entry.attribute == value.attribute && entry.value == fingerprint)
        .filter_map(|entry| Some((entry.state, entry.certificate.as_ref()?)));
    let best = of_value.max_by_key(|(state, certificate)| {
        let (chosen, own) = (*state == CertificateState::Chosen, *state != CertificateState::Chain);
        (chosen, own, certificate.not_after, certificate.fingerprint)
    });
    PublishedValue {
        attribute: value.attribute,
        value: fingerprint,
        certificate: best.map(|(_, certificate)| certificate.into()),
    }
}
