//! Directories as targets, without a server.

mod active_directory;
