//! Issuer chains.
