//! What the Active Directory source makes of servers that are not there, not trusted, hung or broken. Needs no
//! domain controller.

pub mod client;
mod client_certificate;
mod client_store;
mod connecting;
mod dir_sync;
mod finding;
mod naming;
mod searching;
mod selecting;
mod session;
mod start_tls;
