//! The networks of companies: proxies that want a sign-in, refuse, or break TLS open; and the trace of what was said.

mod company;
mod proxies;
mod proxy;
mod traced;
