//! The cmdlets' parameters (tests/abi/cmdlets), until the tests of the interface are one program.

pub mod abi_support;
#[path = "abi/cmdlets/mod.rs"]
mod cmdlets;

mod common {
    pub use crate::abi_support as generated;
}
