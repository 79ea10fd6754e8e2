//! What the chains of one recipient may cost together, and what was found out on the way.

use std::{collections::HashMap, rc::Rc};

use super::constraints::Constraints;
use crate::{
    certificate::{Certificate, NameConstraints, SignatureBudget, SignatureFailure},
    model::Fingerprint,
};

/// The checks of one recipient's chains. Each signature is checked once, however many chains it is part of.
#[derive(Debug)]
pub struct Checks {
    signatures: SignatureBudget,
    known: HashMap<(Fingerprint, Fingerprint), Result<(), SignatureFailure>>,
    constraints: HashMap<Fingerprint, Option<Rc<Constraints>>>,
}

impl Checks {
    /// Checks that cost no more than this.
    pub fn new(signatures: SignatureBudget) -> Self {
        Self { signatures, known: HashMap::new(), constraints: HashMap::new() }
    }

    /// Whether `issuer`'s key signed `subject`.
    pub(super) fn signed_by(
        &mut self,
        subject: &Certificate,
        issuer: &Certificate,
    ) -> Result<(), SignatureFailure> {
        if let Some(known) = self.known.get(&(subject.fingerprint, issuer.fingerprint)) {
            return known.clone();
        }
        let found = subject.verify_signed_by(issuer, &mut self.signatures);
        if found != Err(SignatureFailure::NotChecked) {
            self.known.insert((subject.fingerprint, issuer.fingerprint), found.clone());
        }
        found
    }

    /// The name constraints of a CA; `None` where they can't be read.
    pub(super) fn constraints(
        &mut self,
        ca: &Certificate,
        written: &NameConstraints,
    ) -> Option<Rc<Constraints>> {
        let read = || Constraints::read(written).map(Rc::new);
        self.constraints.entry(ca.fingerprint).or_insert_with(read).clone()
    }
}
