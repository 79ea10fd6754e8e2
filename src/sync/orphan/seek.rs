//! Goes through whom the target has.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    directory::{Presence, Source},
    error::{Error, Result},
    event::Context,
    model::{Evaluation, Fingerprint, PublishedValue, Recipient, Run, Timestamp, telling},
    policy::RuleId,
    profile::Profile,
    state::{State, import::ImportRow},
    sync::{
        fingerprint,
        import::{self, evaluation_row},
        job::Job,
        plan,
    },
    targets::Stranger,
};

/// Recipients that are looked up in the source at a time.
const LOOK_UP: usize = 1000;
/// Recipients of one page of the state.
const PAGE: usize = 500;

/// Somebody of a target that shows no anchors.
pub(super) struct Unmatched {
    pub(super) label: String,
    /// In lower case.
    names: BTreeSet<String>,
}

/// What was found, and is not kept in the state.
#[derive(Default)]
pub(super) struct Found {
    pub(super) unmatched: Vec<Unmatched>,
    /// Values of recipients of the source that these don't have.
    pub(super) others: u64,
}

/// Goes through the strangers at the target, and keeps those whose anchors it shows.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<Found> {
    let Job { source, target, state, evaluate, policy, now, profile, context, .. } = job;
    let mut seeker = Seeker {
        run: run.id,
        source: &mut **source,
        state,
        evaluate: *evaluate,
        policy: *policy,
        now: *now,
        profile,
        context,
        batch: Vec::new(),
        kept: Vec::new(),
        replaced: BTreeMap::new(),
        unmatched: Vec::new(),
        others: 0,
        errors: Vec::new(),
    };
    target.strangers(context, &mut |stranger| seeker.meet(stranger))?;
    seeker.flush()?;
    let Seeker { kept, replaced, unmatched, others, errors, .. } = seeker;
    for error in errors {
        job.report(run, error)?;
    }
    take_along(job, run, replaced)?;
    let planned = job.state.transaction(|state| {
        let mut errors = Vec::new();
        for anchor in &kept {
            if let Some(row) = state.plan_row_of(run.id, anchor)? {
                errors.extend(plan::plan_one(job, run, &row)?);
            }
        }
        Ok(errors)
    })?;
    for error in planned {
        job.report(run, error)?;
    }
    Ok(Found { unmatched: of_nobody(job.state, run.id, unmatched)?, others })
}

/// Whoever stands under an old address is linked, so that the write to the new one takes away what is there.
fn take_along(job: &Job<'_>, run: &Run, replaced: BTreeMap<String, Vec<String>>) -> Result<()> {
    for (anchor, keys) in replaced {
        let Some(row) = job.state.plan_row_of(run.id, &anchor)? else { continue };
        let own = job.target.key(&row.query(false));
        if let (Some(own), [key, ..]) = (own, keys.as_slice())
            && !keys.contains(&own)
        {
            job.state.set_managed(&anchor, Some(key), &[], job.now)?;
        }
    }
    Ok(())
}

/// What meeting strangers needs: the parts of a job beside its target.
struct Seeker<'a> {
    run: i64,
    source: &'a mut dyn Source,
    state: &'a State,
    evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    policy: Fingerprint,
    now: Timestamp,
    profile: &'a Profile,
    context: &'a Context,
    /// Those who may have left, to be looked up.
    batch: Vec<(String, Recipient)>,
    /// The anchors of those who are managed from now on.
    kept: Vec<String>,
    /// The target's keys of those for whom something else is published now, by their anchors.
    replaced: BTreeMap<String, Vec<String>>,
    unmatched: Vec<Unmatched>,
    /// Values of recipients of the source that these don't have.
    others: u64,
    errors: Vec<Error>,
}

impl Seeker<'_> {
    fn meet(&mut self, stranger: Stranger) -> Result<()> {
        let Stranger { anchor, recipient } = stranger;
        let known =
            anchor.as_deref().map(|anchor| self.state.sight_of(self.run, anchor)).transpose()?.flatten();
        let recipient = match recipient {
            Ok(recipient) => recipient,
            Err(error) => {
                // Those of the source were looked at, and their errors told.
                if !known.is_some_and(|sight| sight.present) {
                    self.errors.push(error);
                }
                return Ok(());
            }
        };
        let Some(anchor) = anchor else { return self.meet_unmatched(recipient) };
        let linked =
            self.state.linked_anchor(&recipient.anchor)?.is_some() || self.state.link(&anchor)?.is_some();
        let replaced = known.is_some_and(|sight| sight.present && sight.has_desired);
        if linked || replaced {
            self.others += self.values_of_others(&anchor, &recipient)?;
        }
        if linked || recipient.values.is_empty() {
            return Ok(());
        }
        match known {
            // What is published for it takes its place, wherever that is.
            Some(_) if replaced => {
                self.replaced.entry(anchor).or_default().push(recipient.anchor);
                Ok(())
            }
            Some(sight) if sight.present => self.keep(&anchor, &recipient, None),
            _ => {
                self.batch.push((anchor, recipient));
                if self.batch.len() < LOOK_UP { Ok(()) } else { self.flush() }
            }
        }
    }

    /// How many values of somebody who is in the source are neither the source's nor to be published.
    fn values_of_others(&self, anchor: &str, recipient: &Recipient) -> Result<u64> {
        let Some(evaluation) = self.state.evaluation(anchor)? else { return Ok(0) };
        let of_source = &evaluation.recipient.values;
        let foreign = recipient.values.iter().filter(|value| {
            !of_source.contains(&(value.attribute, value.fingerprint()))
                && !evaluation.desired.iter().any(|one| one.is(value))
        });
        Ok(foreign.count() as u64)
    }

    /// Looks those of the batch up, and keeps who is not in the source.
    fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let anchors: Vec<String> = batch.iter().map(|(anchor, _)| anchor.clone()).collect();
        let presences = self.source.look_up(&anchors, self.context)?;
        for ((anchor, recipient), presence) in batch.iter().zip(&presences) {
            // The next import shows it.
            if !matches!(presence, Presence::InScope(_)) {
                self.keep(anchor, recipient, Some(presence))?;
            }
        }
        Ok(())
    }

    /// From now on it is managed, like somebody whom earlier runs published and whom the source does not show since
    /// now; `presence`: what the source says of who is not in its import.
    fn keep(&mut self, anchor: &str, recipient: &Recipient, presence: Option<&Presence>) -> Result<()> {
        let key = &recipient.anchor;
        let published = Recipient { anchor: anchor.to_owned(), ..recipient.clone() };
        let evaluation = (self.evaluate)(&published);
        let managed: Vec<PublishedValue> = published
            .values
            .iter()
            .map(|value| PublishedValue {
                attribute: value.attribute,
                value: value.fingerprint(),
                certificate: telling(value, &evaluation.certificates).map(Into::into),
            })
            .collect();
        let input = fingerprint::input(&published, self.policy, self.profile.policy.disabled_account);
        let (row, _) = evaluation_row(&published, input, evaluation);
        self.state.transaction(|state| {
            if let Some(presence) = presence {
                // The address may be somebody else's by now.
                let seen = ImportRow {
                    anchor: anchor.to_owned(),
                    address: None,
                    missing_since: Some(self.now),
                    gone: import::gone(presence, self.now, self.profile, self.now),
                };
                state.add_import(self.run, &seen)?;
                state.put_evaluation(anchor, &row, &[])?;
            }
            published.values.iter().try_for_each(|value| state.put_value(value))?;
            state.set_managed(anchor, Some(key), &managed, self.now)?;
            state.add_orphan(anchor)
        })?;
        self.kept.push(anchor.to_owned());
        Ok(())
    }

    /// Only what ends at the profile's anchors can have been published by it, whatever else it allows.
    fn meet_unmatched(&mut self, recipient: Recipient) -> Result<()> {
        let known = self.state.linked_anchor(&recipient.anchor)?.is_some();
        if known || !has_trusted(&(self.evaluate)(&recipient)) {
            return Ok(());
        }
        let names = [&recipient.mail, &recipient.primary_smtp_address, &recipient.user_principal_name];
        let names = names.into_iter().flatten().chain(&recipient.proxy_addresses);
        let names = names.map(|name| name.to_lowercase()).collect();
        self.unmatched.push(Unmatched { label: recipient.label().to_owned(), names });
        Ok(())
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
fn of_nobody(state: &State, run: i64, mut unmatched: Vec<Unmatched>) -> Result<Vec<Unmatched>> {
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
    let mut place = 0;
    unmatched.retain(|_| {
        place += 1;
        !matched.contains(&(place - 1))
    });
    Ok(unmatched)
}
