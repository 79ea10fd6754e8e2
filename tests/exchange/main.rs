//! Tests of Exchange: signing in, the channels, the target, and the trust store; against the stand-in of
//! `tests/lab/exchange`, and against servers of a test's own that answer what no stand-in should.

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
mod network;
mod online;
mod server;
mod sign_in;
mod target;
mod test_profile;
mod trust_store;
