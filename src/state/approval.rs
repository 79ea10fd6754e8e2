//! Approvals of held plans: by recipient and value, for one run.

use rusqlite::params;

use super::{State, history::APPROVED_PLAN};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Change, ChangeKind, ChangeState, Named, PublishedValue, Run, RunResult},
};

impl State {
    /// The changes of the held plan of `run_id`, which can be approved. Fails with `PlanNotApprovable` where it is held
    /// for what no approval can settle, and with `PlanNotHeld` where it was not held, or a later run has planned again.
    pub fn approvable(&self, run_id: i64) -> Result<Vec<Change>> {
        let run = self.run(run_id)?;
        let not_held = |what: String| Err(Error::new(ErrorId::PlanNotHeld, what).target(run_id.to_string()));
        // A run that was not held as a whole may have held removals that go by approval only.
        if run.result != RunResult::Held && self.change_count(run_id, ChangeState::Held)? == 0 {
            let (profile, result) = (&run.profile_name, run.result.name());
            return not_held(format!(
                "Run {run_id} of profile '{profile}' was not held: it ended with {result}."
            ));
        }
        check_approvable(&run)?;
        let held = self.changes_in(ChangeState::Held, Some(run_id), 0, usize::MAX >> 1)?;
        // A plan can be held for what the source shows, without any change.
        if held.is_empty() && self.number("SELECT max(id) FROM run", [])? != run_id {
            return not_held(format!(
                "The plan {run_id} is not held any more: a later run planned again, or it was carried out."
            ));
        }
        Ok(held)
    }

    /// Approves the removals and updates that the held plan of `run_id` lists, by recipient and value, for one run.
    /// Returns how many changes the plan lists. Fails like [`State::approvable`].
    pub fn approve(&self, run_id: i64) -> Result<usize> {
        let held = self.approvable(run_id)?;
        self.transaction(|state| {
            state.execute("DELETE FROM approval", [])?;
            for change in held.iter().filter(|change| change.change != ChangeKind::Add) {
                for (value, comes) in moves(change) {
                    state.execute(
                        "INSERT OR REPLACE INTO approval(anchor, attribute, fingerprint, run_id, comes)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![change.anchor, value.attribute.name(), value.value.0, run_id, comes],
                    )?;
                }
            }
            state.set_setting(APPROVED_PLAN, &run_id.to_string())
        })?;
        Ok(held.len())
    }

    /// Whether every value that `change` takes away was approved, and exactly those that come in their place, in a plan
    /// of the same kind: what may go from the directory by request may not go from the target for that.
    pub fn is_approved(&self, change: &Change) -> Result<bool> {
        let Some(plan) = self.approved_plan()? else { return Ok(false) };
        if self.is_asked(plan)? != self.is_asked(change.run_id)? {
            return Ok(false);
        }
        let sql = "SELECT count(*) FROM approval
                   WHERE anchor = ?1 AND attribute = ?2 AND fingerprint = ?3 AND comes = ?4";
        let mut coming = 0;
        for (value, comes) in moves(change) {
            if self.number(sql, params![change.anchor, value.attribute.name(), value.value.0, comes])? == 0 {
                return Ok(false);
            }
            coming += i64::from(comes);
        }
        // Who approved that another certificate comes has not approved that none does.
        let approved = "SELECT count(*) FROM approval WHERE anchor = ?1 AND comes = 1";
        Ok(self.number(approved, [&change.anchor])? == coming)
    }

    /// The plan that was approved and not let through yet.
    pub fn approved_plan(&self) -> Result<Option<i64>> {
        self.run_number(APPROVED_PLAN)
    }

    /// Uses up what a run was approved: all of it where the run has planned everything again, of which the approved plan
    /// was a part (`whole`); otherwise what it carried out. The rest holds until then. Returns the plan of which nothing
    /// is approved any more.
    pub fn use_approvals(&self, run_id: i64, whole: bool) -> Result<Option<i64>> {
        let Some(plan) = self.approved_plan()? else { return Ok(None) };
        if whole && self.is_asked(plan)? == self.is_asked(run_id)? {
            return self.forget_approvals().map(|()| Some(plan));
        }
        let mut carried_out = Vec::new();
        for state in [ChangeState::Exported, ChangeState::Rejected, ChangeState::InFlight] {
            self.each_change(state, run_id, &mut |change| {
                if self.is_approved(&change)? && moves(&change).next().is_some() {
                    carried_out.push(change.anchor);
                }
                Ok(())
            })?;
        }
        if carried_out.is_empty() {
            return Ok(None);
        }
        for anchor in &carried_out {
            self.execute("DELETE FROM approval WHERE anchor = ?1", [anchor])?;
        }
        if self.number("SELECT count(*) FROM approval", [])? > 0 {
            return Ok(None);
        }
        self.forget_approvals().map(|()| Some(plan))
    }

    /// Forgets what was approved.
    pub fn forget_approvals(&self) -> Result<()> {
        self.execute("DELETE FROM approval", [])?;
        self.remove_setting(APPROVED_PLAN)
    }
}

/// The values that a change takes away, and those that it brings.
fn moves(change: &Change) -> impl Iterator<Item = (PublishedValue, bool)> {
    let gone = change.removed().into_iter().map(|value| (value, false));
    gone.chain(change.added().into_iter().map(|value| (value, true)))
}

/// Fails with `PlanNotApprovable` where the plan is held, among others, for what no approval can settle.
fn check_approvable(run: &Run) -> Result<()> {
    let reasons = run.hold_reasons.iter().zip(&run.guard);
    let against: Vec<_> =
        reasons.filter_map(|(reason, text)| Some((reason.instead_of_approval()?, text))).collect();
    let Some((advice, _)) = against.first() else { return Ok(()) };
    let why: Vec<&str> = against.iter().map(|(_, text)| text.as_str()).collect();
    let what = format!("The plan {} can't be approved: {}", run.id, why.join(" "));
    Err(Error::new(ErrorId::PlanNotApprovable, what).target(run.id.to_string()).advice(*advice))
}
