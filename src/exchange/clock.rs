//! Time as the transport sees it, so that tests can make it run faster.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio_util::sync::CancellationToken;

use crate::{error::Result, event::unless_canceled, model::Timestamp};

/// A clock that only goes forward. Copies show the same time.
#[derive(Debug, Clone)]
pub struct Clock {
    start: Arc<(Instant, Duration)>,
    speed: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self::accelerated(1.0)
    }
}

impl Clock {
    /// A clock by which `speed` seconds pass in one; 1 is real time. Less than a thousandth counts as that.
    pub fn accelerated(speed: f64) -> Self {
        Self::starting_at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), speed)
    }

    /// The same, showing that time since 1970 to begin with.
    pub fn starting_at(time: Duration, speed: f64) -> Self {
        Self { start: Arc::new((Instant::now(), time)), speed: speed.max(0.001) }
    }

    /// The time since 1970-01-01T00:00:00Z, if the host's clock was right when this one was made.
    pub fn now(&self) -> Duration {
        let (start, epoch) = *self.start;
        epoch.saturating_add(start.elapsed().mul_f64(self.speed))
    }

    /// The same, to the second.
    pub fn timestamp(&self) -> Timestamp {
        Timestamp(i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX))
    }

    /// How long `time` of this clock really takes.
    pub fn real(&self, time: Duration) -> Duration {
        Duration::try_from_secs_f64(time.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }

    /// Waits for `time`, or until the task is canceled: then fails with `Canceled`.
    pub async fn sleep(&self, time: Duration, cancel: &CancellationToken) -> Result<()> {
        unless_canceled(cancel, tokio::time::sleep(self.real(time))).await
    }
}
