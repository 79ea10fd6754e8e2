//! One binary value of a recipient.

use std::sync::Arc;

use super::{Attribute, Fingerprint};

/// One binary value of one of the two attributes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Value {
    /// The attribute that holds it.
    pub attribute: Attribute,
    /// What it is, to the byte.
    pub bytes: Arc<[u8]>,
}

impl Value {
    /// The value with these `bytes`, which are not looked at.
    pub fn new(attribute: Attribute, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { attribute, bytes: bytes.into() }
    }

    /// The SHA-256 of its bytes.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }
}
