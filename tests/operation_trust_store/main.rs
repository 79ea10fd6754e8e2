//! The trust store: as a file, and published to Exchange through either channel.

#[path = "../common/certificates.rs"]
mod certificates;
#[path = "../common/exchange.rs"]
mod exchange;
mod export;
mod home;
mod online;
mod organisation;
mod publish;
