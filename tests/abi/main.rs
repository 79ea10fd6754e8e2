//! Tests of the C interface: its header, its documents, its requests, and the queue behind a task.

#[path = "../common/mod.rs"]
mod common;
mod docs;
mod header;
mod queue;
mod requests;
