//! What is wrong with certificates, which of them are chosen, and which go.

mod bounds;
mod cases;
mod curation;
mod rule_cases;
mod rules;
mod selection;
mod selection_properties;
mod severities;
mod value_rule_cases;
