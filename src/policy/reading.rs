//! One recipient's values, read as far as they may cost.

use crate::{
    certificate::{ReadBudget, SignatureBudget, ValueContent, read_value_within},
    model::{Recipient, Value},
};

/// Each value with what was read from it, in their order, and what is left for the signatures of chains. The smallest
/// values are read first, so that it does not depend on their order which ones are left over.
pub(super) fn read(recipient: &Recipient) -> (Vec<(&Value, ValueContent)>, SignatureBudget) {
    let mut order: Vec<(usize, &Value)> = recipient.values.iter().enumerate().collect();
    order.sort_by(|(_, one), (_, other)| {
        (one.bytes.len(), &one.bytes).cmp(&(other.bytes.len(), &other.bytes))
    });
    let mut budget = ReadBudget::of_recipient();
    let mut values: Vec<(usize, &Value, ValueContent)> = order
        .into_iter()
        .map(|(at, value)| (at, value, read_value_within(value.attribute, &value.bytes, &mut budget)))
        .collect();
    values.sort_by_key(|(at, ..)| *at);
    let values = values.into_iter().map(|(_, value, content)| (value, content)).collect();
    (values, budget.for_chains())
}
