//! The record of a run: begun before anything else, kept and handed over whatever its end.

use std::time::Instant;

use super::job::{Job, Options};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    model::{PolicyType, Run, RunNumbers, RunResult, Timestamp, Witnesses},
    profile::Profile,
    state::{State, history::LEARNED},
};

/// Does `steps` as one run and hands it over as a `Run` result, whatever its end; also keeps it in the state, which is
/// closed then.
/// Fails with the error that stopped the run.
pub(super) fn carry_out(
    mut job: Job<'_>,
    steps: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<RunResult>,
) -> Result<Run> {
    let began = Instant::now();
    let mut run = begin(job.profile, job.options, job.state, job.now, job.host.clone())?;
    let outcome = recall(&mut job).and_then(|()| steps(&mut job, &mut run));
    // What was learnt is kept whatever the end; the first error is the one to tell.
    let kept = keep_learned(&mut job);
    let outcome = outcome.and_then(|result| kept.map(|()| result));
    run.seconds = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    end(run, outcome, job.state, job.now, job.context)
}

/// Lets the target know what earlier runs learned of how it wants to be asked.
fn recall(job: &mut Job<'_>) -> Result<()> {
    if let Some(remembered) = job.state.setting(LEARNED)? {
        job.target.recall(&remembered);
    }
    Ok(())
}

/// Keeps what this run has learned of how the target wants to be asked, where that is new.
pub(super) fn keep_learned(job: &mut Job<'_>) -> Result<()> {
    match job.target.learned() {
        Some(learned) => job.state.set_setting(LEARNED, &learned),
        None => Ok(()),
    }
}

/// Keeps and hands over a run that ended before it could read anything: no anchors, no source. The state is closed then.
/// Fails with `error`.
pub(crate) fn record_failure(
    profile: &Profile,
    options: &Options,
    state: &State,
    now: Timestamp,
    host: String,
    error: Error,
    context: &Context,
) -> Result<Run> {
    let run = begin(profile, options, state, now, host)?;
    end(run, Err(error), state, now, context)
}

fn begin(profile: &Profile, options: &Options, state: &State, now: Timestamp, host: String) -> Result<Run> {
    let mut run = Run {
        id: 0,
        profile_name: profile.name.clone(),
        result: RunResult::Running,
        what_if: options.what_if,
        new_state: false,
        policy_type: PolicyType::Initial,
        started: now,
        ended: None,
        seconds: 0.0,
        numbers: RunNumbers::default(),
        guard: Vec::new(),
        hold_reasons: Vec::new(),
        missing_issuers: Vec::new(),
        exclusions: Vec::new(),
        error: None,
        host,
        witnesses: Witnesses::default(),
    };
    state.begin_run(&mut run).map_err(|error| state.settled(error, now))?;
    Ok(run)
}

fn end(
    mut run: Run,
    outcome: Result<RunResult>,
    state: &State,
    now: Timestamp,
    context: &Context,
) -> Result<Run> {
    let outcome = outcome.map_err(|error| state.settled(error, now));
    run.ended = Some(now.plus(run.seconds as i64));
    tell(&mut run, &outcome);
    let kept = state.put_run(&run).map_err(|error| state.settled(error, now));
    // What was learnt is kept whatever the end. The first error is the one to tell: what follows fails for the same
    // reason.
    let closed = state.close();
    let ended = outcome.and_then(|result| kept.and(closed).map(|()| result));
    let before = run.result;
    tell(&mut run, &ended);
    if run.result != before {
        // A state that can't be written any more keeps what it has.
        let _ = state.put_run(&run);
    }
    if run.what_if {
        run.id = 0;
    }
    let told = context.result(ResultType::Run, &run);
    ended?;
    told?;
    Ok(run)
}

/// Notes in a run how it ended.
fn tell(run: &mut Run, ended: &Result<RunResult>) {
    run.result = match ended {
        Ok(result) => *result,
        Err(error) if error.id == ErrorId::Canceled => RunResult::Canceled,
        Err(_) => RunResult::Stopped,
    };
    run.error = ended.as_ref().err().map(|error| error.message.clone());
}
