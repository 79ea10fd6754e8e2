//! What becomes of a command whose answer speaks against the way it was sent: it is tried in the other forms, each
//! once, while all others that were refused for the same reason wait; what was understood holds from then on.

use super::{Job, Run};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::{
        Object,
        failure::Failure,
        online::{
            answer,
            manner::{Doubt, Manner},
        },
    },
};

impl Run<'_> {
    /// Takes a command that was refused, or whose answer lacked what was asked for, before anything was carried out
    /// that may not be carried out twice.
    ///
    /// Fails with `ExchangeRefused` where the service takes binary values in no form: nothing can be written then.
    pub(super) fn doubted(&mut self, mut job: Job, doubt: Doubt, failure: Failure) -> Result<()> {
        let Some(command) = self.commands.get(job.position) else { return Ok(()) };
        let present = Manner::of(command, &self.line.dialect);
        job.refused.push((doubt, job.sent));
        let refused: Vec<Manner> =
            job.refused.iter().filter(|(of, _)| *of == doubt).map(|(_, manner)| *manner).collect();
        let probing = self.probes.get(&doubt).copied();
        if probing.is_some_and(|position| position != job.position) {
            self.parked.push((doubt, job, failure));
            return Ok(());
        }
        // It was sent before another one has settled it.
        if !refused.iter().any(|one| one.is_same(&present, doubt)) {
            self.ready.push_back(Job { manner: None, ..job });
            return Ok(());
        }
        // Where the form is known to be right, the refusal is about the command; an answer that lacks something may
        // still be had in the other form.
        let about_command =
            doubt.is_settled(&self.line.dialect) && !matches!(doubt, Doubt::List | Doubt::Values);
        if about_command || self.line.exhausted.contains(&doubt) {
            return self.refuse(job, doubt, failure);
        }
        match job.sent.next(doubt, &refused, command, self.requests.has_domain()) {
            Some(manner) => {
                self.log(format!("{} Trying {} in another form.", failure.error.message, doubt.words()))?;
                self.probes.insert(doubt, job.position);
                self.ready.push_front(Job { manner: Some(manner), alone: true, ..job });
                Ok(())
            }
            None => {
                if !doubt.is_settled(&self.line.dialect) {
                    self.line.exhausted.insert(doubt);
                }
                if doubt == Doubt::Bytes {
                    return Err(in_no_form(failure));
                }
                self.refuse(job, doubt, failure)
            }
        }
    }

    /// Ends a command in doubt with its own error, and those that waited for it.
    fn refuse(&mut self, job: Job, doubt: Doubt, failure: Failure) -> Result<()> {
        if self.line.exhausted.contains(&doubt) {
            self.probes.remove(&doubt);
            for (job, failure) in self.take_parked(doubt) {
                self.ended(&job, failure.error)?;
            }
        }
        self.ended(&job, failure.error)
    }

    /// Those that wait for what becomes of a doubt.
    fn take_parked(&mut self, doubt: Doubt) -> Vec<(Job, Failure)> {
        let (same, others) = std::mem::take(&mut self.parked).into_iter().partition(|(of, ..)| *of == doubt);
        self.parked = others;
        Vec::into_iter(same).map(|(_, job, failure)| (job, failure)).collect()
    }

    /// Takes note that a command was understood as it was sent.
    pub(super) fn understood(&mut self, job: &Job, objects: &[Object]) {
        let Some(command) = self.commands.get(job.position) else { return };
        let has_bytes = objects.iter().any(answer::shows_bytes);
        for doubt in Doubt::answered_by(command, !objects.is_empty(), has_bytes) {
            if !doubt.is_settled(&self.line.dialect) {
                doubt.settle(&mut self.line.dialect, job.sent);
            }
        }
        // Whoever has no values shows that the other form was the wrong one, and nothing of the form of values.
        if !objects.is_empty() && job.refused.iter().any(|(doubt, _)| *doubt == Doubt::Values) {
            Doubt::Values.attempt(&mut self.line.dialect, job.sent);
        }
    }

    /// Lets those go on that waited for the command at `position`, which has its result.
    pub(super) fn release(&mut self, position: usize) {
        let over: Vec<Doubt> =
            self.probes.iter().filter(|(_, probe)| **probe == position).map(|(doubt, _)| *doubt).collect();
        for doubt in over {
            self.probes.remove(&doubt);
            let waited = self.take_parked(doubt).into_iter();
            self.ready.extend(waited.map(|(job, _)| Job { manner: None, ..job }));
        }
    }
}

fn in_no_form(failure: Failure) -> Error {
    let native = failure.error.native.as_deref().cloned().unwrap_or_default();
    let message = format!(
        "Exchange Online takes the bytes of certificates neither as numbers nor as base64. {}",
        failure.error.message
    );
    Error::new(ErrorId::ExchangeRefused, message).native(native).advice(
        "Nothing can be written this way. Publish with -Target ExchangeSession, and report the text of this error.",
    )
}
