//! Tests of the C interface: its header, its documents, its requests, and the queue behind a task.

mod cmdlets;
#[path = "../common/mod.rs"]
mod common;
mod docs;
mod header;
mod queue;
mod requests;
