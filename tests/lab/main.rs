//! Tests of the laboratory itself: the generated directory, and the stand-in for Exchange Online.

// clippy.toml allows this in `#[test]` functions alone, not in what they call.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "../common/mod.rs"]
mod common;
mod generator;
mod stand_in;

/// The generator, as its example program has it.
mod generate {
    pub mod generator;
}
