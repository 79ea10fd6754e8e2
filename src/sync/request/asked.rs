//! What a request makes of one recipient, staged as a change of its run.

use crate::{
    directory::Source,
    error::Result,
    event::{Context, LogLevel},
    model::{
        CertificateSummary, ChangeKind, Evaluation, Finding, Fingerprint, PublishedValue, Recipient, Run,
        Telling, Timestamp, Value,
    },
    parallel,
    profile::DisabledAccount,
    state::State,
    sync::{change::Draft, decide::Planned, fingerprint, import, job::Job},
};

/// What one recipient's values in the directory shall become.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked<'a> {
    pub(super) recipient: &'a Recipient,
    /// What the policy makes of its values now.
    pub(super) before: Evaluation,
    /// What it will make of them afterwards.
    pub(super) after: Evaluation,
    /// Values that come, each with its certificate.
    pub(super) added: Vec<(Value, CertificateSummary)>,
    pub(super) removed: Vec<Value>,
    /// Why values come and go, in sentences for the history.
    pub(super) reasons: Vec<String>,
    /// Findings that it is made in spite of, or that it brings about.
    pub(super) findings: Vec<Finding>,
}

/// The parts of a job that plan while its source is read.
pub(super) struct Planner<'a> {
    state: &'a State,
    evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    policy: Fingerprint,
    disabled: DisabledAccount,
    now: Timestamp,
    context: &'a Context,
}

impl<'a> Job<'a> {
    /// The source, and what plans while it is read.
    pub(super) fn split(&mut self) -> (&mut dyn Source, Planner<'a>) {
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
    pub(super) fn evaluate(&self, recipient: &Recipient) -> Evaluation {
        (self.evaluate)(recipient)
    }

    /// The same for many, on all cores. Fails with `Canceled`.
    pub(super) fn evaluate_all(&self, recipients: &[Recipient]) -> Result<Vec<Evaluation>> {
        parallel::try_map(recipients, |recipient| {
            self.context.check()?;
            Ok((self.evaluate)(recipient))
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Runs `work` in one transaction of the state.
    pub(super) fn transaction(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        self.state.transaction(|_| work())
    }

    /// Keeps a change, with all that exporting it needs; or notes that the recipient has to wait.
    pub(super) fn stage(&self, run: &mut Run, asked: Asked<'_>) -> Result<()> {
        let Asked { recipient, before, after, added, removed, reasons, findings } = asked;
        if self.state.is_in_flight(&recipient.anchor)? {
            run.numbers.waiting += 1;
            let what = format!(
                "The last change of {} was interrupted; it is skipped until Sync-SmimeCertificate has read it back.",
                recipient.label()
            );
            return self.context.log(LogLevel::Warning, what);
        }
        let telling = Telling::of(&before.certificates);
        let there: Vec<PublishedValue> =
            recipient.values.iter().map(|value| telling.published(value)).collect();
        let stays = recipient.values.iter().zip(&there).filter(|(value, _)| !removed.contains(value));
        let mut wanted: Vec<PublishedValue> = stays.map(|(_, one)| one.clone()).collect();
        wanted.extend(added.iter().map(|(value, certificate)| PublishedValue {
            attribute: value.attribute,
            value: value.fingerprint(),
            certificate: Some(certificate.into()),
        }));
        let kind = kind(&before, &after, removed.is_empty());
        let input = fingerprint::input(recipient, self.policy, self.disabled);
        let (row, values) = import::evaluation_row(recipient, input, before);
        self.state.put_evaluation(&recipient.anchor, &row, &values, self.now)?;
        added.iter().map(|(value, _)| value).chain(&removed).try_for_each(|one| self.state.put_value(one))?;
        let draft = Draft {
            anchor: &recipient.anchor,
            recipient: &row.recipient,
            planned: Planned { kind, before: there, after: wanted, reasons },
            findings,
            attempts: 0,
        };
        draft.keep(self.state, run, self.now)
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
