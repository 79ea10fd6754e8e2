//! Whether the service takes batches: where it answers a batch and none of its commands, they are sent one by one.

use super::{Job, Run};
use crate::{
    error::Result,
    exchange::{
        dialect::{BatchForm, Fact},
        failure::Failure,
        online::{answer::Page, delivery::Delivery},
        sign_in::AccessToken,
    },
};

/// A batch whose commands were all refused for their token, though the request with the same token was taken.
pub struct Suspicion {
    /// The token: a command by itself that it is good for shows that the batch was to blame.
    token: AccessToken,
    /// What was known of batches before.
    before: Fact<BatchForm>,
}

/// What is thought of batches.
#[derive(Default)]
pub struct Batches {
    suspicion: Option<Suspicion>,
    /// Whether commands were refused for their token by themselves, too: batches are not to blame.
    cleared: bool,
    /// Whether commands that seemed to fail for another one of their batch failed by themselves, too.
    pub apart: bool,
    /// How often batches were suspected, in this connection.
    suspicions: u32,
    /// Whether the token was renewed for a batch that was refused, and no batch was answered since.
    renewed: bool,
}

/// So often are batches suspected in a connection: a service that begins to refuse them does so once, and otherwise it is
/// the token, which each suspicion renews one request later.
const MOST_SUSPICIONS: u32 = 8;

impl Run<'_> {
    /// Whether all commands of a batch were refused for their token alone, so that they are to be sent one by one.
    pub(super) fn suspects_batch(&mut self, delivery: &Delivery, commands: usize) -> bool {
        let batches = &mut self.line.batches;
        let answered = commands > 1 && delivery.status.is_some_and(|status| status.is_success());
        if !answered || !delivery.results.iter().all(is_denied) {
            // What was sent before they were refused says nothing of those that follow.
            let is_present = self.line.dialect.batch.form == BatchForm::Together;
            if answered && is_present && delivery.results.iter().any(is_answer) && batches.suspicion.is_none()
            {
                self.line.dialect.batch.confirm(BatchForm::Together);
                (batches.cleared, batches.renewed) = (false, false);
            }
            return false;
        }
        // Where the token was refused elsewhere, it is the token. That batches have worked says nothing: a service may
        // be changed while a run works.
        if batches.cleared || self.line.access.has_refused(&delivery.token) {
            return false;
        }
        // Where both have worked, it is far more often the token that came to its end.
        let Fact { form, confirmed, .. } = self.line.dialect.batch;
        let both_worked =
            form == BatchForm::Together && confirmed && self.line.access.has_accepted(&delivery.token);
        if both_worked && !std::mem::replace(&mut batches.renewed, true) {
            return false;
        }
        if batches.suspicion.is_none() && self.line.dialect.batch.form == BatchForm::Together {
            if batches.suspicions >= MOST_SUSPICIONS {
                return false;
            }
            batches.suspicions += 1;
            let before = self.line.dialect.batch;
            batches.suspicion = Some(Suspicion { token: delivery.token.clone(), before });
            self.line.dialect.batch.attempt(BatchForm::Singly);
        }
        true
    }

    /// Takes note of a command that was sent by itself while batches were suspected.
    pub(super) fn judge_batches(&mut self, delivery: &Delivery, commands: usize) -> Result<()> {
        let answer =
            delivery.results.first().filter(|one| commands == 1 && (is_denied(one) || is_answer(one)));
        let (Some(answer), Some(suspicion)) = (answer, &self.line.batches.suspicion) else { return Ok(()) };
        if is_denied(answer) {
            self.line.dialect.batch = suspicion.before;
            self.line.batches.cleared = true;
        } else if suspicion.token.is(&delivery.token) {
            self.line.dialect.batch.confirm(BatchForm::Singly);
            self.log("Exchange Online takes no batches of commands; they are sent one by one.".to_owned())?;
        } else {
            self.line.dialect.batch = suspicion.before;
        }
        self.line.batches.suspicion = None;
        Ok(())
    }

    /// Whether a command that its batch may be to blame for is to be sent anew, by itself.
    pub(super) fn is_sent_anew(&self, job: &Job, failure: &Failure) -> bool {
        let repeatable = self.commands.get(job.position).is_some_and(|command| command.repeatable);
        !job.alone && !self.line.batches.apart && (repeatable || failure.refused)
    }
}

fn status(result: &Result<Page, Failure>) -> Option<u16> {
    result.as_ref().err()?.error.native.as_deref()?.http_status
}

/// Whether a command was refused for its token or its sender's rights; what asks for another token has read it.
fn is_denied(result: &Result<Page, Failure>) -> bool {
    let challenged = result.as_ref().is_err_and(|failure| failure.claims.is_some());
    matches!(status(result), Some(401 | 403)) && !challenged
}

/// Whether a command was dealt with: carried out, or refused for its own sake.
fn is_answer(result: &Result<Page, Failure>) -> bool {
    result.is_ok() || matches!(status(result), Some(400..=499)) && !is_denied(result)
}
