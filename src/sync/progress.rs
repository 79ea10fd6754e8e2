//! How far a step is: numbers, rate and time left, four times a second at most.

use std::time::{Duration, Instant};

use crate::{
    error::Result,
    event::{Context, Progress},
    model::of_each_kind,
};

const INTERVAL: Duration = Duration::from_millis(250);

/// Counts the recipients of one step and tells the caller.
pub(crate) struct Meter<'a> {
    context: &'a Context,
    activity: &'static str,
    total: Option<u64>,
    done: u64,
    started: Instant,
    told: Instant,
}

impl<'a> Meter<'a> {
    /// Begins a step, and tells so.
    pub(crate) fn new(context: &'a Context, activity: &'static str, total: Option<u64>) -> Result<Self> {
        let now = Instant::now();
        let total = total.filter(|total| *total > 0);
        let meter = Self { context, activity, total, done: 0, started: now, told: now };
        meter.tell()?;
        Ok(meter)
    }

    /// Adds `count` recipients. Fails with `Canceled` once the caller wants the task to end.
    pub(crate) fn add(&mut self, count: usize) -> Result<()> {
        self.context.check()?;
        self.done += count as u64;
        if self.told.elapsed() < INTERVAL {
            return Ok(());
        }
        self.told = Instant::now();
        self.tell()
    }

    /// The sentence that says what the step did, and in how many seconds; `numbers` are those there are any of.
    pub(crate) fn summary(&self, did: &str, numbers: &[(u64, &str)]) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        match of_each_kind(numbers) {
            none if none.is_empty() => format!("{did} in {seconds:.2} s."),
            some => format!("{did} in {seconds:.2} s; {some}."),
        }
    }

    fn tell(&self) -> Result<()> {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = self.done as f64 / seconds;
        // An earlier run's number is only an estimate; more than all is not possible.
        let total = self.total.map(|total| total.max(self.done));
        let seconds_left =
            total.filter(|_| rate > 0.0).map(|total| ((total - self.done) as f64 / rate).ceil() as u64);
        let rate = (rate * 10.0).round() / 10.0;
        self.context.progress(Progress {
            activity: self.activity.to_owned(),
            done: self.done,
            total,
            rate,
            seconds_left,
        })
    }
}
