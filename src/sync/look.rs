//! Looks at the target before anything is planned: whom they are at, and what becomes of a recipient after one.

use super::desk::Desk;
use crate::{
    error::{Error, ErrorId, Result},
    model::{Exclusion, RecipientRecord, Run},
    policy::{self, RuleId},
    state::published::{Link, PlanRow},
    targets::{Match, Target, TargetQuery},
};

/// One kind of look: which recipients it is at, and what it takes over from the target.
pub trait Look {
    /// Whether it is at this recipient.
    fn wants(&self, row: &PlanRow) -> bool;

    /// Whether the whole target is searched, since the state has never seen it.
    fn is_thorough(&self) -> bool {
        false
    }

    /// Whether the target has shown all that the look is for, so that the recipient need not be read.
    fn is_settled(
        &self,
        desk: &Desk<'_>,
        run: &mut Run,
        row: &PlanRow,
        target: &mut dyn Target,
    ) -> Result<bool> {
        let _ = (desk, run, row, target);
        Ok(false)
    }

    /// Whether later runs need not look at once for whom this look did not find, or found to be left alone.
    fn is_remembered(&self) -> bool {
        false
    }

    /// Takes over what the target has for the recipient. Fails with what ends the run.
    fn meet(
        &self,
        desk: &Desk<'_>,
        run: &mut Run,
        row: &mut PlanRow,
        found: Result<Match>,
    ) -> Result<Verdict>;
}

/// What is to be done with a recipient after a look at the target.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It is planned, by what the look kept.
    Plan,
    /// It is skipped, and counted.
    Exclude(Exclusion),
    /// It can't be planned, and the error is told.
    Fail(Error),
}

/// The error of a recipient for which several of the target come into question.
pub(super) fn ambiguous(why: String) -> Error {
    let finding = policy::target_finding(RuleId::AmbiguousRecipient, why);
    Error::new(ErrorId::TargetConflict, format!("{} ({})", finding.message, finding.rule))
}

impl PlanRow {
    /// The recipient, for the target to match; `thorough` where the state has never seen the target.
    pub(super) fn query(&self, thorough: bool) -> TargetQuery<'_> {
        TargetQuery {
            link: self.link.as_deref(),
            former: &self.former,
            thorough,
            ..TargetQuery::of(&self.anchor, &self.evaluation.recipient)
        }
    }
}

impl Link {
    /// The recipient that it is of, for the target to read as it is at this moment.
    pub(super) fn query<'a>(&'a self, anchor: &'a str, recipient: &'a RecipientRecord) -> TargetQuery<'a> {
        TargetQuery {
            link: self.target.as_deref(),
            former: &self.former,
            fresh: true,
            ..TargetQuery::of(anchor, recipient)
        }
    }
}
