//! One run: import, plan, guard, export.

pub mod asked;
mod contact;
pub mod decide;
mod export;
mod fingerprint;
pub mod guard;
mod hidden;
mod import;
pub mod plan;
mod progress;
mod recover;
mod verify;

use std::time::Instant;

use crate::{
    directory::{Selection, Source},
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel, ResultType},
    model::{ChangeState, Evaluation, Fingerprint, Recipient, Run, RunNumbers, RunResult, Timestamp},
    profile::{Drift, Profile, TargetKind},
    state::State,
    targets::Target,
};

/// What the caller wants of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Only these recipients; none: all.
    pub identity: Vec<String>,
    /// Plan only. The state is a private copy then.
    pub what_if: bool,
    /// Ask before each change.
    pub confirm: bool,
    /// Raises the guard's number, and lifts its percentage.
    pub allow_removal: Option<u32>,
    /// Hand over the changes, too.
    pub pass_thru: bool,
    /// Compare the target with what was published, and read every write back.
    pub verify: bool,
}

/// Everything that one run works with.
pub struct Job<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// What the caller wants.
    pub options: &'a Options,
    /// Where recipients are read.
    pub source: &'a mut dyn Source,
    /// Where values are published.
    pub target: &'a mut dyn Target,
    /// The profile's state, or a private copy.
    pub state: &'a State,
    /// What the policy makes of a recipient's values.
    pub evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    /// A hash over the policy and its trust anchors.
    pub policy: Fingerprint,
    /// The time of the run.
    pub now: Timestamp,
    /// Who runs it where.
    pub host: String,
    /// Where events go.
    pub context: &'a Context,
}

/// Most that the clocks of this machine and of the source may differ, in seconds.
const CLOCK_TOLERANCE: u64 = 300;

/// Seconds after which history and values are looked through at the latest.
const SWEEP_INTERVAL: i64 = 24 * 3600;

/// Does one run and hands it over as a `Run` result, whatever its end; also keeps it in the state.
/// Fails with the error that stopped the run.
pub fn run(job: Job<'_>) -> Result<Run> {
    carry_out(job, steps)
}

fn carry_out(
    mut job: Job<'_>,
    steps: impl FnOnce(&mut Job<'_>, &mut Run) -> Result<RunResult>,
) -> Result<Run> {
    let began = Instant::now();
    let mut run = begin(job.profile, job.options, job.state, job.now, job.host.clone())?;
    let outcome = steps(&mut job, &mut run);
    run.seconds = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    end(run, outcome, job.state, job.now, job.context)
}

/// Keeps and hands over a run that ended before it could read anything: no anchors, no source.
/// Fails with `error`.
pub fn record_failure(
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
        started: now,
        ended: None,
        seconds: 0.0,
        numbers: RunNumbers::default(),
        guard: Vec::new(),
        missing_issuers: Vec::new(),
        exclusions: Vec::new(),
        error: None,
        host,
    };
    state.begin_run(&mut run)?;
    Ok(run)
}

fn end(
    mut run: Run,
    outcome: Result<RunResult>,
    state: &State,
    now: Timestamp,
    context: &Context,
) -> Result<Run> {
    run.result = match &outcome {
        Ok(result) => *result,
        Err(error) if error.id == ErrorId::Canceled => RunResult::Canceled,
        Err(_) => RunResult::Stopped,
    };
    run.error = outcome.as_ref().err().map(|error| error.message.clone());
    run.ended = Some(now.plus(run.seconds as i64));
    // The first error is the one to tell, also where keeping the run fails for the same reason.
    let kept = state.put_run(&run);
    if run.what_if {
        run.id = 0;
    }
    let told = context.result(ResultType::Run, &run);
    outcome?;
    kept?;
    told?;
    Ok(run)
}

fn steps(job: &mut Job<'_>, run: &mut Run) -> Result<RunResult> {
    check_clocks(job)?;
    recover::in_flight(job, run)?;
    import::run(job, run)?;
    plan::run(job, run)?;
    tell_drift(job, run)?;
    if !guard::run(job, run)? {
        tell_exclusions(job, run)?;
        sweep(job, run)?;
        return Ok(RunResult::Held);
    }
    if !job.options.what_if {
        export::run(job, run)?;
        sweep(job, run)?;
    }
    tell_exclusions(job, run)?;
    let numbers = &run.numbers;
    let all_right = numbers.errors == 0 && numbers.rejected == 0;
    Ok(if all_right { RunResult::Success } else { RunResult::CompletedWithErrors })
}

fn check_clocks(job: &mut Job<'_>) -> Result<()> {
    let clocks =
        [("the directory", job.source.clock(job.context)?), ("the target", job.target.clock(job.context)?)];
    for (whose, clock) in clocks {
        clock.map_or(Ok(0), |theirs| compare_clocks(job.now, theirs, whose))?;
    }
    Ok(())
}

/// How many seconds our clock and that of `whose` are apart. Certificates are judged by the clock, so a wrong one
/// would remove good certificates: fails with `ClockSkew` above 5 minutes.
pub fn compare_clocks(ours: Timestamp, theirs: Timestamp, whose: &str) -> Result<u64> {
    let apart = theirs.0.abs_diff(ours.0);
    if apart <= CLOCK_TOLERANCE {
        return Ok(apart);
    }
    let what = format!(
        "This machine's clock ({ours}) and that of {whose} ({theirs}) are {apart} seconds apart; {CLOCK_TOLERANCE} is the most."
    );
    Err(Error::new(ErrorId::ClockSkew, what))
}

/// One warning that something published had gone, if `-Verify` found any.
fn tell_drift(job: &Job<'_>, run: &Run) -> Result<()> {
    let numbers = &run.numbers;
    if numbers.drifted == 0 {
        return Ok(());
    }
    let what_now = match job.profile.target.drift() {
        Drift::Repair => "they are published again",
        Drift::Report => "the profile only reports it (-Drift Report)",
    };
    let what = format!(
        "{} of {} verified recipients had lost published values at the target; {what_now}. -Verbose names them.",
        numbers.drifted, numbers.verified
    );
    job.context.log(LogLevel::Warning, what)
}

/// One warning for each reason for which the target leaves recipients alone.
fn tell_exclusions(job: &Job<'_>, run: &Run) -> Result<()> {
    run.exclusions.iter().try_for_each(|count| {
        let recipients = match count.recipients {
            1 => "1 recipient: it is".to_owned(),
            many => format!("{many} recipients: they are"),
        };
        let what = format!(
            "{recipients} left alone, since such recipients {}. {}",
            count.reason.reason(),
            count.advice
        );
        job.context.log(LogLevel::Warning, what)
    })
}

/// Removes what the state no longer needs.
fn sweep(job: &Job<'_>, run: &Run) -> Result<()> {
    if job.options.what_if {
        return Ok(());
    }
    if job.is_partial() {
        job.state.merge_import(run.id)?;
    }
    job.state.transaction(State::sweep_imports)?;
    sweep_old(job, run)
}

/// Removes what retention no longer keeps.
fn sweep_old(job: &Job<'_>, run: &Run) -> Result<()> {
    let before = job.now.plus(-i64::from(job.profile.limits.retention) * 24 * 3600);
    let swept = job.state.read_setting("swept", Timestamp::parse)?;
    let due = swept.is_none_or(|swept| swept.plus(SWEEP_INTERVAL) <= job.now);
    job.state.transaction(|state| {
        // Only what was exported, and time, make values superfluous.
        if run.numbers.exported == 0 && !due {
            return Ok(());
        }
        state.sweep_history(before)?;
        state.sweep_values(before)?;
        state.set_setting("swept", &job.now.rfc3339())
    })
}

impl Job<'_> {
    fn selection(&self) -> Selection {
        match self.options.identity.as_slice() {
            [] => Selection::All,
            some => Selection::Identities(some.to_vec()),
        }
    }

    /// Whether values are put right where they are read, rather than published elsewhere.
    fn curates(&self) -> bool {
        self.profile.target.kind() == TargetKind::ActiveDirectory
    }

    fn is_partial(&self) -> bool {
        !self.options.identity.is_empty()
    }

    pub(crate) fn verbose(&self, message: impl Into<String>) -> Result<()> {
        self.context.log(LogLevel::Verbose, message)
    }

    /// An error of one recipient: told, counted, and the run goes on.
    pub(crate) fn report(&self, run: &mut Run, error: Error) -> Result<()> {
        run.numbers.errors += 1;
        self.context.error(error)
    }

    fn hand_over_changes(&self, run: &Run, state: ChangeState) -> Result<()> {
        self.state.each_change(state, run.id, &mut |mut change| {
            if run.what_if {
                (change.id, change.run_id) = (0, 0);
            }
            self.context.result(ResultType::Change, &change)
        })
    }
}
