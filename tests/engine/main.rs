//! Tests of the engine: what becomes of values and certificates, what is decided about them, and how a run carries it
//! out.

mod certificate;
#[path = "../common/mod.rs"]
mod common;
#[path = "../lab/generate/generator/mod.rs"]
mod generator;
mod layers;
mod operation;
mod policy;
mod sync;
mod trust;
