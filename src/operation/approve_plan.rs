//! `ApprovePlan`: approves the removals and replacements that a held plan lists.

use super::{engine::Engine, open::watch, request::ApprovePlanRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel, ResultType},
    model::{Run, Timestamp},
    places::profile_store,
    state::{State, lock::RunLock},
    sync,
};

pub(super) fn run(engine: &Engine, request: &ApprovePlanRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let path = stored.places.state_file(&stored.profile.name);
    let none = || {
        let what = format!("Profile '{}' has no plan {}.", request.profile_name, request.id);
        Error::new(ErrorId::PlanNotFound, what).target(request.id.to_string())
    };
    if !path.exists() {
        return Err(none());
    }
    if request.what_if {
        let state = State::open_to_read(&path)?.ok_or_else(none)?;
        let run = state.run(request.id)?;
        sync::check_approvable(&run, Timestamp::now())?;
        state.approvable(request.id)?;
        return context.result(ResultType::Run, &run);
    }
    let _lock = RunLock::take(&path, &engine.holder())?;
    let now = Timestamp::now();
    let state = State::open_watched(&path, now, &mut watch(context))?;
    let before = state.approved_plan()?.filter(|plan| *plan != request.id);
    let run = approve(&state, request, now).map_err(|error| state.settled(error, now))?;
    if let Some(plan) = before {
        let what = format!(
            "The approval of plan {plan}, which no run has used up, holds no more: one plan is approved at a time."
        );
        context.log(LogLevel::Warning, what)?;
    }
    state.close()?;
    context.result(ResultType::Run, &run)
}

fn approve(state: &State, request: &ApprovePlanRequest, now: Timestamp) -> Result<Run> {
    let run = state.run(request.id)?;
    sync::check_approvable(&run, now)?;
    state.approve(request.id)?;
    Ok(run)
}
