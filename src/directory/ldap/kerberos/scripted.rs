//! A mechanism for tests, which numbers messages and checks them as Kerberos does, and encrypts with 0x5a.

use super::{
    Granted, Opened, SecurityContext, Step,
    fault::{Fault, FaultKind},
};

/// All that can be granted.
pub(super) const ALL: Granted =
    Granted { mutual: true, replay: true, sequence: true, confidentiality: true, integrity: true };

/// Bytes before what was sealed: whether it is encrypted, and its number.
pub(super) const OVERHEAD: usize = 2;

/// One side of a context.
#[derive(Default)]
pub(super) struct Scripted {
    pub steps: Vec<Step>,
    sent: u8,
    received: u8,
}

impl Scripted {
    /// A context whose steps lead to these.
    pub fn stepping(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }
}

impl SecurityContext for Scripted {
    fn step(&mut self, _: &[u8]) -> Result<Step, Fault> {
        if self.steps.is_empty() {
            return Err(Fault::new(FaultKind::Other, "no more steps"));
        }
        Ok(self.steps.remove(0))
    }

    fn wrap(&mut self, plain: &[u8], encrypted: bool) -> Result<Vec<u8>, Fault> {
        let mask = if encrypted { 0x5a } else { 0 };
        let mut message = vec![encrypted.into(), self.sent];
        message.extend(plain.iter().map(|byte| byte ^ mask));
        self.sent += 1;
        Ok(message)
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Opened, Fault> {
        let [encrypted @ 0..=1, number, rest @ ..] = message else {
            return Err(Fault::new(FaultKind::Seal, "no message"));
        };
        if *number != self.received {
            return Err(Fault::new(FaultKind::Seal, "another number"));
        }
        self.received += 1;
        let mask = if *encrypted == 1 { 0x5a } else { 0 };
        Ok(Opened { bytes: rest.iter().map(|byte| byte ^ mask).collect(), encrypted: *encrypted == 1 })
    }

    fn room(&mut self, size: u32) -> Result<usize, Fault> {
        Ok((size as usize).saturating_sub(OVERHEAD))
    }

    fn identity(&mut self) -> Result<String, Fault> {
        Ok("sync@CONTOSO.TEST".into())
    }
}
