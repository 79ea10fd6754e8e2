//! Active Directory as a source, against the Samba domain controller of `tests/lab/samba.sh`.

mod changes;
mod kerberos;
mod objects;
mod presence;
mod reading;
mod signing_in;
