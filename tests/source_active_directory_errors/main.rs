//! What the Active Directory source makes of servers that are not there, not trusted, hung or broken. Needs no
//! domain controller.

mod client;
mod connecting;
mod searching;
#[path = "../lab/stand_in.rs"]
mod stand_in;
#[path = "../lab/support.rs"]
mod support;
