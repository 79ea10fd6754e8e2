//! Whom the organization trusts.

mod chains;
