//! What a write changes: exact values that go, and exact values that come. Pure.

use crate::{
    directory::{
        ChangeForm,
        ldap::{Modification, Operation},
    },
    model::{Attribute, Named, Value},
};

/// The difference of two lists of values; their order does not matter, since directories keep none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    going: Vec<Value>,
    coming: Vec<Value>,
    staying: Vec<Value>,
}

impl Difference {
    /// What makes `wanted` of `current`.
    pub fn between(current: &[Value], wanted: &[Value]) -> Self {
        let going = without(current, wanted);
        Self { staying: without(current, &going), coming: without(wanted, current), going }
    }

    /// That one value goes.
    pub fn going(value: &Value) -> Self {
        Self { going: vec![value.clone()], coming: Vec::new(), staying: Vec::new() }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.going.is_empty() && self.coming.is_empty()
    }

    /// The same change for an object that others changed and that now has `found`: `None` where not all that shall
    /// go is still there. What shall come and is there already need not come any more.
    pub fn still_wanted(&self, found: &[Value]) -> Option<Self> {
        let all_there = self.going.iter().all(|value| found.contains(value));
        all_there.then(|| Self {
            going: self.going.clone(),
            coming: without(&self.coming, found),
            staying: without(found, &self.going),
        })
    }

    /// Whether it has happened to an object that now has `found`.
    pub fn is_done(&self, found: &[Value]) -> bool {
        let is_there = |value| found.contains(value);
        !self.going.iter().any(is_there) && self.coming.iter().all(is_there)
    }

    /// As one modify request: what goes first, so that an attribute never holds more values than before and after.
    pub fn modifications<'a>(&'a self, form: &'a ChangeForm) -> Vec<Modification<'a>> {
        let mut all = Vec::new();
        for (operation, values) in [(Operation::Delete, &self.going), (Operation::Add, &self.coming)] {
            for attribute in Attribute::all().filter(|attribute| !self.replaces(*attribute, form)) {
                let values = bytes_of(attribute, values).collect();
                all.push(Modification { operation, attribute: form.description(attribute), values });
            }
        }
        all.retain(|modification| !modification.values.is_empty());
        for attribute in Attribute::all().filter(|attribute| self.replaces(*attribute, form)) {
            let values =
                bytes_of(attribute, &self.coming).chain(bytes_of(attribute, &self.staying)).collect();
            all.push(Modification {
                operation: Operation::Replace,
                attribute: form.description(attribute),
                values,
            });
        }
        all
    }

    /// Whether all values of an attribute are replaced, since the directory takes no single ones. Where none were read,
    /// they may have been hidden: then those that come are added, which fails if there are any.
    fn replaces(&self, attribute: Attribute, form: &ChangeForm) -> bool {
        let has = |values: &[Value]| bytes_of(attribute, values).next().is_some();
        let changes = has(&self.going) || has(&self.coming);
        form.whole.contains(&attribute) && changes && (has(&self.going) || has(&self.staying))
    }
}

fn bytes_of(attribute: Attribute, values: &[Value]) -> impl Iterator<Item = &[u8]> {
    values.iter().filter(move |value| value.attribute == attribute).map(|value| &*value.bytes)
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

    fn forms() -> impl Strategy<Value = ChangeForm> {
        (prop::bool::ANY, prop::bool::ANY).prop_map(|(binary, is_whole)| ChangeForm {
            binary: binary.then_some(Attribute::UserCertificate).into_iter().collect(),
            whole: is_whole.then_some(Attribute::UserSmimeCertificate).into_iter().collect(),
            ..ChangeForm::default()
        })
    }

    /// What a directory makes of a modify request: `None` where it refuses it (RFC 4511, 4.6; for attributes without an
    /// equality rule as OpenLDAP does).
    fn applied(mut there: Set, modifications: &[Modification], form: &ChangeForm) -> Option<Set> {
        for Modification { operation, attribute, values } in modifications {
            let (name, option) = attribute.split_once(';').unwrap_or((attribute, ""));
            let attribute = Attribute::from_name(name).unwrap();
            assert_eq!(option == "binary", form.binary.contains(&attribute));
            let has_some = there.iter().any(|(other, _)| *other == attribute);
            if form.whole.contains(&attribute)
                && (*operation == Operation::Delete || *operation == Operation::Add && has_some)
            {
                return None;
            }
            if *operation == Operation::Replace {
                there.retain(|(other, _)| *other != attribute);
            }
            for value in values {
                let value = (attribute, value.to_vec());
                let possible = match operation {
                    Operation::Add | Operation::Replace => there.insert(value),
                    Operation::Delete => there.remove(&value),
                };
                if !possible {
                    return None;
                }
            }
        }
        Some(there)
    }

    #[test]
    fn values_that_nobody_read_are_not_replaced() {
        let form = ChangeForm::standard();
        let [ours, hidden] =
            [1, 2].map(|byte| super::Value::new(Attribute::UserSmimeCertificate, vec![byte]));
        let difference = Difference::between(&[], std::slice::from_ref(&ours));
        let request = difference.modifications(&form);
        assert_eq!(applied(set(&[]), &request, &form), Some(set(&[ours])));
        assert_eq!(applied(set(&[hidden]), &request, &form), None);
    }

    proptest! {
        #[test]
        fn the_request_makes_what_is_wanted_of_what_is_there(current in values(), wanted in values(), form in forms()) {
            let difference = Difference::between(&current, &wanted);
            let request = difference.modifications(&form);
            prop_assert_eq!(applied(set(&current), &request, &form), Some(set(&wanted)));
            prop_assert!(request.iter().all(|part| part.operation != Operation::Replace || !form.whole.is_empty()));
            prop_assert_eq!(difference.is_empty(), set(&current) == set(&wanted));
            prop_assert!(difference.is_done(&wanted));
            prop_assert_eq!(difference.is_done(&current), difference.is_empty());
        }

        #[test]
        fn whatever_others_did_meanwhile_stays(
            current in values(),
            wanted in values(),
            now in values(),
            form in forms(),
        ) {
            let difference = Difference::between(&current, &wanted);
            let Some(again) = difference.still_wanted(&now) else {
                prop_assert!(difference.going.iter().any(|value| !now.contains(value)));
                return Ok(());
            };
            let after = applied(set(&now), &again.modifications(&form), &form).expect("it fits what is there now");
            let going = set(&difference.going);
            let expected: Set =
                set(&now).difference(&going).cloned().chain(set(&difference.coming)).collect();
            prop_assert_eq!(after, expected);
        }
    }
}
