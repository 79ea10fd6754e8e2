//! Tests that need a process of their own, or no other beside them that works as hard.

use std::{
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// This test program again, for one test: `module` is the test's `module_path!()`.
pub fn again(module: &str, test: &str) -> Command {
    let (_program, module) = module.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("{module}::{test}")]);
    command
}

/// Held by the tests that load the machine and by those that measure time, so that none of them meets another.
pub fn undisturbed() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
