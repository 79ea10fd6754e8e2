//! Active Directory as a target, against the Samba domain controller of `tests/lab/samba.sh`.

mod interleaved;
mod quiet_period;
mod reading;
mod rights;
mod syncing;
mod writing;
