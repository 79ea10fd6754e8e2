//! Directories as sources, without a server.

mod cases;
mod csv;
mod entry;
mod ldap;
mod ldif;
