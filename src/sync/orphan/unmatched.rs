//! Goes through whom a target has that shows no anchors: what they have may be anybody's, so that it is only told.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::Result,
    model::{Evaluation, Recipient, Run},
    policy::RuleId,
    state::State,
    sync::{job::Job, same_errors::SameErrors},
};

/// Recipients of one page of the state.
const PAGE: usize = 500;

/// Somebody whom no recipient of the source matches.
pub(super) struct Unmatched {
    pub(super) label: String,
    /// In lower case.
    names: BTreeSet<String>,
}

/// Those with values that this profile may have published, after everybody of the source was looked for.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<Vec<Unmatched>> {
    let Job { target, state, evaluate, context, .. } = job;
    let mut unmatched = Vec::new();
    let mut errors = SameErrors::default();
    target.strangers(context, &mut |stranger| {
        match stranger.recipient {
            Err(error) => errors.push(error),
            Ok(recipient) => {
                // Only what ends at the profile's anchors is taken for its own, whatever else it allows.
                let is_linked = state.linked_anchor(&recipient.anchor)?.is_some();
                if !is_linked && has_trusted(&evaluate(&recipient)) {
                    unmatched.push(Unmatched::new(&recipient));
                }
            }
        }
        Ok(())
    })?;
    errors.report(job, run)?;
    of_nobody(job.state, run.id, unmatched)
}

impl Unmatched {
    fn new(recipient: &Recipient) -> Self {
        let names = [&recipient.mail, &recipient.primary_smtp_address, &recipient.user_principal_name];
        let names = names.into_iter().flatten().chain(&recipient.proxy_addresses);
        Self { label: recipient.label().to_owned(), names: names.map(|name| name.to_lowercase()).collect() }
    }
}

/// Whether a certificate's chain ends at an anchor of the profile.
fn has_trusted(evaluation: &Evaluation) -> bool {
    let untrusted = [RuleId::UntrustedIssuer.id(), RuleId::BrokenChain.id()];
    evaluation.certificates.iter().any(|judged| {
        judged.certificate.is_some()
            && !judged.findings.iter().any(|finding| untrusted.contains(&finding.rule.as_str()))
    })
}

/// Those whom no recipient of the import matches by its address or user principal name.
fn of_nobody(state: &State, run: i64, unmatched: Vec<Unmatched>) -> Result<Vec<Unmatched>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, one) in unmatched.iter().enumerate() {
        for name in &one.names {
            places.entry(name).or_default().push(place);
        }
    }
    let (mut matched, mut after) = (BTreeSet::new(), String::new());
    while !places.is_empty() {
        let page = state.names_after(run, &after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        let names = page.iter().flat_map(|(_, names)| names);
        matched.extend(names.filter_map(|name| places.get(name.as_str())).flatten().copied());
    }
    let rest = unmatched.into_iter().enumerate().filter(|(place, _)| !matched.contains(place));
    Ok(rest.map(|(_, one)| one).collect())
}
