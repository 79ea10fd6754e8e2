//! Directories as targets, without a server.

pub mod active_directory;
mod directory;
