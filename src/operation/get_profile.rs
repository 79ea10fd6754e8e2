//! `GetProfile`: shows profiles.

use super::{engine::Engine, names::asks_for, request::GetProfileRequest};
use crate::{
    error::Result,
    event::{Context, ResultType},
    places::profile_store,
};

pub(super) fn run(engine: &Engine, request: &GetProfileRequest, context: &Context) -> Result<()> {
    let search = engine.places()?;
    let names = profile_store::names(&search)?;
    for name in names.iter().filter(|name| asks_for(&request.name, name)) {
        match profile_store::load(&search, name) {
            Ok(stored) => context.result(ResultType::Profile, &stored.profile)?,
            Err(error) => context.error(error)?,
        }
    }
    profile_store::unknown(&request.name, &names).into_iter().try_for_each(|error| context.error(error))
}
