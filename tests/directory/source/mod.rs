//! Directories as sources, without a server.

mod csv;
mod entry;
mod ldap;
mod ldif;
