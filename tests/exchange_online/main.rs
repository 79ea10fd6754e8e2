//! The channel to Exchange Online: against the strict stand-in of `tests/lab/exchange`, and against servers of this
//! test's own that answer what no stand-in should.

#[path = "../common/certificates.rs"]
mod certificates;
mod commands;
#[path = "../common/exchange.rs"]
mod exchange;
mod faults;
mod load;
mod pages;
mod refusals;
#[path = "../exchange_sign_in/server.rs"]
#[allow(dead_code)]
mod server;
#[path = "../lab/stand_in.rs"]
mod stand_in;
mod strange_answers;
mod throttle;
mod world;
