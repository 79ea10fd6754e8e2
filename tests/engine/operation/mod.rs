//! What a caller asks for.

#[cfg(feature = "lab")]
mod disk_full;
mod publish;
mod sync;
