//! What one recipient needs, by what is desired and what is managed. Pure.

use crate::{
    model::{CertificateState, ChangeKind, PublishedValue, without},
    profile::DisabledAccount,
    state::{import::Gone, published::PlanRow},
};

/// What one recipient needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Whether a usable encryption certificate comes, stays or goes.
    pub kind: ChangeKind,
    /// What is there now: what is managed, or where values are put right in place, all of them.
    pub before: Vec<PublishedValue>,
    /// What shall be there afterwards, best first; empty where nothing stays published.
    pub after: Vec<PublishedValue>,
    /// Why each value comes or goes, in sentences for the history.
    pub reasons: Vec<String>,
}

/// Compares what is desired with what is managed: `None` where they are the same.
///
/// `key` is the target's key for the recipient as it is now; another one than that of the link means that the
/// recipient has a new address there. Pure.
pub fn decide(row: &PlanRow, disabled: DisabledAccount, key: Option<&str>) -> Option<Planned> {
    let leaves =
        row.gone.is_some() || (row.evaluation.recipient.disabled && disabled == DisabledAccount::Remove);
    // Missing is not deleted: nothing happens while it may come back.
    if row.missing && row.gone.is_none() {
        return None;
    }
    let after = if leaves { Vec::new() } else { row.evaluation.desired.clone() };
    let (added, removed) = (without(&after, &row.managed), without(&row.managed, &after));
    let stays = !row.managed.is_empty() && !after.is_empty();
    let moved = stays && key.is_some_and(|key| row.link.as_deref() != Some(key));
    let unsettled = stays && !row.former.is_empty();
    if added.is_empty() && removed.is_empty() && !moved && !unsettled {
        return None;
    }
    let kind = match (row.managed.is_empty(), after.is_empty()) {
        (true, _) => ChangeKind::Add,
        (false, true) => ChangeKind::Remove,
        (false, false) => ChangeKind::Update,
    };
    let chosen = |value: &PublishedValue| format!("Chosen: {}.", value.describe());
    let mut reasons: Vec<String> = added.iter().map(chosen).collect();
    reasons.extend(removed.iter().map(|value| why_removed(row, value, leaves)));
    if unsettled {
        let renamed = row.former.iter().any(|anchor| *anchor != row.anchor);
        reasons.push(match renamed {
            true => format!("The recipient's anchor is '{}' now.", row.anchor),
            false => "What the target has of it is damaged or unfinished.".to_owned(),
        });
    }
    if moved && row.link.is_none() {
        reasons.push("Another recipient has its place at the target.".to_owned());
    } else if moved {
        reasons.push(format!("The recipient's address is '{}' now.", row.evaluation.recipient.label));
    }
    if row.drifted {
        reasons.push("Something that was published was gone from the target.".to_owned());
    }
    reasons.dedup();
    Some(Planned { kind, before: row.managed.clone(), after, reasons })
}

fn why_removed(row: &PlanRow, value: &PublishedValue, leaves: bool) -> String {
    let because = match row.gone {
        Some(Gone::Deleted) => "the recipient was deleted in the source".to_owned(),
        Some(Gone::OutOfScope) => "the recipient left the profile's scope".to_owned(),
        Some(Gone::Missing) => {
            "the source has not shown the recipient since the missing period began".to_owned()
        }
        Some(Gone::AddressReassigned) => {
            "the source does not show the recipient, and its address is another one's by now".to_owned()
        }
        None if leaves => "the account is disabled".to_owned(),
        None => why_not_desired(row, value),
    };
    format!("Removed: {}: {because}.", value.describe())
}

fn why_not_desired(row: &PlanRow, value: &PublishedValue) -> String {
    let certificate = value.certificate.as_ref().map(|certificate| certificate.fingerprint);
    let judged = row
        .evaluation
        .judged
        .iter()
        .find(|judged| judged.value == value.value && judged.certificate == certificate);
    let judged = judged.or_else(|| row.evaluation.judged.iter().find(|judged| judged.value == value.value));
    let judged = judged.or_else(|| {
        row.evaluation.judged.iter().find(|one| certificate.is_some() && one.certificate == certificate)
    });
    match judged {
        // There are too many to say something of each.
        None if row.evaluation.recipient.values.contains(&(value.attribute, value.value)) => {
            "it was not read, since the recipient has too many values".to_owned()
        }
        None => "the source no longer has it".to_owned(),
        Some(judged)
            if matches!(judged.state, CertificateState::Unusable | CertificateState::OtherPurpose) =>
        {
            let why: Vec<&str> =
                judged.findings.iter().map(|finding| finding.message.trim_end_matches('.')).collect();
            if why.is_empty() { "it is not usable".to_owned() } else { why.join("; ") }
        }
        Some(_) => "another certificate is better".to_owned(),
    }
}
