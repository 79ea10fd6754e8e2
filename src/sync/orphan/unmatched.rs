//! Goes through whom a target has that shows no anchors: what they have may be anybody's, so that it is only told.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    error::Result,
    model::{Attribute, Evaluation, Fingerprint, Recipient, Run},
    policy::RuleId,
    state::State,
    sync::{job::Job, same_errors::SameErrors},
};

/// Recipients of one page of the state.
const PAGE: usize = 500;

/// Somebody at the target with values, to whom nobody is linked.
pub(super) struct Unmatched {
    pub(super) label: String,
    /// In lower case.
    names: BTreeSet<String>,
    values: Vec<(Attribute, Fingerprint)>,
    /// One of its certificates ends at an anchor of the profile: only such are taken for its own, whatever else it allows.
    pub(super) is_trusted: bool,
    /// How many of the values the source does not have, of one whom the source shows.
    pub(super) others: u64,
}

/// Those with values to whom nobody is linked.
#[derive(Default)]
pub(super) struct Strangers {
    /// No recipient of the source matches them, and the profile may have published what they have.
    pub(super) unmatched: Vec<Unmatched>,
    /// The source shows them, and does not have what they have.
    pub(super) idle: Vec<Unmatched>,
}

/// Those with values that this profile may have published, after everybody of the source was looked for.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<Strangers> {
    let Job { target, state, evaluate, context, .. } = job;
    let mut strangers = Vec::new();
    let mut errors = SameErrors::default();
    target.strangers(context, &mut |stranger| {
        match stranger.recipient {
            Err(error) => errors.push(error),
            Ok(recipient) => {
                if state.linked_anchor(&recipient.anchor)?.is_none() {
                    strangers.push(Unmatched::new(&recipient, has_trusted(&evaluate(&recipient))));
                }
            }
        }
        Ok(())
    })?;
    errors.report(job, run)?;
    sorted(job.state, run.id, strangers)
}

impl Unmatched {
    fn new(recipient: &Recipient, is_trusted: bool) -> Self {
        let names = [&recipient.mail, &recipient.primary_smtp_address, &recipient.user_principal_name];
        let names = names.into_iter().flatten().chain(&recipient.proxy_addresses);
        Self {
            label: recipient.label().to_owned(),
            names: names.map(|name| name.to_lowercase()).collect(),
            values: recipient.values.iter().map(|value| (value.attribute, value.fingerprint())).collect(),
            is_trusted,
            others: 0,
        }
    }
}

/// Whether a certificate's chain ends at an anchor of the profile.
fn has_trusted(evaluation: &Evaluation) -> bool {
    let untrusted =
        [RuleId::UntrustedIssuer.id(), RuleId::BrokenChain.id(), RuleId::UnsupportedSignatureAlgorithm.id()];
    evaluation.certificates.iter().any(|judged| {
        judged.certificate.is_some()
            && !judged.findings.iter().any(|finding| untrusted.contains(&finding.rule.as_str()))
    })
}

/// Tells those whom a recipient of the import matches by its address or user principal name from the others.
fn sorted(state: &State, run: i64, strangers: Vec<Unmatched>) -> Result<Strangers> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, one) in strangers.iter().enumerate() {
        for name in &one.names {
            places.entry(name).or_default().push(place);
        }
    }
    // By their places, with the anchor of one who matches.
    let (mut matched, mut after) = (BTreeMap::new(), String::new());
    while !places.is_empty() {
        let page = state.names_after(run, &after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        for (anchor, names) in page {
            let met = names.iter().filter_map(|name| places.get(name.as_str())).flatten();
            matched.extend(met.map(|place| (*place, anchor.clone())));
        }
    }
    let mut sorted = Strangers::default();
    for (place, mut one) in strangers.into_iter().enumerate() {
        let Some(anchor) = matched.get(&place) else {
            sorted.unmatched.extend(Some(one).filter(|one| one.is_trusted));
            continue;
        };
        let evaluation = state.evaluation(anchor)?;
        let is_foreign = |value: &&_| !evaluation.as_ref().is_some_and(|known| known.knows(value));
        one.others = one.values.iter().filter(is_foreign).count() as u64;
        sorted.idle.extend(Some(one).filter(|one| one.others > 0));
    }
    Ok(sorted)
}
