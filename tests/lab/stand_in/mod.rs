//! What the Exchange Online stand-in demands and does: naive clients fail against it, a right one passes.

mod client;
mod faults;
mod gateway;
mod managed_identity;
mod recipients;
mod session;
mod sign_in;
mod throttle;
