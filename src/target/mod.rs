//! Where values are published.
