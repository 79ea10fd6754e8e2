//! First contact with a recipient at the target: what of it is ours is adopted, so that a lost state heals.

use super::{
    desk::Desk,
    look::{Look, Verdict, ambiguous},
};
use crate::{
    error::{Error, ErrorId, Result},
    model::{PublishedValue, Run, Value},
    profile::Ownership,
    state::{State, published::PlanRow},
    targets::{self, Match, TargetRecipient},
};

/// The setting that says that all recipients were matched with the target once.
const CONTACTED: &str = "contacted_target";

/// The setting that says that the target is another one since the last one was met: the state is not new.
const ANOTHER: &str = "another_target";

/// Keeps that all recipients were matched with the target.
pub(super) fn keep(state: &State) -> Result<()> {
    state.remove_setting(ANOTHER)?;
    state.set_setting(CONTACTED, "yes")
}

/// Whether the target has yet to be met by a run of all recipients.
pub(super) fn is_due(state: &State) -> Result<bool> {
    Ok(state.setting(CONTACTED)?.is_none())
}

/// Whether nothing is known of the target: it has yet to be met by a run of all recipients, and no other has published
/// there.
pub(super) fn is_new(state: &State) -> Result<bool> {
    let published = state.has_links()? || (!is_another(state)? && state.has_exported()?);
    Ok(is_due(state)? && !published)
}

/// Another target has yet to be met.
pub(super) fn forget(state: &State) -> Result<()> {
    state.set_setting(ANOTHER, "yes")?;
    state.remove_setting(CONTACTED)
}

/// Whether another target than the present one was met before.
pub(super) fn is_another(state: &State) -> Result<bool> {
    Ok(state.setting(ANOTHER)?.is_some())
}

/// A look at recipients that no run has linked yet.
pub(super) struct FirstContact {
    thorough: bool,
    ownership: Ownership,
}

impl FirstContact {
    pub(super) fn new(state: &State, ownership: Ownership) -> Result<Self> {
        Ok(Self { thorough: is_due(state)?, ownership })
    }

    /// How many values stay as somebody else's, though an earlier state may have known them as ours. A target that shows
    /// anchors is gone through for them.
    fn others(&self, desk: &Desk<'_>, row: &PlanRow, found: &TargetRecipient) -> u64 {
        let is_foreign = |value: &&Value| !row.evaluation.knows(&(value.attribute, value.fingerprint()));
        match self.thorough && desk.shows_late && self.ownership == Ownership::Managed {
            true => found.values.iter().filter(is_foreign).count() as u64,
            false => 0,
        }
    }
}

impl Look for FirstContact {
    fn wants(&self, row: &PlanRow) -> bool {
        row.link.is_none()
            && row.gone.is_none()
            && row.rival.is_none()
            && !row.evaluation.recipient.values.is_empty()
    }

    fn is_thorough(&self) -> bool {
        self.thorough
    }

    fn is_remembered(&self) -> bool {
        true
    }

    fn meet(
        &self,
        desk: &Desk<'_>,
        run: &mut Run,
        row: &mut PlanRow,
        found: Result<Match>,
    ) -> Result<Verdict> {
        Ok(match found {
            // Only who is linked can be another one by now.
            Ok(Match::None | Match::Renamed(_)) => Verdict::Plan,
            Ok(Match::One(found)) if makes_room(desk, run, row, &found)? => Verdict::Plan,
            Ok(Match::One(found)) => match adopt(desk, run, row, &found, self.ownership) {
                Ok(()) => {
                    run.numbers.others += self.others(desk, row, &found);
                    Verdict::Plan
                }
                Err(error) => Verdict::Fail(error),
            },
            Ok(Match::Ambiguous(why)) => Verdict::Fail(ambiguous(why)),
            // Nothing would be written for it anyway.
            Ok(Match::Excluded(..)) if row.evaluation.desired.is_empty() => Verdict::Plan,
            Ok(Match::Excluded(why, found)) => {
                tell_findings(desk, found.as_ref())?;
                Verdict::Exclude(why)
            }
            Err(error) => Verdict::Fail(error),
        })
    }
}

/// Tells what the target finds on a recipient that it leaves alone, and that so has no change to show it.
fn tell_findings(desk: &Desk<'_>, found: Option<&TargetRecipient>) -> Result<()> {
    let mut findings = found.iter().flat_map(|found| &found.findings);
    findings.try_for_each(|finding| desk.warn(format!("{} ({})", finding.message, finding.rule)))
}

/// The anchor other than `anchor` to which an earlier run linked a recipient of the target.
pub(super) fn other_at(state: &State, key: &str, anchor: &str) -> Result<Option<String>> {
    for key in targets::keys_of_same(key) {
        if let Some(other) = state.linked_anchor(&key)?.filter(|other| other != anchor) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// The error of who was matched with a recipient of the target that another one of the source is linked to.
pub(super) fn linked(state: &State, key: &str, other: &str) -> Result<Error> {
    let label =
        state.recipient(other)?.map_or_else(String::new, |recipient| format!("{}, ", recipient.label));
    let what = format!(
        "'{key}' at the target is already linked to another object of the source ({label}anchor {other})."
    );
    // Whether the link still holds, the next run finds out.
    state.note_unseen(other, true)?;
    let advice = "Run again: if the recipient at the target was given another address, what was published for the other one is \
                  taken away first. If it has the addresses of both, leave one of the two out of the source.";
    Ok(Error::new(ErrorId::TargetConflict, what).advice(advice))
}

/// Whether somebody else is there who counts as gone: that one is removed first, and nothing of it is this one's.
fn makes_room(desk: &Desk<'_>, run: &Run, row: &PlanRow, found: &TargetRecipient) -> Result<bool> {
    let other = other_at(desk.state, &found.key, &row.anchor)?;
    other.map_or(Ok(false), |other| desk.state.is_gone(run.id, &other))
}

/// Takes over what is at the target: what the source has or the policy desires, and all where the profile owns all.
/// Fails with `TargetConflict` where it belongs to another recipient of the source.
pub(super) fn adopt(
    desk: &Desk<'_>,
    run: &mut Run,
    row: &mut PlanRow,
    found: &TargetRecipient,
    ownership: Ownership,
) -> Result<()> {
    if let Some(other) = other_at(desk.state, &found.key, &row.anchor)? {
        return Err(linked(desk.state, &found.key, &other)?);
    }
    row.evaluation.findings.extend(found.findings.iter().cloned());
    let desired = &row.evaluation.desired;
    let ours = |value: &Value| {
        let fingerprint = value.fingerprint();
        let of_source = row.evaluation.recipient.values.contains(&(value.attribute, fingerprint));
        let wanted = desired.iter().find(|one| one.attribute == value.attribute && one.value == fingerprint);
        let certificate = wanted.and_then(|one| one.certificate.clone());
        let all = ownership == Ownership::Authoritative;
        (of_source || wanted.is_some() || all).then_some(PublishedValue {
            attribute: value.attribute,
            value: fingerprint,
            certificate,
        })
    };
    let of_each: Vec<(&Value, Option<PublishedValue>)> =
        found.values.iter().map(|value| (value, ours(value))).collect();
    let first_foreign = of_each.iter().position(|(_, ours)| ours.is_none()).unwrap_or(of_each.len());
    // Readers take the first that is valid: what is wanted and stands behind somebody else's is written anew, in front.
    let is_behind = |place: usize, value: &PublishedValue| {
        desk.keeps_order && first_foreign < place && desired.iter().any(|one| one.same(value))
    };
    // So is what not every reader sees as it is.
    let is_incomplete = |value: &PublishedValue| {
        found.incomplete.contains(&value.value) && desired.iter().any(|one| one.same(value))
    };
    let (kept, adopted): (Vec<&Value>, Vec<PublishedValue>) = of_each
        .into_iter()
        .enumerate()
        .filter_map(|(place, (value, ours))| {
            Some((value, ours.filter(|one| !is_behind(place, one) && !is_incomplete(one))?))
        })
        .unzip();
    // Nothing of ours there: the first write makes the link.
    if adopted.is_empty() {
        return Ok(());
    }
    // What was managed and is not shown may be there all the same: it is written again, or taken away.
    let unseen: Vec<PublishedValue> = match desk.shows_late {
        true => row.managed.iter().filter(|one| !found.shows(one)).cloned().collect(),
        false => Vec::new(),
    };
    run.numbers.adopted += adopted.len() as u64;
    let is_doubtful = !unseen.is_empty();
    let managed = [adopted, unseen].concat();
    desk.state.transaction(|state| {
        kept.into_iter().try_for_each(|value| state.put_value(value))?;
        state.set_managed(&row.anchor, Some(&found.key), &managed, desk.now)?;
        if is_doubtful { state.distrust(&row.anchor) } else { Ok(()) }
    })?;
    row.former.extend(is_doubtful.then(|| row.anchor.clone()));
    row.managed = managed;
    row.link = Some(found.key.clone());
    Ok(())
}
