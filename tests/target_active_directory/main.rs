//! Active Directory as a target: values are taken away in place while others write, at the domain controller of
//! `tests/lab/samba.sh`.

#[path = "../lab/support.rs"]
mod support;

mod alone;
mod among_others;
mod directory;
mod replicated;
