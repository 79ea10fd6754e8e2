//! What becomes of a command whose answer speaks against the way it was sent: it is tried in the other forms, each
//! once, while all others that were refused for the same reason wait; what was understood holds from then on, until it is
//! refused itself.

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

/// So often is a form that worked doubted again in a connection: a service that is changed while a run works is changed
/// once or twice, and what takes turns more often is not learnt by asking.
const MOST_REOPENINGS: u32 = 8;
/// So many commands in a row that no form helps, after one did, show that none will: one or two may be refused for their
/// own sake with the same words.
const MOST_FRUITLESS: u32 = 3;

/// What became of a form that worked once and was refused then.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reopened {
    times: u32,
    /// Commands in a row that no form helped.
    fruitless: u32,
    /// It is not known yet what works now: the command that tries it out decides, and none that was sent before.
    open: bool,
}

impl Run<'_> {
    /// Takes a command that was refused, or whose answer lacked what was asked for, before anything was carried out
    /// that may not be carried out twice.
    ///
    /// Fails with `ExchangeRefused` where the service takes binary values in no form: nothing can be written then.
    pub(super) fn doubted(&mut self, mut job: Job, doubt: Doubt, failure: Failure) -> Result<()> {
        job.refused.push((doubt, job.sent));
        self.consider(job, doubt, failure)
    }

    /// What is to become of a command that was refused as it was sent last.
    fn consider(&mut self, job: Job, doubt: Doubt, failure: Failure) -> Result<()> {
        let Some(command) = self.commands.get(job.position) else { return Ok(()) };
        let present = Manner::of(command, &self.line.dialect);
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
        if self.line.exhausted.contains_key(&doubt) {
            return self.refuse(job, doubt, failure);
        }
        let next = job.sent.next(doubt, &refused, command, self.requests.has_domain());
        // Of an answer that lacks something the other form is tried whatever others got.
        let is_refusal = !matches!(doubt, Doubt::List | Doubt::Values);
        if next.is_some() && is_refusal && doubt.is_settled(&self.line.dialect) {
            let reopened = self.line.reopened.entry(doubt).or_default();
            if reopened.times >= MOST_REOPENINGS {
                return self.refuse(job, doubt, failure);
            }
            reopened.times += 1;
            reopened.open = true;
            doubt.reopen(&mut self.line.dialect);
        }
        match next {
            Some(manner) => {
                self.log(format!("{} Trying {} in another form.", failure.error.message, doubt.words()))?;
                self.probes.insert(doubt, job.position);
                self.ready.push_front(Job { manner: Some(manner), alone: true, ..job });
                Ok(())
            }
            None => self.in_vain(job, doubt, &refused, failure),
        }
    }

    /// Takes a command that was refused in every form.
    fn in_vain(&mut self, job: Job, doubt: Doubt, refused: &[Manner], failure: Failure) -> Result<()> {
        let forms: Vec<&'static str> = refused.iter().map(|manner| doubt.form(manner)).collect();
        let is_new = match self.line.reopened.get_mut(&doubt) {
            // A form that worked goes on, unless one command after the other is refused in all of them.
            Some(reopened) if reopened.open => {
                (reopened.open, reopened.fruitless) = (false, reopened.fruitless + 1);
                doubt.uphold(&mut self.line.dialect);
                reopened.fruitless >= MOST_FRUITLESS
            }
            _ => !doubt.is_settled(&self.line.dialect),
        };
        if is_new {
            self.line.exhausted.insert(doubt, forms.clone());
        }
        match (doubt, is_new) {
            (Doubt::Bytes, true) => Err(in_no_form(failure)),
            (Doubt::List | Doubt::Values, _) | (_, true) => self.refuse(job, doubt, failure),
            (Doubt::Tenant, false) => self.ended(&job, all_tried(failure.error, doubt, &forms)),
            (Doubt::Anchor | Doubt::Bytes, false) => {
                let error = all_tried(failure.error, doubt, &forms).advice(
                    "Others were taken, so it is about this one: look at it in Exchange, and at the management scope \
                     of the application's role. Report the text of this error if both are right.",
                );
                self.ended(&job, error)
            }
        }
    }

    /// Ends a command in doubt with its own error, and those that waited for it.
    fn refuse(&mut self, job: Job, doubt: Doubt, failure: Failure) -> Result<()> {
        let Some(forms) = self.line.exhausted.get(&doubt).cloned() else {
            return self.ended(&job, failure.error);
        };
        self.probes.remove(&doubt);
        for (job, failure) in [(job, failure)].into_iter().chain(self.take_parked(doubt)) {
            self.ended(&job, in_no_way(failure.error, doubt, &forms))?;
        }
        Ok(())
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
            let probe = self.probes.get(&doubt).copied();
            let line = &mut *self.line;
            if let Some(reopened) = line.reopened.get_mut(&doubt) {
                if reopened.open && probe.is_some_and(|position| position != job.position) {
                    continue;
                }
                (reopened.open, reopened.fruitless) = (false, 0);
            }
            line.exhausted.remove(&doubt);
            if !doubt.is_settled(&line.dialect) {
                doubt.settle(&mut line.dialect, job.sent);
            }
        }
        // Whoever has no values shows that the other form was the wrong one, and nothing of the form of values.
        if !objects.is_empty() && job.refused.iter().any(|(doubt, _)| *doubt == Doubt::Values) {
            Doubt::Values.attempt(&mut self.line.dialect, job.sent);
        }
    }

    /// Lets those go on that waited for the command at `position`, which has its result.
    pub(super) fn release(&mut self, position: usize) -> Result<()> {
        let over: Vec<Doubt> =
            self.probes.iter().filter(|(_, probe)| **probe == position).map(|(doubt, _)| *doubt).collect();
        for doubt in over {
            self.probes.remove(&doubt);
            // What was refused in the form that still holds is not sent in it again.
            for (job, failure) in self.take_parked(doubt) {
                self.consider(job, doubt, failure)?;
            }
        }
        Ok(())
    }
}

/// The error of a command that was refused in these forms, which are all. One alone was no choice.
fn all_tried(error: Error, doubt: Doubt, forms: &[&'static str]) -> Error {
    if forms.len() < 2 {
        return error;
    }
    let message = format!("{} Tried were {}: {}.", error.message, doubt.all_forms(), forms.join(", "));
    Error { message, ..error }
}

/// The same where nothing else was understood either. What an answer lacks says enough.
fn in_no_way(error: Error, doubt: Doubt, forms: &[&'static str]) -> Error {
    match doubt {
        Doubt::List | Doubt::Values => error,
        _ if forms.len() < 2 => error,
        _ => all_tried(error, doubt, forms).advice(REPORT),
    }
}

const REPORT: &str = "Nothing can be done this way. Run Test-SmimeSyncProfile with -Trace, and report what it writes \
                      (docs/first-tenant.md); publish with -Target ExchangeSession until then.";

fn in_no_form(failure: Failure) -> Error {
    let native = failure.error.native.as_deref().cloned().unwrap_or_default();
    let message = format!(
        "Exchange Online takes the bytes of certificates neither as numbers nor as base64. {}",
        failure.error.message
    );
    Error::new(ErrorId::ExchangeRefused, message).native(native).advice(REPORT)
}
