//! What the Active Directory source makes of servers that are not there, not trusted, hung or broken. Needs no
//! domain controller.

mod client;
mod connecting;
mod searching;
