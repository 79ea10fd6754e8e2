//! A value by itself.
