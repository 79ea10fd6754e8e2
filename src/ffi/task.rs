//! Tasks: one request on a thread of its own.

use std::{
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    error::{Error, ErrorId, Result},
    event::{Answer, Context, ErrorBody},
    operation::{Engine, Request},
};

use super::{
    panic,
    queue::{EventQueue, Taken},
};

/// How long freeing a task waits for its thread.
const FREE_PATIENCE: Duration = Duration::from_millis(500);

/// One request that is being carried out.
pub struct Task {
    queue: Arc<EventQueue>,
    cancel: CancellationToken,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Task {
    /// Starts to carry out `request` on its own thread, which keeps `engine` alive.
    /// Fails with `Internal` where the operating system gives no thread.
    pub fn start(engine: Arc<Engine>, request: Request) -> Result<Arc<Self>> {
        let queue = Arc::new(EventQueue::default());
        let cancel = CancellationToken::new();
        let context = Context::new(queue.clone(), cancel.clone());
        let events = Arc::clone(&queue);
        let work = move || {
            let result = panic::catch(|| engine.run(request, &context));
            // Before the end is told: who then frees the task may count on everything being gone.
            drop((engine, context));
            events.finish(result.err().map(ErrorBody::from));
        };
        let thread = std::thread::Builder::new().name("smime-task".to_owned()).spawn(work).map_err(|e| {
            Error::new(ErrorId::Internal, format!("The operating system gives no thread for a task: {e}."))
        })?;
        Ok(Arc::new(Self { queue, cancel, thread: Mutex::new(Some(thread)) }))
    }

    /// Waits for events; see [`EventQueue::take`].
    pub fn next(&self, timeout: Duration) -> Result<Taken> {
        self.queue.take(timeout)
    }

    /// Answers questions; see [`EventQueue::answer`].
    pub fn send(&self, answers: Vec<Answer>) -> Result<()> {
        self.queue.answer(answers)
    }

    /// Asks the task to end. It still reports its end.
    pub fn cancel(&self) {
        self.cancel.cancel();
        self.queue.cancel();
    }

    /// Cancels, waits half a second at most for the thread, and lets go of it.
    pub fn free(&self) {
        // First, so that another thread that waits for events is told, rather than handed a last event.
        self.queue.close();
        self.cancel.cancel();
        let thread = self.thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if self.queue.wait_for_end(FREE_PATIENCE)
            && let Some(thread) = thread
        {
            // All it still does is to return; it can't panic any more, so there is no error to look at.
            let _ = thread.join();
        }
    }
}
