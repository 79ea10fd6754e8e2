//! The clocks of this machine, of the source and of the target.

use super::job::Job;
use crate::{
    error::{Error, ErrorId, Result},
    model::{Run, Timestamp},
};

/// Most that the clocks of this machine and of the source may differ, in seconds.
pub(super) const CLOCK_TOLERANCE: u64 = 300;

/// Fails with `ClockSkew` where this machine's clock is another than the source's or the target's; notes that it is
/// confirmed where either has one.
pub(super) fn check(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let clocks =
        [("the directory", job.source.clock(job.context)?), ("the target", job.target.clock(job.context)?)];
    for (whose, clock) in clocks {
        if let Some(theirs) = clock {
            compare(job.now, theirs, whose)?;
            run.witnesses.clock_confirmed = true;
        }
    }
    Ok(())
}

/// How many seconds our clock and that of `whose` are apart. Certificates are judged by the clock, so a wrong one
/// would remove good certificates: fails with `ClockSkew` above 5 minutes.
pub(crate) fn compare(ours: Timestamp, theirs: Timestamp, whose: &str) -> Result<u64> {
    let apart = theirs.0.abs_diff(ours.0);
    if apart <= CLOCK_TOLERANCE {
        return Ok(apart);
    }
    let what = format!(
        "This machine's clock ({ours}) and that of {whose} ({theirs}) are {apart} seconds apart; {CLOCK_TOLERANCE} is the most."
    );
    Err(Error::new(ErrorId::ClockSkew, what))
}
