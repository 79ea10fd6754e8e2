//! Targets that show writes late: how long what they don't show is not believed, and whoever is not there is waited for.

use std::collections::BTreeMap;

use super::{
    desk::Desk,
    look::{Look, Verdict, ambiguous},
};
use crate::{
    error::Result,
    event::LogLevel,
    model::{Exclusion, Run, Timestamp},
    state::{State, published::PlanRow, since::Lasting},
    targets::Match,
};

/// Seconds after which a change usually shows everywhere: "The service typically takes less than 30 minutes […] to sync
/// changes for a user" (Microsoft, "Delays in provisioning of user/mailbox or synchronizing changes in Exchange Online").
pub(super) const USUAL_DELAY: i64 = 30 * 60;
/// Seconds for which nothing that was written is taken for lost because it is not shown: eight times the usual delay.
pub(super) const LONG_DELAY: i64 = 8 * USUAL_DELAY;
/// Seconds after which somebody who is not there does not come back with the old values: Exchange Online keeps deleted
/// mailboxes for 30 days.
const RESTORABLE: i64 = 30 * 24 * 3600;

/// Keeps that somebody who was to lose what is published is not at the target; it stays in the state, and is looked for
/// again.
pub(super) fn note_absent(state: &State, anchor: &str, now: Timestamp) -> Result<()> {
    state.note_since(Lasting::Absent, anchor, now).map(drop)
}

/// A look at those who were to lose what is published, and were not at the target.
pub(super) struct Absent {
    since: BTreeMap<String, Timestamp>,
}

impl Absent {
    /// `None`: nobody is.
    pub(super) fn new(state: &State) -> Result<Option<Self>> {
        let since = state.all_since(Lasting::Absent)?;
        Ok(Some(Self { since }).filter(|look| !look.since.is_empty()))
    }
}

impl Look for Absent {
    fn wants(&self, row: &PlanRow) -> bool {
        !row.managed.is_empty() && self.since.contains_key(&row.anchor)
    }

    fn is_remembered(&self) -> bool {
        true
    }

    fn meet(
        &self,
        desk: &Desk<'_>,
        _run: &mut Run,
        row: &mut PlanRow,
        found: Result<Match>,
    ) -> Result<Verdict> {
        let why = match found {
            Ok(Match::Excluded(why @ (Exclusion::NotFound | Exclusion::SoftDeleted), _)) => why,
            // It would be made anew.
            Ok(Match::None) if row.evaluation.desired.is_empty() => Exclusion::NotFound,
            Ok(Match::None | Match::One(_) | Match::Renamed(_) | Match::Excluded(..)) => {
                desk.state.forget_since(Lasting::Absent, &row.anchor)?;
                return Ok(Verdict::Plan);
            }
            Ok(Match::Ambiguous(why)) => return Ok(Verdict::Fail(ambiguous(why))),
            Err(error) => return Ok(Verdict::Fail(error)),
        };
        let since = self.since.get(&row.anchor).copied().unwrap_or(desk.now);
        if why != Exclusion::NotFound || since.plus(RESTORABLE) > desk.now {
            return Ok(Verdict::Exclude(why));
        }
        let label = &row.evaluation.recipient.label;
        let what = format!(
            "{label} has not been found at the target since {since}, and can't be restored there any more; what was \
             published for it is forgotten."
        );
        desk.context.log(LogLevel::Warning, what)?;
        desk.state.transaction(|state| state.set_managed(&row.anchor, None, &[], desk.now))?;
        desk.state.forget_since(Lasting::Absent, &row.anchor)?;
        row.managed.clear();
        row.link = None;
        Ok(Verdict::Exclude(why))
    }
}
