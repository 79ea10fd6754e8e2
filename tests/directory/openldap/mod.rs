//! Directories other than Active Directory as a source, against the OpenLDAP server of `tests/lab/openldap.sh`.

mod changes;
mod directory_target;
mod layers;
mod ldif_target;
mod naming;
pub mod objects;
mod presence;
mod reading;
mod second_opinion;
mod signing_in;
