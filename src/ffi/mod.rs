//! The C interface of SmimeSync, the library that keeps every user's S/MIME certificate right in Office 365.
//!
//! A caller creates an engine, starts a task with a request in JSON, pulls the task's events, also JSON, until the
//! event `Finished`, answers the questions among them, and frees what it got:
//!
//! ```text
//! smime_engine_new, smime_engine_set_secret
//! smime_task_start(engine, {"Operation": "GetRule"})
//! smime_task_next ... smime_task_send ... until SMIME_STATUS_FINISHED
//! smime_task_free, smime_engine_free
//! ```
//!
//! docs/abi.md describes the JSON: requests, events, answers, result objects, errors. tests/c/drive.c is a
//! complete caller.
//!
//! ## Rules
//!
//! - **Text** is UTF-8, passed as pointer and length. The library copies what it needs before a call returns, so
//!   the caller may free or change it then. Only the bytes of a buffer are the library's; they are to be read,
//!   not written, and are valid until smime_buffer_free().
//! - **Handles** are numbers that are checked against a table and never given out twice. 0 is never one. A stale
//!   handle, or one of another type, is the error `InvalidHandle`, never a crash; also while another thread
//!   frees it.
//! - **Every handle is freed** by its own function, once; the order does not matter. Freeing 0 does nothing.
//! - **Results** are written only on success, the error only on failure; otherwise the place keeps what it had.
//!   An answer below 0 means failure. Where the place for the error is NULL, the error is dropped.
//! - **Pointers**: a NULL that is not allowed is the error `NullPointer`, a length above its limit `InvalidSize`.
//!   All others must be valid for as long as the call lasts. They need no alignment.
//! - **Threads**: every function can be called from any thread at any time. smime_task_next() waits as long as
//!   its timeout says, smime_task_free() half a second at most, the others don't wait. The library never calls
//!   back.
//! - **Bugs** in the library (panics) end as the error `Panic`. Nothing is ever printed.
//! - **Secrets** go in by smime_engine_set_secret() only. They are never part of a request, event or error.
//! - **Unloading**: don't unload the library; tasks that were freed may still be ending in their own threads.
//!
//! ## Inside
//!
//! ```text
//! caller's thread     smime_task_start ──▶ Task ──▶ its own thread: Engine::run
//!                     smime_task_next  ◀── EventQueue (bounded) ◀── emit, ask
//!                     smime_task_send  ──▶ OpenQuestions ──▶ ask returns
//! ```
//!
//! The top of `include/smime_sync.h` is the text above, the rest of it is generated from the files here.
//!
//! Everything unsafe is in here, and nearly all of it in `pointer`: each exported function turns its raw
//! pointers into `pointer::Input` and `pointer::Output` in its first statement and is safe code after that.

#![allow(unsafe_code)]
// The rules above are the safety section of every function.
#![allow(clippy::missing_safety_doc)]

pub mod contract;
pub mod engine_api;
pub(crate) mod handle;
mod json;
pub mod object_api;
mod panic;
pub(crate) mod pointer;
pub(crate) mod questions;
pub mod queue;
pub(crate) mod task;
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
