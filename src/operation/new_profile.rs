//! `NewProfile`: makes a profile.

use super::{engine::Engine, request::NewProfileRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    places::profile_store,
};

pub(super) fn run(engine: &Engine, request: &NewProfileRequest, context: &Context) -> Result<()> {
    let name = &request.profile.name;
    let search = engine.places()?;
    match profile_store::load(&search, name) {
        Err(error) if error.id == ErrorId::ProfileNotFound => {}
        Err(error) if error.id != ErrorId::ProfileUnreadable => return Err(error),
        _ if request.force => {}
        _ => {
            return Err(Error::new(ErrorId::ProfileExists, format!("There is a profile '{name}' already."))
                .target(name));
        }
    }
    let places = search.first().ok_or_else(|| Error::new(ErrorId::Internal, "No places."))?;
    profile_store::save(places, &request.profile)?;
    context.result(ResultType::Profile, &request.profile)
}
