//! What one recipient needs, by what is desired and what is managed. Pure.

use crate::{
    model::{CertificateState, ChangeKind, Finding, PublishedValue, without},
    policy::{RuleId, is_unknown},
    profile::DisabledAccount,
    state::{
        evaluation::Judgement,
        import::Gone,
        published::{Claim, PlanRow},
    },
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
    let leaves = leaves(row, disabled);
    // Missing is not deleted: nothing happens while it may come back.
    if row.missing && row.gone.is_none() {
        return None;
    }
    let after = if leaves { Vec::new() } else { desired(row) };
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
    } else if let (true, Some(key)) = (moved, key) {
        reasons.push(format!("The recipient's place at the target is '{key}' now."));
    }
    if row.drifted {
        reasons.push("Something that was published was gone from the target.".to_owned());
    }
    reasons.dedup();
    Some(Planned { kind, before: row.managed.clone(), after, reasons })
}

/// Whether the recipient is to have nothing any more, whatever its certificates are.
pub(super) fn leaves(row: &PlanRow, disabled: DisabledAccount) -> bool {
    gives_way(row)
        || row.gone.is_some()
        || (row.evaluation.recipient.disabled && disabled == DisabledAccount::Remove)
}

/// What shall be published. While something that is published was not looked at, and may be as good as it was, nothing
/// takes its place: of what is published only what is wrong goes.
fn desired(row: &PlanRow) -> Vec<PublishedValue> {
    let desired = &row.evaluation.desired;
    let is_desired = |value: &PublishedValue| desired.iter().any(|one| one.same(value));
    let in_doubt = |value: &PublishedValue| !is_desired(value) && is_in_doubt(row, value);
    if !row.managed.iter().any(in_doubt) {
        return desired.clone();
    }
    row.managed.iter().filter(|value| is_desired(value) || is_in_doubt(row, value)).cloned().collect()
}

/// Whether nobody knows if a published value is still as good as when it was published.
fn is_in_doubt(row: &PlanRow, value: &PublishedValue) -> bool {
    let has = |findings: &[Finding], rule: RuleId| findings.iter().any(|finding| finding.rule == rule.id());
    match judged(row, value) {
        Some(judged) => {
            let findings = &judged.findings;
            let unknown = is_unknown(findings) || has(findings, RuleId::UncheckedSignedData);
            let wrong = judged.state == CertificateState::Unusable && !is_unknown(findings);
            unknown && !wrong && !has(findings, RuleId::Superseded)
        }
        // It may be in a value that nobody read; another certificate that is known to be good is better than that.
        None => {
            let unread = row.evaluation.judged.iter().any(|one| has(&one.findings, RuleId::UnreadValue));
            unread && row.evaluation.desired.is_empty()
        }
    }
}

/// What became of a published value, or of its certificate in another one.
fn judged<'r>(row: &'r PlanRow, value: &PublishedValue) -> Option<&'r Judgement> {
    let certificate = value.certificate.as_ref().map(|certificate| certificate.fingerprint);
    let all = &row.evaluation.judged;
    let in_value = || all.iter().filter(|judged| judged.value == value.value);
    in_value()
        .find(|judged| judged.certificate == certificate)
        .or_else(|| in_value().next())
        .or_else(|| all.iter().find(|one| certificate.is_some() && one.certificate == certificate))
}

/// Whether what it has stands where mail to somebody else looks for certificates.
fn gives_way(row: &PlanRow) -> bool {
    !row.managed.is_empty() && row.rival.as_ref().is_some_and(|rival| rival.claim == Claim::Address)
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
        Some(Gone::PlaceRenamed) => {
            "the recipient of the target has another address by now, so that it is somebody else's".to_owned()
        }
        None if gives_way(row) => {
            "its user principal name is the mail address of another recipient".to_owned()
        }
        None if leaves => "the account is disabled".to_owned(),
        None => why_not_desired(row, value),
    };
    format!("Removed: {}: {because}.", value.describe())
}

fn why_not_desired(row: &PlanRow, value: &PublishedValue) -> String {
    match judged(row, value) {
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
