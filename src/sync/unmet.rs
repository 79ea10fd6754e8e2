//! Who is not at the target, can't be written there, or has nothing of ours there, is not looked for in every run: a few
//! of them would have everybody listed each time. Half an hour passes, doubled up to a day; what changes is looked
//! for at once, and so is whom the caller names.

use super::{export::LONGEST_WAIT, job::Job};
use crate::{
    error::Result,
    model::{Exclusion, Fingerprint, PublishedValue, RecipientRecord, Run, Timestamp},
    state::{published::PlanRow, unmet::Unmet},
    targets::Match,
};

/// The first wait, in seconds.
const FIRST_WAIT: i64 = 1800;
/// So much too early is not: runs of a schedule don't begin to the second.
const SLACK: i64 = 60;

/// What a look showed of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It is not written, for this reason.
    Skipped(Exclusion),
    /// It is there, and can be written.
    There,
    /// Nothing that holds until the next run.
    Nothing,
}

impl Shown {
    /// What a look showed.
    pub(super) fn of(found: &Result<Match>) -> Self {
        match found {
            Ok(Match::Excluded(why, _)) => Self::Skipped(*why),
            Ok(Match::One(_) | Match::Renamed(_)) => Self::There,
            Ok(Match::None | Match::Ambiguous(_)) | Err(_) => Self::Nothing,
        }
    }
}

/// Seconds until somebody who was looked for `tries` times is looked for again.
fn wait(tries: u32) -> i64 {
    (FIRST_WAIT << tries.saturating_sub(1).min(10)).min(LONGEST_WAIT)
}

/// A hash over what is looked for: names, values and what shall be there; and over the profile, which says where and how.
fn asked(profile: &str, recipient: &RecipientRecord, desired: &[PublishedValue]) -> Fingerprint {
    let mut text = format!(
        "{profile}\n{:?}\n{:?}\n{:?} {}\n",
        recipient.address, recipient.user_principal_name, recipient.kind, recipient.disabled
    );
    let desired = desired.iter().map(|one| (one.attribute, one.value));
    for (attribute, value) in recipient.values.iter().copied().chain(desired) {
        text.push_str(&format!("{attribute:?} {value}\n"));
    }
    Fingerprint::of(text.as_bytes())
}

fn asked_of(profile: &str, row: &PlanRow) -> Fingerprint {
    asked(profile, &row.evaluation.recipient, &row.evaluation.desired)
}

/// Whether a recipient of whom an earlier run found `unmet` is not looked for yet again. `profile` is [`Job::profile_text`].
pub(super) fn rests(job: &Job<'_>, row: &PlanRow, unmet: &Unmet, profile: &str) -> bool {
    // Whoever asks for them, or for everything, gets an answer of now.
    if job.is_partial() || job.options.verify || (row.missing && row.gone.is_none()) {
        return false;
    }
    // Who goes is read before it is removed, unless it was not there to be read.
    let is_absent = matches!(unmet.reason, Some(Exclusion::NotFound | Exclusion::SoftDeleted));
    if row.gone.is_some() && !(is_absent && job.target.hides_values()) {
        return false;
    }
    // A wait that is longer than any was given by a clock that was ahead.
    let waits = unmet.next_try > job.now.plus(SLACK) && unmet.next_try <= job.now.plus(wait(unmet.tries));
    let same = waits && unmet.asked == asked_of(profile, row);
    let is_over = unmet.reason.is_none() && !row.evaluation.desired.is_empty();
    same && !is_over
}

/// Keeps what a look showed of a recipient, for the runs that follow. Returns when it is looked for again. `profile` is
/// [`Job::profile_text`].
pub(super) fn note(job: &Job<'_>, row: &PlanRow, shown: Shown, profile: &str) -> Result<Option<Timestamp>> {
    let reason = match shown {
        Shown::Skipped(why) => Some(why),
        // Nothing of ours is there, and nothing is to come.
        Shown::There if row.managed.is_empty() && row.evaluation.desired.is_empty() => None,
        Shown::There | Shown::Nothing => return job.state.forget_unmet(&row.anchor).map(|()| None),
    };
    keep(job, &row.anchor, asked_of(profile, row), reason).map(Some)
}

/// The same of a recipient that turned out not to be there, or to be left alone, when it was to be written.
pub(super) fn note_at_export(
    job: &Job<'_>,
    run: &mut Run,
    anchor: &str,
    recipient: &RecipientRecord,
    why: Exclusion,
) -> Result<()> {
    let desired = job.state.evaluation(anchor)?.map(|known| known.desired).unwrap_or_default();
    let time = keep(job, anchor, asked(&job.profile_text()?, recipient, &desired), Some(why))?;
    run.asks_again(why, time, true);
    Ok(())
}

fn keep(job: &Job<'_>, anchor: &str, asked: Fingerprint, reason: Option<Exclusion>) -> Result<Timestamp> {
    let before = job.state.unmet(anchor)?.filter(|one| one.asked == asked && one.reason == reason);
    let tries = before.map_or(0, |one| one.tries).saturating_add(1);
    let next_try = job.now.plus(wait(tries));
    job.state.put_unmet(anchor, &Unmet { asked, reason, tries, next_try })?;
    Ok(next_try)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_half_an_hour_and_doubles_up_to_a_day() {
        let waits: Vec<i64> = [0, 1, 2, 3, 6, 7, 40, u32::MAX].into_iter().map(wait).collect();
        assert_eq!(waits, [1800, 1800, 3600, 7200, 57_600, 86_400, 86_400, 86_400]);
    }
}
