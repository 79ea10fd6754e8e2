//! Signing in at Exchange Online and the HTTP client: against servers of this test's own that can misbehave, and
//! against the strict stand-in of `tests/lab/exchange`.

mod certificate_files;
mod client;
mod entra_answers;
mod handed_in;
mod host_signs;
mod managed_identity;
mod online;
mod surroundings;
