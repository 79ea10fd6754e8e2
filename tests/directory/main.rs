//! Tests of directories: what is read out of files and servers, and what is written into servers.
//!
//! Those against real servers need one that a script of `tests/lab` started, and the feature that says so.

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
#[cfg(all(feature = "lab", feature = "openldap"))]
mod forests;
mod hostile;
#[cfg(feature = "openldap")]
mod openldap;
#[cfg(feature = "lab-pair")]
mod pair;
mod people;
#[cfg(feature = "lab")]
mod samba;
mod source;
mod target;
