//! Whether what was published is still there: seen by every run, at little cost.
//!
//! A target that knows its keys without reading each recipient is asked for all of them. Others are asked for a few
//! recipients a run, other ones each time; where one of these has lost something, everybody is looked at.

use std::collections::BTreeSet;

use super::job::Job;
use crate::{
    error::Result,
    model::{Run, counted},
    state::{State, published::PlanRow},
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
        let mut gone = BTreeSet::new();
        for row in rows {
            if let Some(link) = &row.link
                && (target.has(link)? == Some(false) || state.is_unseen(&row.anchor)?)
            {
                gone.insert(row.anchor.clone());
            }
        }
        Ok(Watched::These(gone))
    }
}

/// Whose published values this run looks at: everybody's with `-Verify`, or where a sample has lost some.
pub(super) fn watch(job: &mut Job<'_>, run: &Run) -> Result<Watch> {
    if job.options.verify {
        return Ok(Watch::Everybody);
    }
    if job.is_partial() || run.new_state {
        return Ok(Watch::Gone);
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
    let queries: Vec<TargetQuery<'_>> = sample
        .iter()
        .map(|(anchor, link, recipient)| TargetQuery {
            anchor,
            recipient,
            link: link.target.as_deref(),
            former: &link.former,
            thorough: false,
            fresh: true,
        })
        .collect();
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
