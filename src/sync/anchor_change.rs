//! The same people under new anchors, as after a migration to another directory; and addresses that were given to
//! somebody else.
//!
//! An anchor that a full import no longer shows, while it shows another one with the same address, is not waited for.
//! Where both are one person, what is published passes to the new anchor, so that nobody is without a certificate in
//! between; the policy then decides on it as on any other managed value. Otherwise the address is somebody else's by
//! now, and what is published for the old anchor goes when the newcomer has something to be published.

use std::collections::HashSet;

use super::job::Job;
use crate::{
    error::Result,
    event::LogLevel,
    model::{PublishedValue, RecipientRecord, Run, counted, same_in_any_case},
    profile::DisabledAccount,
    state::{evaluation::EvaluationRow, import::Gone},
    targets::TargetQuery,
};

/// Hands over what is published for anchors that the import no longer shows to those that have their addresses.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    // A run with identities does not see who is absent.
    if job.is_partial() {
        return Ok(());
    }
    let pairs = job.state.successors(run.id)?;
    let handed_over = job.state.transaction(|_| hand_over(job, run.id, &pairs))?;
    run.numbers.missing = run.numbers.missing.saturating_sub(handed_over.len() as u64);
    for label in &handed_over {
        job.verbose(format!("{label} has another anchor in the source than before."))?;
    }
    // Those of earlier runs whose plans were held are still to be written.
    let number = job.state.unwritten_anchors(run.id)?.max(handed_over.len() as u64);
    if number == 0 {
        return Ok(());
    }
    let what = format!(
        "{} another anchor in the source than before, at the same address: what is published for them stays, and \
         is kept under the new one. -Verbose names them.",
        counted(number, "recipient has", "recipients have")
    );
    job.context.log(LogLevel::Warning, what)
}

/// Those that have a new anchor, by their names.
fn hand_over(job: &Job<'_>, run_id: i64, pairs: &[(String, String)]) -> Result<Vec<String>> {
    let mut labels = Vec::new();
    let mut settled = HashSet::new();
    let ambiguous = repeated(pairs.iter().map(|(old, _)| old.as_str()));
    // Of two old ones with the address, the one that shares a value is the same person, whatever the order.
    for certain in [true, false] {
        for (old, new) in pairs.iter().filter(|(old, _)| !ambiguous.contains(old.as_str())) {
            if settled.contains(old) || job.state.is_in_flight(old)? || job.state.is_in_flight(new)? {
                continue;
            }
            let Some(evaluation) = job.state.evaluation(new)?.filter(|one| is_published(job, one)) else {
                continue;
            };
            let is_new = job.state.link(new)?.target.is_none() && job.state.managed(new)?.is_empty();
            let is_same = shares_value(&job.state.managed(old)?, &evaluation)
                || (!certain
                    && job.state.recipient(old)?.is_some_and(|old| same_names(&old, &evaluation.recipient)));
            if is_new && is_same {
                let keeps_anchor = job.target.key(&TargetQuery::of(new, &evaluation.recipient)).is_some();
                job.state.hand_over(old, new, keeps_anchor)?;
                job.state.remove_import(run_id, old)?;
                labels.push(evaluation.recipient.label);
            } else if certain {
                continue;
            } else {
                job.state.set_gone(run_id, old, Gone::AddressReassigned)?;
            }
            settled.insert(old);
        }
    }
    Ok(labels)
}

/// What is there more than once.
fn repeated<'a>(all: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    let mut seen = HashSet::new();
    all.filter(|one| !seen.insert(*one)).collect()
}

/// Whether anything of a recipient is to be published.
fn is_published(job: &Job<'_>, evaluation: &EvaluationRow) -> bool {
    let keeps =
        !evaluation.recipient.disabled || job.profile.policy.disabled_account == DisabledAccount::Keep;
    keeps && !evaluation.desired.is_empty()
}

/// Whether the source has a value at the new anchor that is published for the old one.
fn shares_value(managed: &[PublishedValue], new: &EvaluationRow) -> bool {
    managed.iter().any(|one| {
        new.recipient.values.contains(&(one.attribute, one.value))
            || new.desired.iter().any(|two| one.same(two))
    })
}

/// Whether two recipients with one address are one person: with one display name, and with the same user principal
/// name or at the same place of the directory.
fn same_names(old: &RecipientRecord, new: &RecipientRecord) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| matches!((one, other), (Some(one), Some(other)) if same_in_any_case(one, other));
    same(&old.display_name, &new.display_name)
        && (same(&old.user_principal_name, &new.user_principal_name)
            || same_in_any_case(&old.distinguished_name, &new.distinguished_name))
}
