//! The bounded queue between a task's thread and its caller, who pulls.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use crate::{
    error::{Error, ErrorId, Result},
    event::{Answer, ErrorBody, Event, EventSink, Question},
};

use super::{json, questions::OpenQuestions};

/// Bytes of events that a task may be ahead of its caller; then it waits.
pub const QUEUE_BUDGET: usize = 1024 * 1024;

/// Bytes of events that one call hands over, unless a single event has more.
pub const BATCH_LIMIT: usize = 256 * 1024;

/// What [`EventQueue::take`] gives.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// A JSON array of at least one event.
    Events(Vec<u8>),
    /// No event came in time.
    Timeout,
    /// The last event was taken earlier.
    Finished,
}

/// Events on their way to the caller, and questions that wait for their answers.
#[derive(Default)]
pub struct EventQueue {
    state: Mutex<State>,
    /// Wakes the caller: an event came, or the queue was closed.
    for_caller: Condvar,
    /// Wakes the task: room, answers, cancel.
    for_task: Condvar,
    /// Wakes who waits for the task's end.
    for_end: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Queued>,
    bytes: usize,
    questions: OpenQuestions,
    canceled: bool,
    /// The caller freed the task.
    closed: bool,
    /// The operation is over; `Finished` is in the queue or was taken.
    ended: bool,
}

struct Queued {
    json: Vec<u8>,
    progress: bool,
}

impl EventQueue {
    /// Waits up to `timeout` for events and takes as many as [`BATCH_LIMIT`] allows.
    /// Fails with `InvalidHandle` if the task is freed meanwhile.
    pub fn take(&self, timeout: Duration) -> Result<Taken> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        loop {
            if state.closed {
                let message = "The task was freed while its events were waited for.";
                return Err(Error::new(ErrorId::InvalidHandle, message));
            }
            if !state.events.is_empty() {
                let batch = state.take_batch();
                self.for_task.notify_all();
                return Ok(Taken::Events(batch));
            }
            if state.ended {
                return Ok(Taken::Finished);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Taken::Timeout);
            }
            state = wait(&self.for_caller, state, left);
        }
    }

    /// Takes answers to open questions; see `OpenQuestions::answer`.
    /// Fails with `TaskFinished`, besides, when the operation is over.
    pub fn answer(&self, answers: Vec<Answer>) -> Result<()> {
        let mut state = self.lock();
        if state.ended {
            return Err(Error::new(
                ErrorId::TaskFinished,
                "The task has finished; it has no open questions.",
            ));
        }
        state.questions.answer(answers)?;
        self.for_task.notify_all();
        Ok(())
    }

    /// Lets the task wait for nothing any more. What it still reports finds room in a second budget.
    pub fn cancel(&self) {
        self.lock().canceled = true;
        self.for_task.notify_all();
    }

    /// Cancels, and drops what is queued: nobody will take it.
    pub fn close(&self) {
        let mut state = self.lock();
        state.canceled = true;
        state.closed = true;
        state.events.clear();
        state.bytes = 0;
        self.for_task.notify_all();
        self.for_caller.notify_all();
    }

    /// Ends the stream with `Finished`, for which there is always room.
    pub fn finish(&self, error: Option<ErrorBody>) {
        // `Finished` is made of text and numbers only, so it always has a JSON form.
        let json = json::write(&Event::Finished { error }).unwrap_or_default();
        let mut state = self.lock();
        if !state.closed {
            state.push(Queued { json, progress: false });
        }
        state.ended = true;
        self.for_caller.notify_all();
        self.for_task.notify_all();
        self.for_end.notify_all();
    }

    /// Waits up to `timeout` for the operation to be over; whether it is.
    pub fn wait_for_end(&self, timeout: Duration) -> bool {
        let state = self.lock();
        let waited = self.for_end.wait_timeout_while(state, timeout, |state| !state.ended);
        waited.map_or_else(|poisoned| poisoned.into_inner().0.ended, |(state, _)| state.ended)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn ask_open(&self, questions: Vec<Question>, ids: &[u64]) -> Result<Vec<Answer>> {
        for (question, id) in questions.into_iter().zip(ids) {
            self.emit(Event::Question(Question { id: *id, ..question }))?;
        }
        let mut state = self.lock();
        loop {
            if let Some(answers) = state.questions.take(ids) {
                return Ok(answers);
            }
            if state.canceled {
                return Err(Error::canceled());
            }
            state = self.for_task.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

impl EventSink for EventQueue {
    /// Of progress that was not taken yet, only the newest is kept. After a cancel nothing waits: an event that
    /// finds no room fails with `Canceled`.
    fn emit(&self, event: Event) -> Result<()> {
        let progress = matches!(event, Event::Progress(_));
        let queued = Queued { json: json::write(&event)?, progress };
        let mut state = self.lock();
        loop {
            if state.closed || state.ended {
                return Err(Error::canceled());
            }
            if state.has_room_for(&queued) {
                state.push(queued);
                self.for_caller.notify_all();
                return Ok(());
            }
            if state.canceled {
                return Err(Error::canceled());
            }
            state = self.for_task.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>> {
        let ids = {
            let mut state = self.lock();
            if state.canceled || state.ended {
                return Err(Error::canceled());
            }
            state.questions.open(questions.len())
        };
        let answers = self.ask_open(questions, &ids);
        if answers.is_err() {
            self.lock().questions.close(&ids);
        }
        answers
    }
}

impl State {
    /// An event larger than the budget has room when it is alone.
    fn has_room_for(&self, queued: &Queued) -> bool {
        let budget = if self.canceled { 2 * QUEUE_BUDGET } else { QUEUE_BUDGET };
        self.events.is_empty() || self.replaces_last(queued) || self.bytes + queued.json.len() <= budget
    }

    fn replaces_last(&self, queued: &Queued) -> bool {
        queued.progress && self.events.back().is_some_and(|last| last.progress)
    }

    fn push(&mut self, queued: Queued) {
        if self.replaces_last(&queued)
            && let Some(last) = self.events.pop_back()
        {
            self.bytes -= last.json.len();
        }
        self.bytes += queued.json.len();
        self.events.push_back(queued);
    }

    fn take_batch(&mut self) -> Vec<u8> {
        let mut batch = vec![b'['];
        while let Some(next) = self.events.front() {
            if batch.len() > 1 && batch.len() + next.json.len() + 2 > BATCH_LIMIT {
                break;
            }
            if batch.len() > 1 {
                batch.push(b',');
            }
            batch.extend_from_slice(&next.json);
            self.bytes -= next.json.len();
            self.events.pop_front();
        }
        batch.push(b']');
        batch
    }
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>, timeout: Duration) -> MutexGuard<'a, State> {
    match condition.wait_timeout(state, timeout) {
        Ok((state, _)) => state,
        Err(poisoned) => poisoned.into_inner().0,
    }
}
