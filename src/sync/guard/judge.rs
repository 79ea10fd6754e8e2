//! What the guard holds a plan for, by numbers. Pure.

use super::facts::{Facts, Named, OverTime};
use crate::{
    directory::Silence,
    model::{HoldReason, counted},
    profile::LimitSettings,
};

/// Below so many recipients no percentage counts: in a small company one leaver is many per cent.
pub(super) const ALWAYS_ALLOWED: u64 = 10;

/// One reason to hold a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sync) struct Hold {
    pub(in crate::sync) reason: HoldReason,
    /// For people, in a sentence.
    pub(in crate::sync) text: String,
}

impl Hold {
    pub(in crate::sync) fn new(reason: HoldReason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into() }
    }
}

/// Why the plan is held; none: it passes.
pub(super) fn judge(facts: &Facts, limits: &LimitSettings) -> Vec<Hold> {
    let mut holds = Vec::new();
    holds.extend(source_held(facts));
    holds.extend(source(facts, limits));
    holds.extend(policy(facts));
    holds.extend(removals(facts, limits));
    holds.extend(over_time(facts, limits));
    holds.extend(all_named(facts));
    holds.extend(replacements(facts, limits));
    holds
}

fn source_held(facts: &Facts) -> Option<Hold> {
    let what = |run| {
        format!(
            "The last full run, {run}, was held for what its source showed; until that is settled, runs with -Identity \
             are held, too."
        )
    };
    facts.held_source.map(|run| Hold::new(HoldReason::SourceHeld, what(run)))
}

fn source(facts: &Facts, limits: &LimitSettings) -> Option<Hold> {
    if facts.partial {
        return None;
    }
    if facts.recipients == 0 {
        return Some(Hold::new(HoldReason::EmptySource, "The source has no recipients."));
    }
    let (before, now, percent) = (facts.with_values_before?, facts.with_values, limits.removal_percent);
    let what = || {
        format!(
            "Recipients with certificate values fell from {before} to {now}, by more than {percent} %; is the right to \
             read them lost?"
        )
    };
    let fell = before.saturating_sub(now);
    // Of few people one may leave, but half of them don't.
    let is_much = fell > ALWAYS_ALLOWED || fell > now;
    (is_much && is_above(fell, percent, before)).then(|| Hold::new(HoldReason::ValuesFell, what()))
}

/// One of several directories showed nothing: what it has is a small part of all, so that no percentage tells.
pub(super) fn silence(silence: &Silence, facts: &Facts) -> Option<Hold> {
    match silence {
        Silence::Nobody(name) => Some(Hold::new(
            HoldReason::EmptySource,
            format!("The directory '{name}' shows no recipients, though the profile reads it."),
        )),
        Silence::NoValues(name) if facts.removes > 0 => {
            let what = format!(
                "No recipient of the directory '{name}' shows a certificate value, and {}; is the right to read them lost?",
                losing(facts.removes)
            );
            Some(Hold::new(HoldReason::ValuesFell, what))
        }
        Silence::NoValues(_) => None,
    }
}

fn policy(facts: &Facts) -> Option<Hold> {
    let what =
        || format!("The profile's policy, trust anchors or scope changed, and {}.", losing(facts.removes));
    let holds = !facts.partial && facts.policy_changed && facts.removes > 0;
    holds.then(|| Hold::new(HoldReason::PolicyChanged, what()))
}

fn removals(facts: &Facts, limits: &LimitSettings) -> Vec<Hold> {
    let allowed = facts.allow_removal.map_or(0, u64::from);
    let (limit, percent) = (allowed.max(limits.removal_limit.into()), limits.removal_percent);
    let mut texts = Vec::new();
    if facts.removes > limit {
        texts.push(format!("{}; {limit} is the limit.", losing(facts.removes)));
    }
    if !facts.partial && facts.removes > allowed && is_many(facts.removes, percent, facts.managed) {
        texts.push(format!(
            "{} of {} with published certificates would lose their last one; {}.",
            counted(facts.removes, "recipient", "recipients"),
            facts.managed,
            limit_of(percent, facts.managed, facts.allow_removal, "-AllowRemoval")
        ));
    }
    texts.into_iter().map(|text| Hold::new(HoldReason::Removals, text)).collect()
}

/// What this plan adds to the removals of earlier runs; nothing where `-AllowRemoval` covers it.
fn adds_over_time(facts: &Facts) -> Option<OverTime> {
    facts.over_time.filter(|_| facts.removes > facts.allow_removal.map_or(0, u64::from))
}

fn over_time(facts: &Facts, limits: &LimitSettings) -> Option<Hold> {
    let OverTime { lost, highest, .. } = adds_over_time(facts)?;
    let all = lost.saturating_add(facts.removes);
    // Where no earlier run took anything, a full run has said so already.
    let is_told = lost == 0 && !removals(facts, limits).is_empty();
    if is_told || !is_many(all, limits.removal_percent, highest) {
        return None;
    }
    let what = format!(
        "With this plan {all} of {} with published certificates would have lost their last one within {}; {} % is the limit.",
        counted(highest, "recipient", "recipients"),
        counted(limits.guard_days, "day", "days"),
        limits.removal_percent
    );
    Some(Hold::new(HoldReason::RemovalsOverTime, what))
}

/// What to warn of in a plan that passes: it has come half the way to being held over time.
pub(super) fn half_way(facts: &Facts, limits: &LimitSettings) -> Option<String> {
    let OverTime { lost, highest, .. } = adds_over_time(facts)?;
    let all = lost.saturating_add(facts.removes);
    let limit = allowed_of(limits.removal_percent, highest);
    if all.saturating_mul(2) <= limit {
        return None;
    }
    Some(format!(
        "With this run {all} of {} with published certificates will have lost their last one within {}; above {limit} a plan is \
         held.",
        counted(highest, "recipient", "recipients"),
        counted(limits.guard_days, "day", "days"),
    ))
}

fn all_named(facts: &Facts) -> Option<Hold> {
    let Named { recipients, published, removes } = facts.named;
    let is_covered = facts.removes <= facts.allow_removal.map_or(0, u64::from);
    if recipients <= ALWAYS_ALLOWED || is_covered || removes < published {
        return None;
    }
    let what = format!(
        "Of {recipients} recipients that were named, all who have something published would lose it: {removes}."
    );
    Some(Hold::new(HoldReason::AllNamed, what))
}

fn replacements(facts: &Facts, limits: &LimitSettings) -> Vec<Hold> {
    let allowed = facts.allow_replacement.map_or(0, u64::from);
    let (limit, percent) = (allowed.max(limits.replacement_limit.into()), limits.replacement_percent);
    let (replacements, managed) = (facts.replacements, facts.managed);
    let mut texts = Vec::new();
    let doubtful = "a certificate that names none of their mail addresses, or is older than the one before";
    if replacements > limit {
        let whose = counted(replacements, "recipient", "recipients");
        texts.push(format!("{whose} would get {doubtful}; {limit} is the limit."));
    }
    // Also where only some are read: what is published is known, and small runs must not do what a full one may not.
    if replacements > allowed && is_many(replacements, percent, managed) {
        let whose = counted(replacements, "recipient", "recipients");
        let limit = limit_of(percent, managed, facts.allow_replacement, "-AllowReplacement");
        texts
            .push(format!("{whose} of {managed} with published certificates would get {doubtful}; {limit}."));
    }
    let replaced = facts.over_time.map_or(0, |over_time| over_time.replaced);
    let all = replaced.saturating_add(replacements);
    if texts.is_empty() && replaced > 0 && replacements > allowed && is_many(all, percent, managed) {
        texts.push(format!(
            "With this plan {all} of {} with published certificates would have got {doubtful}, within {}; {percent} % is \
             the limit.",
            counted(managed, "recipient", "recipients"),
            counted(limits.guard_days, "day", "days")
        ));
    }
    texts.into_iter().map(|text| Hold::new(HoldReason::Replacements, text)).collect()
}

/// What the limit is: the percentage, or the number that `parameter` lets through where that is more.
fn limit_of(percent: u8, of: u64, allowed: Option<u32>, parameter: &str) -> String {
    match allowed.filter(|allowed| u64::from(*allowed) >= allowed_of(percent, of)) {
        Some(allowed) => format!("{allowed} is the limit ({parameter})"),
        None => format!("{percent} % is the limit"),
    }
}

fn losing(recipients: u64) -> String {
    counted(
        recipients,
        "recipient would lose its last certificate",
        "recipients would lose their last certificate",
    )
}

fn is_above(count: u64, percent: u8, of: u64) -> bool {
    count.saturating_mul(100) > of.saturating_mul(percent.into())
}

/// More than the percentage, and more than so few that none counts.
fn is_many(count: u64, percent: u8, of: u64) -> bool {
    count > ALWAYS_ALLOWED && is_above(count, percent, of)
}

/// The highest number that is not many.
fn allowed_of(percent: u8, of: u64) -> u64 {
    ALWAYS_ALLOWED.max(of.saturating_mul(percent.into()) / 100)
}

#[cfg(test)]
mod tests;
