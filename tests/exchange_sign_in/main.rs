//! Signing in at Exchange Online and the HTTP client: against servers of this test's own that can misbehave, and
//! against the strict stand-in of `tests/lab/exchange`.

mod certificate_files;
#[path = "../common/certificates.rs"]
mod certificates;
mod client;
mod entra_answers;
#[path = "../common/exchange.rs"]
mod exchange;
mod handed_in;
mod host_signs;
mod managed_identity;
mod online;
mod server;
#[path = "../lab/stand_in.rs"]
mod stand_in;
mod surroundings;
