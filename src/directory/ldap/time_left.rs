//! How long a server may keep us waiting.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
};

/// What is left of the time for one answer, from the request to the answer's last byte. A server that sends a little
/// now and then gains nothing by it; what the caller does with the objects of an answer costs nothing of it.
#[derive(Debug, Clone)]
pub(super) struct TimeLeft {
    limit: Duration,
    left: Duration,
    running: Option<Instant>,
}

impl TimeLeft {
    /// All of `limit`.
    pub fn new(limit: Duration) -> Self {
        Self { limit, left: limit, running: None }
    }

    /// Lets it run.
    pub fn go_on(&mut self) {
        self.running.get_or_insert_with(Instant::now);
    }

    /// Stops it.
    pub fn pause(&mut self) {
        if let Some(begun) = self.running.take() {
            self.left = self.left.saturating_sub(begun.elapsed());
        }
    }

    /// Waits for `future` on the calling thread. Fails with `Canceled`, and with `DirectoryTimeout` when the time is
    /// over, also where there always is something more at once.
    pub fn wait<T>(
        &mut self,
        server: &str,
        what: &str,
        context: &Context,
        future: impl Future<Output = T>,
    ) -> Result<T> {
        self.go_on();
        let elapsed = self.running.map(|begun| begun.elapsed()).unwrap_or_default();
        let left = self.left.saturating_sub(elapsed);
        if left.is_zero() {
            context.check()?;
            return Err(self.over(server, what));
        }
        let within = context.block_on(async { tokio::time::timeout(left, future).await })?;
        within.map_err(|_| self.over(server, what))
    }

    fn over(&self, server: &str, what: &str) -> Error {
        let seconds = self.limit.as_secs();
        let message = format!("Timed out after {seconds} s waiting for {what} (server '{server}').");
        Error::new(ErrorId::DirectoryTimeout, message).target(server)
    }
}
