//! Errors of several recipients that say the same, since they are about how the target answers and not about who was
//! asked for: told once, with how many they concern.

use super::job::Job;
use crate::{
    error::{Error, ErrorId, Result},
    model::{Run, counted},
};

/// What is still to be told; in the order in which the first of each came.
#[derive(Default)]
pub(super) struct SameErrors {
    groups: Vec<(Error, Vec<String>)>,
}

/// Whether an error may be about the target's answer rather than about the recipient.
fn is_of_target(error: &Error) -> bool {
    use ErrorId::{
        ExchangeAccessDenied, ExchangeProtocol, ExchangeThrottled, ExchangeUnavailable, ExchangeUnreachable,
    };
    matches!(
        error.id,
        ExchangeAccessDenied
            | ExchangeProtocol
            | ExchangeThrottled
            | ExchangeUnavailable
            | ExchangeUnreachable
    )
}

/// What an error says without naming whom it was about: `Get-Mailbox for 'ada@contoso.test' failed: ...`.
fn reason(error: &Error) -> &str {
    error.message.split_once(" failed: ").map_or(error.message.as_str(), |(_, reason)| reason)
}

impl SameErrors {
    /// Takes the error of one recipient, whom its target names.
    pub(super) fn push(&mut self, error: Error) {
        let same = |(first, _): &&mut (Error, Vec<String>)| {
            is_of_target(&error) && first.id == error.id && reason(first) == reason(&error)
        };
        match self.groups.iter_mut().find(same) {
            Some((_, others)) => others.push(error.target.unwrap_or_default()),
            None => self.groups.push((error, Vec::new())),
        }
    }

    /// Tells them; each recipient counts as an error of the run.
    pub(super) fn report(self, job: &Job<'_>, run: &mut Run) -> Result<()> {
        run.numbers.errors += self.groups.iter().map(|(_, others)| 1 + others.len() as u64).sum::<u64>();
        self.tell(job)
    }

    /// Tells them, where they are counted elsewhere.
    pub(super) fn tell(self, job: &Job<'_>) -> Result<()> {
        for (error, others) in self.groups {
            for other in &others {
                job.verbose(format!("{other}: {}", reason(&error)))?;
            }
            job.context.error(with_others(error, others.len()))?;
        }
        Ok(())
    }
}

/// The error of one recipient that is that of `others`, too.
fn with_others(mut error: Error, others: usize) -> Error {
    if others > 0 {
        let dot = if error.message.ends_with(['.', '!', '?', '\'']) { "" } else { "." };
        let whom = counted(others, "other recipient", "other recipients");
        let them = if others == 1 { "it" } else { "them" };
        error.message.push_str(&format!("{dot} The same came of {whom}; -Verbose names {them}."));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(id: ErrorId, who: &str, reason: &str) -> Error {
        Error::new(id, format!("Get-Mailbox for '{who}' failed: {reason}")).target(who)
    }

    #[test]
    fn what_is_about_the_answer_is_one_error_and_what_is_about_somebody_is_one_each() {
        use ErrorId::{ExchangeProtocol, ExchangeRefused};
        for (errors, expected) in [
            (vec![(ExchangeProtocol, "a", "odd."), (ExchangeProtocol, "b", "odd.")], vec![("a", 1)]),
            (
                vec![(ExchangeProtocol, "a", "odd."), (ExchangeProtocol, "b", "new.")],
                vec![("a", 0), ("b", 0)],
            ),
            (vec![(ExchangeRefused, "a", "odd."), (ExchangeRefused, "b", "odd.")], vec![("a", 0), ("b", 0)]),
        ] {
            let mut all = SameErrors::default();
            errors.into_iter().for_each(|(id, who, reason)| all.push(error(id, who, reason)));
            let told: Vec<(&str, usize)> = all
                .groups
                .iter()
                .map(|(error, others)| (error.target.as_deref().unwrap_or_default(), others.len()))
                .collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn it_says_how_many_it_concerns() {
        for (others, end) in [
            (0, "failed: odd."),
            (1, "failed: odd. The same came of 1 other recipient; -Verbose names it."),
            (5, "failed: odd. The same came of 5 other recipients; -Verbose names them."),
        ] {
            let told = with_others(error(ErrorId::ExchangeProtocol, "a", "odd."), others);
            assert!(told.message.ends_with(end), "{told}");
        }
    }
}
