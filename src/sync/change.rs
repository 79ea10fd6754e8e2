//! A planned change, as it is kept until it is exported.

use super::{decide::Planned, replacement};
use crate::{
    error::Result,
    model::{
        Change, ChangeKind, ChangeState, Finding, Fingerprint, Named, PublishedValue, RecipientRecord, Run,
        Timestamp,
    },
    state::State,
};

/// What is planned for one recipient.
pub(super) struct Draft<'a> {
    pub anchor: &'a str,
    pub recipient: &'a RecipientRecord,
    pub planned: Planned,
    pub findings: Vec<Finding>,
    /// How often the same was tried before.
    pub attempts: u32,
}

impl Draft<'_> {
    /// Keeps it as a pending change of the run, in the place of the recipient's open one; counts it.
    pub fn keep(self, state: &State, run: &mut Run, now: Timestamp) -> Result<()> {
        let Self { anchor, recipient, planned, findings, attempts } = self;
        run.numbers.count(planned.kind);
        let doubt = match planned.kind {
            ChangeKind::Update => replacement::doubt(&planned.before, &planned.after),
            ChangeKind::Add | ChangeKind::Remove => None,
        };
        run.numbers.replacements += u64::from(doubt.is_some());
        let desired = digest(&planned.after);
        let change = Change {
            id: 0,
            run_id: run.id,
            profile_name: String::new(),
            recipient: recipient.label.clone(),
            display_name: recipient.display_name.clone(),
            anchor: anchor.to_owned(),
            change: planned.kind,
            replacement: doubt.is_some(),
            state: ChangeState::Pending,
            before: planned.before,
            after: planned.after,
            reasons: planned.reasons.into_iter().chain(doubt).collect(),
            findings,
            attempts,
            next_try: None,
            error: None,
            time: now,
        };
        state.put_change(&change, desired).map(drop)
    }
}

/// A hash over what is desired; the order does not count.
pub fn digest(values: &[PublishedValue]) -> Fingerprint {
    let mut parts: Vec<_> = values.iter().map(|value| (value.attribute, value.value.0)).collect();
    parts.sort_unstable();
    let bytes: Vec<u8> =
        parts.iter().flat_map(|(attribute, value)| [attribute.name().as_bytes(), value].concat()).collect();
    Fingerprint::of(&bytes)
}
