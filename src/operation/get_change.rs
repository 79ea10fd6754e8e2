//! `GetChange`: changes by run, state and recipient.

use super::{engine::Engine, names::parse_all, request::GetChangeRequest};
use crate::{
    error::Result,
    event::{Context, ResultType},
    model::{ChangeState, Identity},
    places::profile_store,
    state::change::ChangeFilter,
    wildcard::Pattern,
};

/// Changes read at a time.
const PAGE: usize = 200;

pub(super) fn run(engine: &Engine, request: &GetChangeRequest, context: &Context) -> Result<()> {
    let states: Vec<ChangeState> = parse_all(&request.state, "a state")?;
    let identities: Vec<Pattern> =
        request.identity.iter().flat_map(Identity::keys).map(Pattern::parse).collect::<Result<_>>()?;
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
