//! `GetProfile`: shows profiles.

use super::{engine::Engine, request::GetProfileRequest, wildcard};
use crate::{
    error::Result,
    event::{Context, ResultType},
    places::profile_store,
};

pub(super) fn run(engine: &Engine, request: &GetProfileRequest, context: &Context) -> Result<()> {
    let search = engine.places()?;
    let names = profile_store::names(&search)?;
    for name in names.iter().filter(|name| wildcard::any_matches(&request.name, name)) {
        match profile_store::load(&search, name) {
            Ok(stored) => context.result(ResultType::Profile, &stored.profile)?,
            Err(error) => context.error(error)?,
        }
    }
    for name in request.name.iter().filter(|name| !wildcard::is_pattern(name)) {
        if !names.iter().any(|known| wildcard::matches(name, known)) {
            context.error(profile_store::not_found(name))?;
        }
    }
    Ok(())
}
