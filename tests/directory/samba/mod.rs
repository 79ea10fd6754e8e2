//! Active Directory, against the Samba domain controller of `tests/lab/samba.sh`.

mod publish;
mod source;
mod sync;
mod target;
