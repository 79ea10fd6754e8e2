//! One run of a profile's own: import, plan, guard, export.

use super::{
    absent, anchor_change, clocks, delta, export, first_contact, guard, import,
    job::Job,
    organisation, orphan, plan,
    record::carry_out,
    recover, renamed, sweep, undone, verify,
    wiped::{self, Watch},
    witness,
};
use crate::{
    error::Result,
    model::{Run, RunResult},
};

/// Does one run and hands it over as a `Run` result, whatever its end; also keeps it in the state.
/// Fails with the error that stopped the run.
pub fn run(job: Job<'_>) -> Result<Run> {
    carry_out(job, steps)
}

fn steps(job: &mut Job<'_>, run: &mut Run) -> Result<RunResult> {
    clocks::check(job, run)?;
    witness::look_back(job, run)?;
    recover::begin(job)?;
    recover::in_flight(job, run)?;
    run.new_state = first_contact::is_new(job.state)?;
    let watermark = import::run(job, run)?;
    witness::tell(job, run)?;
    // By a clock or a source that is not believed the plan is made to be looked at, and nothing is learnt.
    if witness::holds(job, run)?.is_empty() {
        learn(job, run)?;
    } else {
        plan::run(job, run, Watch::Gone)?;
    }
    let passes = guard::run(job, run)?;
    witness::keep(job, run, passes)?;
    if !passes {
        undone::tell(job, run)?;
        sweep::after_import(job, run)?;
        return Ok(RunResult::Held);
    }
    orphan::hand_over(job, run)?;
    if !job.options.what_if {
        organisation::keep(job)?;
        export::run(job, run)?;
        witness::settle(job)?;
        sweep::after_import(job, run)?;
        delta::keep(job, watermark)?;
    }
    undone::tell(job, run)?;
    Ok(undone::result(&run.numbers))
}

/// Plans, and keeps what the source and the target tell of who came, went and moved.
fn learn(job: &mut Job<'_>, run: &mut Run) -> Result<()> {
    let found = orphan::find(job, run)?;
    anchor_change::run(job, run)?;
    absent::tell(job, run)?;
    let watch = wiped::watch(job, run)?;
    if watch == Watch::Everybody && !job.is_partial() {
        job.target.look_over(job.state.recipients_with_managed()?, job.context)?;
    }
    let unseen = plan::run(job, run, watch)?;
    wiped::settle(job, run, watch, unseen)?;
    verify::tell_drift(job, &run.numbers)?;
    renamed::tell(job, run)?;
    orphan::settle(job, run, &found)?;
    if !job.is_partial() && run.numbers.recipients > 0 {
        first_contact::keep(job.state)?;
        organisation::keep(job)?;
    }
    Ok(())
}
