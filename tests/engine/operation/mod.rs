//! What a caller asks for.

mod compare;
#[cfg(feature = "lab")]
mod disk_full;
mod ldif_target;
mod profile;
mod publish;
mod selecting;
mod source_files;
mod state;
mod sync;
mod time;
mod undone;
