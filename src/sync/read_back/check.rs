//! What one answer of a target says of one write.

use crate::{
    error::{Error, ErrorId, Result},
    model::{Change, Exclusion, Timestamp, at_start, counted},
    sync::{job::Job, look::ambiguous, mode::Sight},
    targets::{Match, TargetQuery, TargetRecipient, TargetWrite},
};

/// One write to be read back.
pub(in crate::sync) struct Check<'a> {
    /// Where it is in its batch.
    pub(in crate::sync) place: usize,
    pub(in crate::sync) change: &'a Change,
    pub(in crate::sync) write: &'a TargetWrite<'a>,
    /// The target's own key for the recipient, after the write.
    pub(in crate::sync) key: &'a str,
    /// Whether all that it wrote is compared; otherwise only what it took away is looked for.
    pub(in crate::sync) whole: bool,
}

/// What an answer of the target is worth.
#[derive(Clone, Copy)]
pub(super) struct Trust {
    /// Success of a removal means that the values are gone.
    pub is_sure: bool,
    /// Nobody has seen yet that this target lets an attribute be emptied, and only one way was tried.
    pub is_doubtful: bool,
    /// Nobody has ever seen a value there, so that seeing none shows nothing.
    pub is_blind: bool,
}

/// What the target showed of a write that is not settled yet.
pub(super) enum Shown {
    /// What was there before, as from a replica that has not heard of the write.
    Before,
    /// What was written, and some of what it took away.
    Left(TargetRecipient),
    /// What was written; but what it took away was not shown before, either.
    Hidden(TargetRecipient),
    Unreadable(Error),
}

impl Shown {
    /// Whether waiting changes nothing.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Unreadable(error) if is_of_form(error))
    }
}

/// Whether an answer had a form in which nothing can be read.
pub(in crate::sync) fn is_of_form(error: &Error) -> bool {
    error.id == ErrorId::ExchangeProtocol
}

impl Check<'_> {
    pub(super) fn query(&self) -> TargetQuery<'_> {
        TargetQuery { link: Some(self.key), ..self.write.query.clone() }
    }

    /// What the target has; who is not there any more has nothing. What can't be read or told apart is no such answer.
    fn there(
        &self,
        matched: Result<Match>,
        is_sure: bool,
        is_named: bool,
    ) -> Result<Option<TargetRecipient>> {
        match matched? {
            Match::One(TargetRecipient { damage: Some(error), .. }) => Err(error),
            Match::Excluded(Exclusion::SoftDeleted, _) if !is_sure => {
                Err(self.hidden(Exclusion::SoftDeleted))
            }
            Match::Excluded(why, None) if !is_sure => Err(self.hidden(why)),
            Match::None if !is_sure && !is_named && !self.write.removed().is_empty() => {
                Err(self.hidden(Exclusion::NotFound))
            }
            Match::One(found) | Match::Excluded(_, Some(found)) => Ok(Some(found)),
            Match::Renamed(renamed) => Ok(Some(renamed.recipient)),
            Match::Ambiguous(why) => Err(ambiguous(why)),
            Match::None | Match::Excluded(_, None) => Ok(None),
        }
    }

    /// Nobody knows what a recipient has who was not shown to the read.
    fn hidden(&self, why: Exclusion) -> Error {
        let what = format!("The write can't be read back: {}", why.skips_one(&self.change.recipient));
        Error::new(ErrorId::TargetUnreadable, what).advice("Run again; it is looked at then.")
    }

    /// What the target shows of the write; `None`: it is as it shall be.
    pub(super) fn judge(&self, job: &Job<'_>, matched: Result<Match>, trust: Trust) -> Result<Option<Shown>> {
        let Trust { is_sure, is_doubtful, is_blind } = trust;
        // Where we name the places, nobody there is nothing there.
        let is_named = job.target.key(&self.query()).is_some();
        let found = match self.there(matched, is_sure, is_named) {
            Ok(found) => found,
            // Not to be read at the moment; the next look may do better.
            Err(error) => return Ok(Some(Shown::Unreadable(error))),
        };
        let left = found.as_ref().map(|found| self.write.left(found)).unwrap_or_default();
        let is_left = !is_sure && !left.is_empty();
        // What was not shown before and is now: the answer is older than the write.
        let is_late = left.iter().any(|value| self.write.unseen.contains(value));
        let sight = job.mode.sight(self.change, self.write, found.as_ref());
        let count = found.as_ref().map_or(0, |found| found.values.len());
        Ok(match (found, sight) {
            (Some(found), _) if is_left && self.write.values.iter().all(|one| found.values.contains(one)) => {
                Some(Shown::Left(found))
            }
            (Some(found), Sight::Written) if is_doubtful && !self.write.unseen.is_empty() => {
                Some(Shown::Hidden(found))
            }
            (_, Sight::Written) if is_blind && !self.write.removed().is_empty() => {
                Some(Shown::Unreadable(self.never_shown(job)))
            }
            (_, Sight::Written) => None,
            (_, Sight::Before) => Some(Shown::Before),
            (_, Sight::Neither) if !self.whole || is_late => is_left.then_some(Shown::Before),
            (_, Sight::Neither) => {
                let what = format!(
                    "{} shows {} for {}, which is neither the old nor the new state; the run stops.",
                    at_start(&job.target.name()),
                    counted(count, "value", "values"),
                    self.change.recipient
                );
                return Err(Error::new(ErrorId::VerifyFailed, what).target(self.change.recipient.clone()));
            }
        })
    }

    /// Nobody knows whether anything is gone where nothing was ever seen.
    fn never_shown(&self, job: &Job<'_>) -> Error {
        let what = format!(
            "Whether the values of {} are gone is not known: {} has never shown a certificate of anybody.",
            self.change.recipient,
            job.target.name()
        );
        let advice = "The next run looks again. If the message stays, look at that recipient with your own session, and \
                      report what Test-SmimeSyncProfile -Trace writes (docs/first-tenant.md).";
        Error::new(ErrorId::TargetUnreadable, what).advice(advice)
    }

    /// Whether something is left in an attribute that was to be emptied.
    pub(super) fn is_emptied(&self, shown: &Shown) -> bool {
        let Shown::Left(found) = shown else { return false };
        self.write.left(found).into_iter().any(|value| self.write.empties(value))
    }

    /// Something is left for so long that the target has to be believed; `refusal` is what it said to the other way.
    pub(super) fn ignored(
        &self,
        job: &Job<'_>,
        found: &TargetRecipient,
        since: Timestamp,
        refusal: Option<&String>,
    ) -> Error {
        let (name, recipient) = (job.target.name(), &self.change.recipient);
        let left = counted(self.write.left(found).len(), "value", "values");
        let what = format!(
            "{recipient}: {name} still has {left} that had to go since {since}, though it answered with success, {}",
            then(refusal)
        );
        Error::new(ErrorId::RemovalIgnored, what)
    }

    /// Something is left, and may only show late.
    pub(super) fn not_seen(&self, job: &Job<'_>, found: &TargetRecipient, refusal: Option<&String>) -> Error {
        let (name, recipient) = (job.target.name(), &self.change.recipient);
        let left = counted(self.write.left(found).len(), "value", "values");
        let what = format!(
            "{recipient}: {name} still shows {left} that had to go. It answered with success, {} It may show that late, \
             or ignore it; the next run looks again.",
            then(refusal)
        );
        Error::new(ErrorId::RemovalNotSeen, what)
    }
}

/// How it was taken away, after "it answered with success, ".
fn then(refusal: Option<&String>) -> String {
    match refusal {
        Some(error) => format!("and refused to take them away in another way: {error}"),
        None => "twice, in two ways.".to_owned(),
    }
}
