//! What is wrong with certificates, which of them are chosen, and which go.

mod curation;
mod rules;
mod selection;
mod severities;
