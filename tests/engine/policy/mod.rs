//! What is wrong with certificates, which of them are chosen, and which go.

mod bounds;
mod cases;
mod curation;
mod rules;
mod selection;
mod severities;
