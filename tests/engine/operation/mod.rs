//! What a caller asks for.

#[cfg(feature = "lab")]
mod disk_full;
mod profile;
mod publish;
mod sync;
mod undone;
