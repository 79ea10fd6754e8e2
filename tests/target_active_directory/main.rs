//! Active Directory as a target, against the Samba domain controller of `tests/lab/samba.sh`.

mod interleaved;
mod people;
mod quiet_period;
mod reading;
mod rights;
#[path = "../lab/support.rs"]
mod support;
mod syncing;
mod writing;
