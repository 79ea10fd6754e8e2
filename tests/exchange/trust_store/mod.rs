//! The trust store: as a file, and published to Exchange through either channel.

mod export;
mod home;
mod online;
mod organisation;
mod publish;
