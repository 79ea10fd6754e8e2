//! Tests of directories: what is read out of files and servers, and what is written into servers.
//!
//! Those against real servers need one that a script of `tests/lab` started, and the feature that says so.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "openldap")]
mod openldap;
#[cfg(feature = "lab-pair")]
mod pair;
mod people;
#[cfg(feature = "lab")]
mod samba;
mod source;
mod target;
