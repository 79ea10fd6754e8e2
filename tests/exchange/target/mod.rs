//! The targets `ExchangeOnline` and `ExchangeSession`: the very engine publishes to the stand-in of tests/lab/exchange.

mod contacts;
mod engine;
mod exclusions;
mod flavours;
mod identity;
mod killed;
mod large;
mod late;
mod lost_state;
pub mod organisation;
mod publishing;
mod renamed;
mod reused;
mod session;
mod strange_answers;
mod volume;
