//! Rules, findings and selection.

pub mod evaluation;
