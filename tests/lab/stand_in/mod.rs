//! What the Exchange Online stand-in demands and does: naive clients fail against it, a right one passes.

mod answers;
mod batches;
mod client;
mod faults;
mod forms;
mod gateway;
mod lists;
mod managed_identity;
mod recipients;
mod routing;
mod session;
mod sign_in;
mod throttle;
