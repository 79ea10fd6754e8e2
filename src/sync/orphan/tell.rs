//! What is told of it: one warning of each kind a run; `-Verbose` names them.

use super::unmatched::Unmatched;
use crate::{
    error::Result,
    event::LogLevel,
    model::{Run, counted},
    sync::{first_contact, job::Job},
};

/// Recipients of one page of the state.
const PAGE: usize = 500;

/// That the run remembers nothing, where the target shows that there was something to remember.
pub(super) fn new_state(job: &Job<'_>, run: &Run, others: u64) -> Result<()> {
    if !run.new_state && (job.is_partial() || !first_contact::is_due(job.state)?) {
        return Ok(());
    }
    let (name, target) = (&job.profile.name, job.target.name());
    let adopted = run.numbers.adopted;
    let another = first_contact::is_another(job.state)?;
    let news = match another {
        true => format!("The target of profile '{name}' is another one than before"),
        false if run.new_state => format!("The state of profile '{name}' is new"),
        // Runs that were named recipients have published before.
        false => format!("No run with this state of profile '{name}' had all recipients before"),
    };
    if adopted + others + run.numbers.orphaned == 0 {
        let besides = if run.new_state || another { "" } else { " besides" };
        return job
            .verbose(format!("{news}, and nothing that it could have published{besides} is at {target}."));
    }
    let others = match others {
        0 => String::new(),
        some => format!(
            " {} there as somebody else's, since the source does not have {}.",
            counted(some, "value stays", "values stay"),
            if some == 1 { "it" } else { "them" }
        ),
    };
    let lost = match another {
        true => "",
        false => {
            " If this is not the profile's first run, its state was lost, and with it the history, what was declined, \
             and what can be undone."
        }
    };
    let what = format!(
        "{news}, but {target} is not new: {} found there and adopted.{others}{lost}",
        counted(adopted, "published value was", "published values were")
    );
    job.context.log(LogLevel::Warning, what)
}

/// One warning a run, as long as there are any.
pub(super) fn kept(job: &Job<'_>, run: &Run, kept: u64, held: u64) -> Result<()> {
    if kept == 0 {
        return Ok(());
    }
    let mut after = String::new();
    loop {
        let page = job.state.orphan_keys(&after, PAGE)?;
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        for key in &page {
            job.verbose(format!("'{key}' is published, and nobody in the source accounts for it."))?;
        }
    }
    let (name, id) = (&job.profile.name, run.id);
    let them = if held == 1 { "it" } else { "them" };
    let next = if job.options.what_if || held == 0 {
        String::new()
    } else {
        format!(
            " {} for it: 'Get-SmimeSyncChange {name} -RunId {id} -State Held' shows {them}, 'Approve-SmimeSyncPlan {name} \
             -Id {id}' lets {them} through with the next run.",
            counted(held, "removal waits", "removals wait"),
        )
    };
    let what = format!(
        "{} published at {} that the source does not show, or has nothing for, and that the state did not know there. \
         None is removed without approval. -Verbose names {}.{next}",
        counted(kept, "recipient is", "recipients are"),
        job.target.name(),
        if kept == 1 { "it" } else { "them" },
    );
    job.context.log(LogLevel::Warning, what)
}

pub(super) fn unmatched(job: &Job<'_>, unmatched: &[Unmatched]) -> Result<()> {
    if unmatched.is_empty() {
        return Ok(());
    }
    for one in unmatched {
        job.verbose(format!("{} has values, and no recipient of the source matches it.", one.label))?;
    }
    let (it, stays) = if unmatched.len() == 1 { ("it", "It stays") } else { ("them", "They stay") };
    let what = format!(
        "{} at {} with certificates that end at the profile's trust anchors, and no recipient of the source matches: \
         the profile may have published them, though its state does not know of it. {stays}. -Verbose names {it}.",
        counted(unmatched.len(), "recipient is", "recipients are"),
        job.target.name(),
    );
    job.context.log(LogLevel::Warning, what)
}

/// Those of the source for whom it has nothing that is at the target. With a new state its warning counts their values.
pub(super) fn idle(job: &Job<'_>, idle: &[Unmatched], is_new: bool) -> Result<()> {
    for one in idle {
        job.verbose(format!("{} has values that the source does not have for it.", one.label))?;
    }
    let trusted = idle.iter().filter(|one| one.is_trusted).count();
    if is_new || trusted == 0 {
        return Ok(());
    }
    let (it, stays) = if trusted == 1 { ("it", "It stays") } else { ("them", "They stay") };
    let what = format!(
        "{} at {} with certificates that end at the profile's trust anchors, and the source has none of these: the profile \
         may have published them, though its state does not know of it. {stays}. -Verbose names {it}.",
        counted(trusted, "recipient of the source is", "recipients of the source are"),
        job.target.name(),
    );
    job.context.log(LogLevel::Warning, what)
}
