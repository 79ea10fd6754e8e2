//! Signing in at Exchange Online and the HTTP client, against servers of this test's own that can misbehave.

mod certificate_files;
mod client;
mod entra_answers;
mod handed_in;
mod host_signs;
mod managed_identity;
mod server;
#[path = "../lab/stand_in.rs"]
mod stand_in;
mod surroundings;
