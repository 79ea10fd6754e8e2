//! Import, plan, guard, export.
