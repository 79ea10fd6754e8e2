//! What one run works with.

use super::{desk::Desk, mode::Mode, new_target};
use crate::{
    directory::Source,
    error::{Error, Result},
    event::{Context, LogLevel, ResultType},
    model::{ChangeState, Evaluation, Fingerprint, Identity, PolicyType, Recipient, Run, Timestamp},
    profile::{self, Profile},
    state::State,
    targets::Target,
};

/// What the caller wants of a run, besides what the profile says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether it is enough to read what changed.
    pub policy_type: PolicyType,
    /// Only these recipients; none: all.
    pub identity: Vec<Identity>,
    /// Plan only. The state is a private copy then.
    pub what_if: bool,
    /// Ask before each change; what is declined stays declined.
    pub confirm: bool,
    /// Raises the guard's number, and lifts its percentage.
    pub allow_removal: Option<u32>,
    /// The same for replacements.
    pub allow_replacement: Option<u32>,
    /// Hand over the changes, too, before the run.
    pub pass_thru: bool,
    /// Compare the target with what was published, and read every write back.
    pub verify: bool,
}

/// Everything that one run works with; each run has its own.
pub struct Job<'a> {
    /// The profile that is run, or that a request names.
    pub profile: &'a Profile,
    /// Which recipients, and whether anything is written, asked or verified.
    pub options: &'a Options,
    /// Where recipients are read; for a request, the directory that is written to.
    pub source: &'a mut dyn Source,
    /// Where values are published; for a request, the same directory.
    pub target: &'a mut dyn Target,
    /// Whose the values at the target are, and who decides on them.
    pub mode: &'a dyn Mode,
    /// The profile's state, or a private copy.
    pub state: &'a State,
    /// What the policy makes of a recipient's values.
    pub evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    /// A hash over the policy and its trust anchors.
    pub policy: Fingerprint,
    /// The time by which the run judges and keeps everything.
    pub now: Timestamp,
    /// Who runs it where, for the history: `user@host, PowerShell 7.6.9, process 4711`.
    pub host: String,
    /// Where events go, who answers questions, and where the caller's cancel shows.
    pub context: &'a Context,
}

impl<'a> Job<'a> {
    pub(super) fn desk(&self) -> Desk<'a> {
        Desk {
            state: self.state,
            now: self.now,
            shows_late: self.target.shows_late(),
            hides_values: self.target.hides_values(),
            leaves_parts: self.target.leaves_parts(),
            keeps_order: self.target.keeps_order(),
            context: self.context,
        }
    }

    /// What the profile says, for hashes; a tenant by the name under which the state knows it.
    pub(super) fn profile_text(&self) -> Result<String> {
        let mut profile = self.profile.clone();
        if let profile::Target::ExchangeOnline(online) = &mut profile.target
            && let Some(known) = new_target::known_as(self)?.strip_prefix("ExchangeOnline ")
        {
            known.clone_into(&mut online.organization);
        }
        Ok(serde_json::to_string(&profile.kept()).unwrap_or_default())
    }

    pub(super) fn is_partial(&self) -> bool {
        !self.options.identity.is_empty()
    }

    pub(super) fn verbose(&self, message: impl Into<String>) -> Result<()> {
        self.context.log(LogLevel::Verbose, message)
    }

    /// An error of one recipient: told, counted, and the run goes on.
    pub(super) fn report(&self, run: &mut Run, error: Error) -> Result<()> {
        run.numbers.errors += 1;
        self.context.error(error)
    }

    pub(super) fn hand_over_changes(&self, run: &Run, state: ChangeState) -> Result<()> {
        self.state.each_change(state, run.id, &mut |mut change| {
            if run.what_if {
                (change.id, change.run_id) = (0, 0);
            }
            self.context.result(ResultType::Change, &change)
        })
    }
}
