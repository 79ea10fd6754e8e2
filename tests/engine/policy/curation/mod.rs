//! What curation in place takes away, and what it never takes.

mod cases;
mod corpus;
mod properties;

use smime_sync::{
    model::{Attribute, CuratedValue, Evaluation, Recipient, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, RemovableValue, SelectionName},
};

use crate::common::{certificates::*, judging::*};

const ALL_OPTIONS: [RemovableValue; 4] = [
    RemovableValue::Untrusted,
    RemovableValue::Weak,
    RemovableValue::WrongAddress,
    RemovableValue::Displaced,
];
const EFS: &str = "1.3.6.1.4.1.311.10.3.4";
const SMART_CARD: &str = "1.3.6.1.4.1.311.20.2.2";
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";

type Values = Vec<(Attribute, Vec<u8>)>;

fn curate_as(
    name: PolicyName,
    recipient: &Recipient,
    removable: &[RemovableValue],
    now: Timestamp,
) -> Evaluation {
    let policy = Policy::new(name, SelectionName::Best, false).curating(removable);
    evaluate(recipient, &policy, &anchors(), now)
}

fn curated(values: &Values, removable: &[RemovableValue]) -> Vec<CuratedValue> {
    curate_as(PolicyName::Standard, &alice_with(values), removable, NOW).curation
}

/// The reasons for those that go, by their place; `None`: it stays.
fn removals(values: &Values, removable: &[RemovableValue]) -> Vec<Option<String>> {
    let curated = curated(values, removable);
    if curated.is_empty() {
        return vec![None; values.len()];
    }
    assert_eq!(curated.len(), values.len());
    curated.into_iter().map(|one| one.removal).collect()
}

fn going(values: &Values, removable: &[RemovableValue]) -> Vec<bool> {
    removals(values, removable).into_iter().map(|removal| removal.is_some()).collect()
}

fn signed(draft: &Draft) -> Vec<u8> {
    draft.sign(&root())
}

fn expired() -> Draft {
    good().valid(-400, -1).serial(&[0x51])
}

/// Another name than Alice's in the subject and its own key, so that it is another certificate than `good`.
fn wrong_address() -> Draft {
    Draft::person("bob@contoso.test")
}

fn untrusted() -> Vec<u8> {
    good().sign(&Authority::root("CN=Elsewhere", 2))
}
