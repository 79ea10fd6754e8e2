//! `NewProfile`: creates a profile.

use super::{engine::Engine, request::NewProfileRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    places::profile_store,
    profile::Profile,
};

pub(super) fn run(engine: &Engine, request: &NewProfileRequest, context: &Context) -> Result<()> {
    let profile = Profile::try_from(request.profile.clone())?;
    let search = engine.places()?;
    let stored = profile_store::stored_name(&search, &profile.name)?;
    match profile_store::load(&search, &stored) {
        Err(error) if error.id == ErrorId::ProfileNotFound => {}
        Err(error) if !profile_store::is_broken(&error) => return Err(error),
        // Two that differ in case alone would be one on Windows, with one state.
        _ if request.force && stored == profile.name => {}
        _ => {
            let what = format!("There is a profile '{stored}' already.");
            return Err(Error::new(ErrorId::ProfileExists, what).target(&profile.name));
        }
    }
    let places = search.first().ok_or_else(|| Error::new(ErrorId::Internal, "No places."))?;
    profile_store::save(places, &profile)?;
    context.result(ResultType::Profile, &profile)
}
