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
    match profile_store::load(&search, &profile.name) {
        Err(error) if error.id == ErrorId::ProfileNotFound => {}
        Err(error) if !profile_store::is_broken(&error) => return Err(error),
        _ if request.force => {}
        _ => {
            let what = format!("There is a profile '{}' already.", profile.name);
            return Err(Error::new(ErrorId::ProfileExists, what).target(&profile.name));
        }
    }
    let places = search.first().ok_or_else(|| Error::new(ErrorId::Internal, "No places."))?;
    profile_store::save(places, &profile)?;
    context.result(ResultType::Profile, &profile)
}
