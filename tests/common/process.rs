//! Tests that need a process of their own, or no other beside them that works as hard.

use std::{
    process::Command,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// This test program again, for one test: `module` is the test's `module_path!()`.
pub fn again(module: &str, test: &str) -> Command {
    let (_program, module) = module.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("{module}::{test}")]);
    command
}

/// Measuring tests share it, and a test that takes all of the machine has it for itself.
static MACHINE: RwLock<()> = RwLock::new(());

/// Held by a test that measures time: nothing that loads the machine runs beside it.
pub fn undisturbed() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Held by a test that loads the machine.
pub fn disturbing() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}
