//! Directories as sources, without a server.

mod cases;
mod csv;
mod entry;
pub mod ldap;
mod ldif;
