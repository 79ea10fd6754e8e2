//! What tests share: certificates made to order, one sink for events, servers that stand in for real ones. Each of
//! the five test programs includes it once, and uses a part.
#![allow(dead_code, unused_imports)]

pub mod certificates;
pub mod directory;
pub mod events;
pub mod exchange;
pub mod generated;
pub mod judging;
pub mod network;
pub mod process;
pub mod raw_server;
pub mod stand_in;
pub mod tickets;
pub mod worst;
