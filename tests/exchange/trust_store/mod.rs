//! The trust store: as a file, and published to Exchange through either channel.

mod export;
pub mod home;
mod online;
pub mod organisation;
mod publish;
