//! The channel to Exchange Online: against the strict stand-in of `tests/lab/exchange`, and against servers of this
//! test's own that answer what no stand-in should.

mod commands;
mod dialect;
mod faults;
mod large;
mod load;
mod pages;
mod refusals;
mod strange_answers;
mod throttle;
mod world;
