//! The history: runs, changes, and the approval of held plans.

use super::{
    Engine, asks_for, profile_store,
    request::{ApprovePlanRequest, GetChangeRequest, GetRunRequest},
    wildcard::Pattern,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    model::{ChangeState, Named, RunResult, Timestamp},
    state::{State, change::ChangeFilter, lock::RunLock},
};

const PAGE: usize = 200;

pub(super) fn runs(engine: &Engine, request: &GetRunRequest, context: &Context) -> Result<()> {
    let results: Vec<RunResult> = parse_all(&request.result, "a result")?;
    let search = engine.places()?;
    let names = profile_store::names(&search)?;
    for name in names.iter().filter(|name| asks_for(&request.profile_name, name)) {
        let Some(state) = engine.read_state(name)? else { continue };
        let mut left = request.newest.map_or(usize::MAX, |newest| newest as usize);
        let mut before = request.id.map_or(i64::MAX, |id| id.saturating_add(1));
        while left > 0 {
            let page = state.runs(&results, before, PAGE.min(left))?;
            let Some(last) = page.last() else { break };
            before = last.id;
            left = left.saturating_sub(page.len());
            for run in page.iter().filter(|run| request.id.is_none_or(|id| run.id == id)) {
                context.result(ResultType::Run, run)?;
            }
            if request.id.is_some() {
                break;
            }
        }
    }
    profile_store::report_unknown(&request.profile_name, &names, context)
}

pub(super) fn changes(engine: &Engine, request: &GetChangeRequest, context: &Context) -> Result<()> {
    let states: Vec<ChangeState> = parse_all(&request.state, "a state")?;
    let identities: Vec<Pattern> =
        request.identity.iter().map(|identity| Pattern::parse(identity)).collect::<Result<_>>()?;
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let Some(state) = engine.read_state(&stored.profile.name)? else { return Ok(()) };
    let filter = ChangeFilter { run_id: request.run_id, states };
    let mut before = i64::MAX;
    loop {
        let page = state.changes(&filter, before, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        before = last.id;
        for change in &page {
            let names = [Some(&change.recipient), Some(&change.anchor), change.display_name.as_ref()];
            let named = |name: &String| identities.iter().any(|pattern| pattern.matches(name));
            if identities.is_empty() || names.into_iter().flatten().any(named) {
                context.result(ResultType::Change, change)?;
            }
        }
    }
}

pub(super) fn approve(engine: &Engine, request: &ApprovePlanRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let path = stored.places.state_file(&stored.profile.name);
    let none = || {
        let what = format!("Profile '{}' has no plan {}.", request.profile_name, request.id);
        Error::new(ErrorId::PlanNotFound, what).target(request.id.to_string())
    };
    if !path.exists() {
        return Err(none());
    }
    let _lock = RunLock::take(&path, &engine.holder())?;
    let state = State::open(&path, Timestamp::now())?;
    let run = state.run(request.id)?;
    if run.result != RunResult::Held {
        let what = format!(
            "Run {} of profile '{}' was not held: it ended with {}.",
            run.id,
            request.profile_name,
            run.result.name()
        );
        return Err(Error::new(ErrorId::PlanNotHeld, what).target(request.id.to_string()));
    }
    state.approve(request.id)?;
    state.close()?;
    context.result(ResultType::Run, &run)
}

/// The ones of these names. Fails with `InvalidRequest`, listing all there are; `what` is one of them, with its article.
fn parse_all<T: Named>(names: &[String], what: &str) -> Result<Vec<T>> {
    let parse = |name: &String| {
        T::from_name(name).ok_or_else(|| {
            let known = T::all().map(T::name).collect::<Vec<_>>().join(", ");
            Error::new(ErrorId::InvalidRequest, format!("'{name}' is not {what}; there are {known}."))
                .target(name)
        })
    };
    names.iter().map(parse).collect()
}
