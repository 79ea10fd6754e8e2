//! The C ABI: handles, a request in, a stream of events out, both in JSON. The header is made from here
//! (`include/smime_sync.h`); the JSON is described in `docs/abi.md`.
//!
//! ```text
//! caller's thread     smime_task_start ──▶ Task ──▶ its own thread: Engine::run
//!                     smime_task_next  ◀── EventQueue (bounded) ◀── emit, ask
//!                     smime_task_send  ──▶ OpenQuestions ──▶ ask returns
//! ```
//!
//! Everything unsafe is in here, and nearly all of it in [`mod@pointer`]: each exported function turns its raw
//! pointers into [`pointer::Input`] and [`pointer::Output`] in its first statement and is safe code after that.

#![allow(unsafe_code)]
// The rules at the top of the header are the safety section of every function.
#![allow(clippy::missing_safety_doc)]

pub mod contract;
pub mod engine_api;
pub mod handle;
mod json;
pub mod object_api;
mod panic;
pub mod pointer;
pub mod questions;
pub mod queue;
pub mod task;
pub mod task_api;

use std::sync::Arc;

use crate::{error::Result, event::ErrorBody};

use contract::Status;
use handle::{ErrorHandle, HANDLES};
use pointer::Output;

/// Runs the body of an exported function; an error or a panic of it becomes an error object in `error`.
fn answer(error: Output<ErrorHandle>, body: impl FnOnce() -> Result<Status>) -> Status {
    panic::catch(body).unwrap_or_else(|failure| {
        if let Some(slot) = error.optional() {
            slot.write(HANDLES.insert(Arc::new(ErrorBody::from(failure))));
        }
        Status::Error
    })
}
