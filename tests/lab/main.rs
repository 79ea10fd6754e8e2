//! Tests of the laboratory itself: the generated directory, and the stand-in for Exchange Online.

#[path = "../common/mod.rs"]
mod common;
mod generator;
mod stand_in;

/// The generator, as its example program has it.
mod generate {
    pub mod generator;
}
