//! Goes through whom a target has that shows their anchors.

use std::collections::BTreeMap;

use crate::{
    directory::{Presence, Source},
    error::{Error, Result},
    event::Context,
    model::{Evaluation, Fingerprint, PublishedValue, Recipient, Run, Telling, Timestamp, Value},
    profile::Profile,
    state::{State, import::ImportRow, orphan::Sight},
    sync::{
        absent, fingerprint,
        import::evaluation_row,
        job::Job,
        plan,
        witness::{self, Known},
    },
    targets::{Match, Stranger, TargetQuery},
};

/// Recipients that are looked up in the source at a time.
const LOOK_UP: usize = 1000;

/// What is found before the plan, and can be told only after it.
#[derive(Default)]
pub(in crate::sync) struct Found {
    /// Whether they were looked for since this run had to, and not only since earlier ones could not read all.
    pub(super) due: bool,
    /// Those of the source for whom nothing is to be published, by their anchors.
    idle: Vec<(String, Recipient)>,
    /// The target's keys of those for whom something is to be published, by their anchors.
    wanted: BTreeMap<String, Vec<String>>,
    /// How many values are there that neither the source has nor the policy wants.
    pub(super) others: u64,
}

/// Keeps whom the source does not have, before anything is planned: from now on they are as those whom an earlier run
/// published, and whom the source does not show since now.
pub(super) fn run(job: &mut Job<'_>, run: &mut Run) -> Result<Found> {
    let time = witness::known(job, run)?;
    let Job { source, target, state, evaluate, policy, now, profile, context, .. } = job;
    let keeper =
        Keeper { run: run.id, state, evaluate: *evaluate, policy: *policy, now: *now, time, profile };
    let source: &mut dyn Source = &mut **source;
    let mut seeker =
        Seeker { keeper, source, context, absent: Vec::new(), found: Found::default(), errors: Vec::new() };
    target.entries(context, &mut |stranger| seeker.meet(stranger))?;
    seeker.look_up()?;
    let Seeker { found, errors, .. } = seeker;
    // The next run is no Success either as long as one of them can't be read.
    job.state.note_strangers_unseen(!errors.is_empty())?;
    for error in errors {
        job.report(run, error)?;
    }
    Ok(found)
}

/// After the plan: what nobody was linked with by now is settled, too.
pub(super) fn settle(job: &mut Job<'_>, run: &mut Run, found: &Found) -> Result<()> {
    settle_idle(job, run, found)?;
    for (anchor, keys) in &found.wanted {
        if let Some(key) = old_place(job, run, anchor, keys)? {
            let needed_nothing = needs_nothing(job, run, anchor)?;
            take_over(job, run, anchor, key)?;
            if needed_nothing {
                leave(job, run, anchor)?;
            }
        }
    }
    Ok(())
}

/// Whether this run has planned nothing for a recipient, since it is as desired.
fn needs_nothing(job: &Job<'_>, run: &Run, anchor: &str) -> Result<bool> {
    if job.state.open_change(anchor)?.is_some() || job.state.unmet(anchor)?.is_some() {
        return Ok(false);
    }
    let row = job.state.plan_row_of(run.id, anchor)?;
    Ok(row.is_some_and(|row| job.mode.plan(&row, job.target).is_none()))
}

/// Plans that a recipient who needed nothing leaves the old place that it is linked to by now.
fn leave(job: &mut Job<'_>, run: &mut Run, anchor: &str) -> Result<()> {
    let Some(row) = job.state.plan_row_of(run.id, anchor)? else { return Ok(()) };
    run.numbers.unchanged = run.numbers.unchanged.saturating_sub(1);
    match job.state.transaction(|_| plan::plan_one(job, run, &row))? {
        Some(error) => job.report(run, error),
        None => Ok(()),
    }
}

/// Where a recipient stands under an old address, if the write to its place does not take that away already.
fn old_place<'a>(job: &Job<'_>, run: &Run, anchor: &str, keys: &'a [String]) -> Result<Option<&'a String>> {
    let link = job.state.link(anchor)?.target;
    // Where its link leads is its own place, or what the write takes away.
    if keys.iter().all(|key| Some(key) == link.as_ref()) {
        return Ok(None);
    }
    let Some(row) = job.state.plan_row_of(run.id, anchor)? else { return Ok(None) };
    let Some(own) = job.target.key(&row.query(false)) else { return Ok(None) };
    if link.is_some_and(|link| link != own) {
        return Ok(None);
    }
    for key in keys.iter().filter(|key| **key != own) {
        if job.state.linked_anchor(key)?.is_none() {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// Links a recipient to its old place, and makes what is there ours to take away: the address may be somebody else's.
fn take_over(job: &mut Job<'_>, run: &Run, anchor: &str, key: &str) -> Result<()> {
    let Some(row) = job.state.plan_row_of(run.id, anchor)? else { return Ok(()) };
    let query = TargetQuery { link: Some(key), ..row.query(false) };
    let there = match job.target.read(&[query], job.context)?.pop() {
        Some(Ok(Match::One(there))) if there.key == key => there.values,
        _ => Vec::new(),
    };
    let mut managed = job.state.managed(anchor)?;
    for value in there.iter().map(of_nobody_else) {
        if !managed.iter().any(|one| one.same(&value)) {
            managed.push(value);
        }
    }
    job.state.transaction(|state| {
        there.iter().try_for_each(|value| state.put_value(value))?;
        state.set_managed(anchor, Some(key), &managed, job.now)
    })
}

fn of_nobody_else(value: &Value) -> PublishedValue {
    PublishedValue { attribute: value.attribute, value: value.fingerprint(), certificate: None }
}

/// Whether either of them is known by a link.
fn is_linked(state: &State, anchor: &str, key: &str) -> Result<bool> {
    Ok(state.linked_anchor(key)?.is_some() || state.link(anchor)?.target.is_some())
}

/// Those of the source for whom nothing is to be published.
fn settle_idle(job: &Job<'_>, run: &mut Run, found: &Found) -> Result<()> {
    let keeper = Keeper {
        run: run.id,
        state: job.state,
        evaluate: job.evaluate,
        policy: job.policy,
        now: job.now,
        time: witness::known(job, run)?,
        profile: job.profile,
    };
    let errors = job.state.transaction(|state| {
        let mut errors = Vec::new();
        for (anchor, recipient) in &found.idle {
            if !is_linked(keeper.state, anchor, &recipient.anchor)? {
                keeper.keep(anchor, recipient, None)?;
                let row = state.plan_row_of(run.id, anchor)?;
                errors.extend(row.map(|row| plan::plan_one(job, run, &row)).transpose()?.flatten());
            }
        }
        Ok(errors)
    })?;
    errors.into_iter().try_for_each(|error| job.report(run, error))
}

/// What meeting strangers needs beside the target.
struct Seeker<'a> {
    keeper: Keeper<'a>,
    source: &'a mut dyn Source,
    context: &'a Context,
    /// Those whom the import does not show, to be looked up.
    absent: Vec<(String, Recipient)>,
    found: Found,
    errors: Vec<Error>,
}

impl Seeker<'_> {
    fn meet(&mut self, stranger: Stranger) -> Result<()> {
        let Stranger { anchor, key, recipient } = stranger;
        let known = match &anchor {
            Some(anchor) => self.keeper.state.sight_of(self.keeper.run, anchor)?,
            None => None,
        };
        let shown = known.filter(|sight| sight.present);
        let (anchor, recipient) = match (anchor, recipient) {
            (Some(anchor), Ok(recipient)) => (anchor, recipient),
            (_, Err(error)) => return self.miss(key.as_deref(), shown.as_ref(), error),
            (None, Ok(_)) => return Ok(()),
        };
        if recipient.values.is_empty() {
            return Ok(());
        }
        match shown {
            None if is_linked(self.keeper.state, &anchor, &recipient.anchor)? => {}
            None => {
                self.absent.push((anchor, recipient));
                if self.absent.len() >= LOOK_UP {
                    self.look_up()?;
                }
            }
            Some(sight) if sight.has_desired => {
                self.found.others += self.keeper.values_of_others(&anchor, &recipient)?;
                self.found.wanted.entry(anchor).or_default().push(recipient.anchor);
            }
            Some(_) => self.found.idle.push((anchor, recipient)),
        }
        Ok(())
    }

    /// Keeps that somebody could not be read, where no look at the recipients of this run tells it.
    fn miss(&mut self, key: Option<&str>, shown: Option<&Sight>, error: Error) -> Result<()> {
        let state = self.keeper.state;
        if let Some(anchor) = key.map(|key| state.linked_anchor(key)).transpose()?.flatten() {
            return state.note_unseen(&anchor, true);
        }
        if !shown.is_some_and(|sight| sight.has_values) {
            self.errors.push(error);
        }
        Ok(())
    }

    /// Keeps who is not in the source either when it is asked for them.
    fn look_up(&mut self) -> Result<()> {
        let absent = std::mem::take(&mut self.absent);
        if absent.is_empty() {
            return Ok(());
        }
        let anchors: Vec<String> = absent.iter().map(|(anchor, _)| anchor.clone()).collect();
        let presences = self.source.look_up(&anchors, self.context)?;
        self.keeper.state.transaction(|_| {
            // The next import shows those that are in scope.
            let gone = absent
                .iter()
                .zip(&presences)
                .filter(|(_, presence)| !matches!(presence, Presence::InScope(_)));
            for ((anchor, recipient), presence) in gone {
                // One recipient may be there twice, and the first counts.
                if !is_linked(self.keeper.state, anchor, &recipient.anchor)? {
                    self.keeper.keep(anchor, recipient, Some(presence))?;
                }
            }
            Ok(())
        })
    }
}

/// Where those are kept who turn out to be nobody's.
struct Keeper<'a> {
    run: i64,
    state: &'a State,
    evaluate: &'a (dyn Fn(&Recipient) -> Evaluation + Sync),
    policy: Fingerprint,
    now: Timestamp,
    time: Known,
    profile: &'a Profile,
}

impl Keeper<'_> {
    /// From now on what a recipient has is managed, within the caller's transaction; `presence`: what the source says of one that it does not show.
    fn keep(&self, anchor: &str, recipient: &Recipient, presence: Option<&Presence>) -> Result<()> {
        let key = &recipient.anchor;
        let published = Recipient { anchor: anchor.to_owned(), ..recipient.clone() };
        let evaluation = (self.evaluate)(&published);
        let telling = Telling::of(&evaluation.certificates);
        let managed: Vec<PublishedValue> =
            published.values.iter().map(|value| telling.published(value)).collect();
        let input = fingerprint::input(&published, self.policy, self.profile.policy.disabled_account);
        let (row, _) = evaluation_row(&published, input, evaluation);
        if let Some(presence) = presence {
            let seen = ImportRow {
                anchor: anchor.to_owned(),
                address: published.primary_address().map(str::to_lowercase),
                missing_since: Some(self.time.latest),
                gone: absent::gone(presence, self.time.latest, self.profile, self.time.sure),
                seen_by: None,
                version: None,
            };
            self.state.add_import(self.run, &seen)?;
            self.state.put_evaluation(anchor, &row, &[], self.now)?;
        }
        published.values.iter().try_for_each(|value| self.state.put_value(value))?;
        self.state.set_managed(anchor, Some(key), &managed, self.now)?;
        self.state.add_orphan(anchor)
    }

    /// How many values of somebody who is in the source are neither the source's nor to be published.
    fn values_of_others(&self, anchor: &str, recipient: &Recipient) -> Result<u64> {
        let Some(evaluation) = self.state.evaluation(anchor)? else { return Ok(0) };
        let is_foreign = |value: &&Value| !evaluation.knows(&(value.attribute, value.fingerprint()));
        Ok(recipient.values.iter().filter(is_foreign).count() as u64)
    }
}
