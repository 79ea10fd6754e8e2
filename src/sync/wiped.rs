//! Whether what was published is still there: seen by every run, at little cost.
//!
//! A target that knows its keys without reading each recipient is asked for all of them. Others are asked for a few
//! recipients a run, other ones each time; where one of these has lost something, everybody is looked at.

use std::collections::BTreeSet;

use super::{first_contact, job::Job};
use crate::{
    error::Result,
    model::{Run, counted},
    profile::Drift,
    state::{State, history::UNFINISHED_INDEX, published::PlanRow},
    targets::{Match, Target, TargetQuery},
};

/// So many recipients of a target that has to be asked for each are looked at in a run.
const SAMPLE: u64 = 3;

/// Whose published values a run looks at before it plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watch {
    /// Everybody's.
    Everybody,
    /// Those of whom the target knows without reading that they are gone, and those whom no run has seen since one
    /// could not read them.
    Gone,
}

/// Whose of a page, by their anchors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// Everybody's.
    Everybody,
    /// These alone.
    These(BTreeSet<String>),
}

impl Watched {
    /// Whether a recipient is looked at.
    pub fn has(&self, anchor: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::These(anchors) => anchors.contains(anchor),
        }
    }

    /// Whether none is.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::These(anchors) if anchors.is_empty())
    }
}

impl Watch {
    /// Whose of these recipients are looked at.
    pub(super) fn over(self, rows: &[PlanRow], target: &mut dyn Target, state: &State) -> Result<Watched> {
        if self == Self::Everybody {
            return Ok(Watched::Everybody);
        }
        let unseen = state.unseen_anchors()?;
        let mut gone = BTreeSet::new();
        for row in rows {
            if let Some(link) = &row.link
                && (target.has(link)? == Some(false) || unseen.contains(&row.anchor))
            {
                gone.insert(row.anchor.clone());
            }
        }
        Ok(Watched::These(gone))
    }
}

/// The setting with a hash of the target's index: as this profile wrote it, or found it and looked at everybody.
const INDEX: &str = "index";

/// Whether the target's index is the one that is known, or it has none. Another one came from another time, or from
/// another profile, and so may have everything else.
pub(super) fn index_is_known(job: &Job<'_>) -> Result<bool> {
    let Some(index) = job.target.index() else { return Ok(true) };
    Ok(job.state.setting(INDEX)?.is_some_and(|known| known == index.to_string()))
}

/// Keeps what the target's index is by now. Where the one before was not `known`, everything is still to be looked at.
pub(super) fn keep_index(job: &Job<'_>, known: bool) -> Result<()> {
    match job.target.index() {
        Some(index) if known => job.state.set_setting(INDEX, &index.to_string()),
        Some(_) => job.state.remove_setting(INDEX),
        None => Ok(()),
    }
}

/// After the plan: whether everybody was looked at, so that nothing is left to be found because of the target's index;
/// `unseen` recipients could not be looked at. What is only reported is reported again.
pub(super) fn settle(job: &mut Job<'_>, run: &Run, watch: Watch, unseen: usize) -> Result<()> {
    let is_new = first_contact::is_due(job.state)?;
    let whole = !job.is_partial() && (watch == Watch::Everybody || is_new) && unseen == 0;
    let repaired = run.numbers.drifted == 0 || job.profile.target.drift() == Drift::Repair;
    if !whole || !repaired || index_is_known(job)? {
        return Ok(());
    }
    keep_index(job, true)?;
    // With a new state it may tell more than we know: not of who is no longer there, but of who could not be read.
    let names_lost = run.numbers.errors == 0 && job.target.index_names_lost()?;
    if !names_lost && (is_new || job.state.recipients_with_managed()? == 0) {
        return Ok(());
    }
    job.state.set_setting(UNFINISHED_INDEX, &run.id.to_string())
}

/// Whose published values this run looks at: everybody's with `-Verify`, or where a sample has lost some.
pub(super) fn watch(job: &mut Job<'_>, run: &Run) -> Result<Watch> {
    // Whoever names a recipient wants to know of it.
    if job.options.verify || job.is_partial() {
        return Ok(Watch::Everybody);
    }
    if first_contact::is_due(job.state)? {
        return Ok(Watch::Gone);
    }
    if !index_is_known(job)? {
        job.verbose(format!(
            "The index of {} is not the one that the last run wrote; this run looks at everybody.",
            job.target.name()
        ))?;
        return Ok(Watch::Everybody);
    }
    let from = run.id.unsigned_abs().wrapping_mul(SAMPLE);
    let mut sample = Vec::new();
    for anchor in job.state.links_from(run.id, from, SAMPLE)? {
        let (link, evaluation) = (job.state.link(&anchor)?, job.state.evaluation(&anchor)?);
        if let (Some(key), Some(evaluation)) = (&link.target, evaluation) {
            if job.target.has(key)?.is_some() {
                return Ok(Watch::Gone);
            }
            sample.push((anchor, link, evaluation.recipient));
        }
    }
    let queries: Vec<TargetQuery<'_>> =
        sample.iter().map(|(anchor, link, recipient)| link.query(anchor, recipient)).collect();
    if queries.is_empty() {
        return Ok(Watch::Gone);
    }
    let matches = job.target.read(&queries, job.context)?;
    let (mut lost, mut absent) = (0, 0);
    for ((anchor, ..), matched) in sample.iter().zip(matches) {
        match matched {
            Ok(Match::One(found)) => {
                let managed = job.state.managed(anchor)?;
                lost += usize::from(managed.iter().any(|value| !found.shows(value)));
            }
            Ok(Match::None | Match::Excluded(_, None)) => absent += 1,
            // This run looks at it, whatever the others have.
            Ok(Match::Renamed(_)) => job.state.note_unseen(anchor, true)?,
            // What the target keeps from us, or can't be read, is not gone.
            Ok(Match::Excluded(_, Some(_)) | Match::Ambiguous(_)) | Err(_) => {}
        }
    }
    // One that is not there may have been deleted; all of them were not.
    if lost == 0 && absent < sample.len() {
        return Ok(Watch::Gone);
    }
    job.verbose(format!(
        "{} of {} that this run looked at had lost published values at {}; it looks at everybody.",
        lost + absent,
        counted(sample.len(), "recipient", "recipients"),
        job.target.name()
    ))?;
    Ok(Watch::Everybody)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_looked_at_where_nothing_is_gone() {
        let of =
            |anchors: &[&str]| Watched::These(anchors.iter().map(|anchor| (*anchor).to_owned()).collect());
        for (watched, nobody, has_a) in [
            (Watched::Everybody, false, true),
            (of(&[]), true, false),
            (of(&["a"]), false, true),
            (of(&["b"]), false, false),
        ] {
            assert_eq!((watched.is_nobody(), watched.has("a")), (nobody, has_a), "{watched:?}");
        }
    }
}
