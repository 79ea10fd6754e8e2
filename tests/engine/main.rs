//! Tests of the engine: what becomes of values and certificates, what is decided about them, and how a run carries it
//! out.

// clippy.toml allows this in `#[test]` functions alone, not in what they call.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod certificate;
#[path = "../common/mod.rs"]
mod common;
mod doc_references;
#[path = "../lab/generate/generator/mod.rs"]
mod generator;
mod layers;
mod operation;
mod policy;
mod supply_chain;
mod sync;
mod trust;
mod whole;
