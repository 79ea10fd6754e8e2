//! A system whose Kerberos is not known here.

use super::{
    Opened, SecurityContext, Step,
    fault::{Fault, FaultKind},
};

/// A context that nobody makes.
pub(super) struct NoContext;

fn absent<T>() -> Result<T, Fault> {
    Err(Fault::new(FaultKind::NoLibrary, "this version signs in with Kerberos on Linux only"))
}

impl SecurityContext for NoContext {
    fn step(&mut self, _: &[u8]) -> Result<Step, Fault> {
        absent()
    }

    fn wrap(&mut self, _: &[u8], _: bool) -> Result<Vec<u8>, Fault> {
        absent()
    }

    fn unwrap(&mut self, _: &[u8]) -> Result<Opened, Fault> {
        absent()
    }

    fn room(&mut self, _: u32) -> Result<usize, Fault> {
        absent()
    }

    fn identity(&mut self) -> Result<String, Fault> {
        absent()
    }
}
