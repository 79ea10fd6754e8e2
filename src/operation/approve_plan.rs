//! `ApprovePlan`: approves the removals that a held plan lists.

use super::{engine::Engine, request::ApprovePlanRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    model::{ChangeState, Named, RunResult, Timestamp},
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
    let _lock = RunLock::take(&path, &engine.holder())?;
    let state = State::open(&path, Timestamp::now())?;
    let run = state.run(request.id)?;
    // A run that was not held as a whole may have held removals that go by approval only.
    if run.result != RunResult::Held && state.change_count(run.id, ChangeState::Held)? == 0 {
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
