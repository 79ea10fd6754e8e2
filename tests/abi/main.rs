//! Tests of the C interface: its header, its documents, its requests, and the queue behind a task.

// clippy.toml allows this in `#[test]` functions alone, not in what they call.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod cmdlets;
#[path = "../common/mod.rs"]
mod common;
mod docs;
mod header;
#[cfg(target_os = "linux")]
mod linked;
mod module;
mod queue;
mod requests;
mod results;
mod settings;
