//! Certificates put into the directory and taken out of it by request.

#[path = "../common/certificates.rs"]
mod certificates;
mod directory;
mod files;
mod interrupted;
mod publishing;
#[cfg(feature = "lab")]
mod samba;
#[cfg(feature = "lab")]
#[path = "../lab/support.rs"]
mod support;
mod unpublishing;
