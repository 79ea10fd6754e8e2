//! What a caller asks for.

#[cfg(feature = "lab")]
mod disk_full;
mod profile;
mod publish;
mod source_files;
mod state;
mod sync;
mod time;
mod undone;
