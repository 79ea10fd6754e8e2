//! `ApprovePlan`: approves the removals and replacements that a held plan lists.

use super::{engine::Engine, request::ApprovePlanRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    model::Timestamp,
    places::profile_store,
    state::{State, lock::RunLock},
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
        state.approvable(request.id)?;
        return context.result(ResultType::Run, &state.run(request.id)?);
    }
    let _lock = RunLock::take(&path, &engine.holder())?;
    let state = State::open(&path, Timestamp::now())?;
    let run = state.run(request.id)?;
    state.approve(request.id)?;
    state.close()?;
    context.result(ResultType::Run, &run)
}
