//! The targets `ExchangeOnline` and `ExchangeSession`: the very engine publishes to the stand-in of tests/lab/exchange.

#[path = "../common/certificates.rs"]
mod certificates;
mod contacts;
mod engine;
#[path = "../common/exchange.rs"]
mod exchange;
mod exclusions;
mod killed;
mod organisation;
mod publishing;
mod session;
mod volume;
