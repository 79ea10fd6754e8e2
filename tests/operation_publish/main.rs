//! Certificates put into the directory and taken out of it by request.

#[path = "../common/certificates.rs"]
mod certificates;
mod directory;
mod files;
mod interrupted;
mod publishing;
mod unpublishing;
