//! `-Confirm`: each change is asked for before it is written.

use super::{export, job::Job};
use crate::{
    error::Result,
    event::Question,
    model::{Change, ChangeState, Named, Run},
    state::change::Outcome,
};

/// Asks for each change where the caller wants to be asked; what is declined stays declined.
pub(super) fn ask(job: &Job<'_>, run: &mut Run, changes: Vec<Change>) -> Result<Vec<Change>> {
    if !job.options.confirm {
        return Ok(changes);
    }
    let question = |change: &Change| Question::approve(target_text(change), action_text(change));
    let answers = job.context.ask(changes.iter().map(question).collect())?;
    let mut approved = Vec::with_capacity(changes.len());
    for (change, answer) in changes.into_iter().zip(answers) {
        if answer.approved {
            approved.push(change);
            continue;
        }
        run.numbers.declined += 1;
        let outcome =
            Outcome { state: ChangeState::Declined, attempts: change.attempts, next_try: None, error: None };
        export::settle(job, change, outcome)?;
    }
    Ok(approved)
}

/// The recipient as an admin recognises it.
fn target_text(change: &Change) -> String {
    match &change.display_name {
        Some(name) => format!("{name} <{}>", change.recipient),
        None => change.recipient.clone(),
    }
}

/// What would be done, in words.
fn action_text(change: &Change) -> String {
    format!("{}: {}", change.change.name(), change.reasons.join(" "))
}
