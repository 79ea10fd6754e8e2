//! The stand-in's own clock: real time, moved and accelerated, so that tests need not sleep.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A clock that runs `speed` seconds in a real second. Times are seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    real: Instant,
    own: f64,
    speed: f64,
}

impl Default for Clock {
    /// Real time.
    fn default() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        Self { real: Instant::now(), own: since_1970, speed: 1.0 }
    }
}

impl Clock {
    pub fn now(&self) -> f64 {
        self.own + self.real.elapsed().as_secs_f64() * self.speed
    }

    /// Sets the time, moves it on, or changes how fast it runs; what is absent stays.
    pub fn set(&mut self, time: Option<f64>, advance: Option<f64>, speed: Option<f64>) {
        let own = time.unwrap_or_else(|| self.now()) + advance.unwrap_or(0.0);
        *self = Self { real: Instant::now(), own, speed: speed.unwrap_or(self.speed).max(0.001) };
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// How long so many of its seconds last.
    pub fn real_duration(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64((seconds / self.speed).max(0.0))
    }
}

/// RFC 3339 in whole seconds, as the service writes times.
pub fn rfc3339(seconds: f64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

/// The date of an HTTP header.
pub fn http_date(seconds: f64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs_f64(seconds.max(0.0)))
}
