//! `GetRun`: the history of runs.

use super::{
    engine::Engine,
    names::{asks_for, parse_all},
    request::GetRunRequest,
};
use crate::{
    error::Result,
    event::{Context, ResultType},
    model::RunResult,
    places::profile_store,
};

/// Runs read at a time.
const PAGE: usize = 200;

pub(super) fn run(engine: &Engine, request: &GetRunRequest, context: &Context) -> Result<()> {
    let results: Vec<RunResult> = parse_all(&request.result, "a result")?;
    let search = engine.places()?;
    let names = profile_store::names(&search)?;
    let asked: Vec<&String> = names.iter().filter(|name| asks_for(&request.profile_name, name)).collect();
    for name in &asked {
        let state = match engine.read_state(name) {
            // One state that can't be read hides no other one's history.
            Err(error) if asked.len() > 1 => {
                context.error(error)?;
                continue;
            }
            other => other?,
        };
        let Some(state) = state else { continue };
        let mut left = request.newest.map_or(usize::MAX, |newest| newest as usize);
        let mut before = request.id.map_or(i64::MAX, |id| id.saturating_add(1));
        while left > 0 {
            let page = state.runs_as_they_are(&results, before, PAGE.min(left))?;
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
    profile_store::unknown(&request.profile_name, &names)
        .into_iter()
        .try_for_each(|error| context.error(error))
}
