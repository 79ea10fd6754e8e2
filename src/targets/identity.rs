//! Which of its kind a target is.

use std::fmt;

/// What tells a target from others of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetIdentity {
    /// What it has for ever, such as an organisation's Guid in lower case.
    pub key: String,
    /// What people call it; empty where that is not known.
    pub name: String,
}

impl fmt::Display for TargetIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "the organisation {}", self.key),
            name => write!(f, "'{name}' (organisation {})", self.key),
        }
    }
}
