//! What a write changes: exact values that go, and exact values that come. Pure.

use crate::{
    directory::ldap::{Modification, Operation},
    model::{Attribute, Named, Value},
};

/// The difference of two lists of values; their order does not matter, since directories keep none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    going: Vec<Value>,
    coming: Vec<Value>,
}

impl Difference {
    /// What makes `wanted` of `current`.
    pub fn between(current: &[Value], wanted: &[Value]) -> Self {
        Self { going: without(current, wanted), coming: without(wanted, current) }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.going.is_empty() && self.coming.is_empty()
    }

    /// The same change for an object that others changed and that now has `found`: `None` where not all that shall
    /// go is still there. What shall come and is there already need not come any more.
    pub fn still_wanted(&self, found: &[Value]) -> Option<Self> {
        let all_there = self.going.iter().all(|value| found.contains(value));
        all_there.then(|| Self { going: self.going.clone(), coming: without(&self.coming, found) })
    }

    /// Whether it has happened to an object that now has `found`.
    pub fn is_done(&self, found: &[Value]) -> bool {
        let is_there = |value| found.contains(value);
        !self.going.iter().any(is_there) && self.coming.iter().all(is_there)
    }

    /// As one modify request: what goes first, so that an attribute never holds more values than before and after.
    /// `binary` are the attributes whose names have the option of that name.
    pub fn modifications(&self, binary: &[Attribute]) -> Vec<Modification<'_>> {
        let parts = [(Operation::Delete, &self.going), (Operation::Add, &self.coming)];
        parts
            .into_iter()
            .flat_map(|(operation, values)| {
                Attribute::all().map(move |attribute| Modification {
                    operation,
                    attribute: attribute.description(binary.contains(&attribute)),
                    values: values
                        .iter()
                        .filter(|value| value.attribute == attribute)
                        .map(|value| &*value.bytes)
                        .collect(),
                })
            })
            .filter(|modification| !modification.values.is_empty())
            .collect()
    }
}

/// Those of `values` that are not among `others`, each once.
fn without(values: &[Value], others: &[Value]) -> Vec<Value> {
    let mut left: Vec<Value> = Vec::new();
    for value in values {
        if !others.contains(value) && !left.contains(value) {
            left.push(value.clone());
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Vec<super::Value>> {
        let value = (any::<bool>(), 0u8..6).prop_map(|(smime, byte)| {
            let attribute = if smime { Attribute::UserSmimeCertificate } else { Attribute::UserCertificate };
            super::Value::new(attribute, vec![byte])
        });
        prop::collection::vec(value, 0..8)
    }

    type Set = BTreeSet<(Attribute, Vec<u8>)>;

    fn set(values: &[super::Value]) -> Set {
        values.iter().map(|value| (value.attribute, value.bytes.to_vec())).collect()
    }

    /// What a directory makes of a modify request: `None` where it refuses it (RFC 4511, 4.6).
    fn applied(mut there: Set, modifications: &[Modification]) -> Option<Set> {
        for Modification { operation, attribute, values } in modifications {
            for value in values {
                let value = (Attribute::from_name(attribute).unwrap(), value.to_vec());
                let possible = match operation {
                    Operation::Add => there.insert(value),
                    Operation::Delete => there.remove(&value),
                };
                if !possible {
                    return None;
                }
            }
        }
        Some(there)
    }

    proptest! {
        #[test]
        fn the_request_makes_what_is_wanted_of_what_is_there(current in values(), wanted in values()) {
            let difference = Difference::between(&current, &wanted);
            prop_assert_eq!(applied(set(&current), &difference.modifications(&[])), Some(set(&wanted)));
            prop_assert_eq!(difference.is_empty(), set(&current) == set(&wanted));
            prop_assert!(difference.is_done(&wanted));
            prop_assert_eq!(difference.is_done(&current), difference.is_empty());
        }

        #[test]
        fn whatever_others_did_meanwhile_stays(current in values(), wanted in values(), now in values()) {
            let difference = Difference::between(&current, &wanted);
            let Some(again) = difference.still_wanted(&now) else {
                prop_assert!(difference.going.iter().any(|value| !now.contains(value)));
                return Ok(());
            };
            let after = applied(set(&now), &again.modifications(&[])).expect("it fits what is there now");
            let going = set(&difference.going);
            let expected: Set =
                set(&now).difference(&going).cloned().chain(set(&difference.coming)).collect();
            prop_assert_eq!(after, expected);
        }
    }
}
