//! The engine over a real state and a real folder: what each event in the source does at the target.

mod cancel;
mod crash;
mod events;
mod folder;
mod guard;
mod harness;
mod histories;
mod in_place;
mod mode;
mod preview;
mod properties;
mod state;
// The profiles of the states that it holds have paths of Unix.
#[cfg(unix)]
mod upgrade;
mod verify;
mod world;
