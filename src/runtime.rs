//! The one tokio runtime of the process, for network waits.

use std::sync::{Mutex, OnceLock};

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, ErrorId, Result};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static START: Mutex<()> = Mutex::new(());

/// The shared runtime, started at first use with two threads.
/// Fails with `Internal` where the operating system gives no threads.
pub fn runtime() -> Result<&'static Runtime> {
    let _guard = START.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("smime-sync")
        .enable_all()
        .build()
        .map_err(|e| Error::new(ErrorId::Internal, format!("No threads for network waits: {e}")))?;
    Ok(RUNTIME.get_or_init(|| runtime))
}
