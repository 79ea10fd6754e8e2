//! `SetProfile`: changes a profile.

use super::{engine::Engine, request::SetProfileRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    places::profile_store,
    profile::Profile,
};

/// What is wrong with the profile can be put right, since only the outcome is judged.
pub(super) fn run(engine: &Engine, request: &SetProfileRequest, context: &Context) -> Result<()> {
    let (mut settings, places) = profile_store::settings(&engine.places()?, &request.name)?;
    let invalid = |why: String| {
        Error::new(ErrorId::ProfileInvalid, format!("Profile '{}': {why}.", request.name))
            .target(&request.name)
    };
    for (name, value) in &request.settings {
        if name == "Name" {
            return Err(invalid("a profile can't be renamed; create a new one".into()));
        }
        settings.set(name, value.clone()).map_err(invalid)?;
    }
    // What another source or target leaves without effect goes; what is asked for must have one.
    let changed = Profile::from_settings(&settings, &|name| request.settings.contains_key(name))?;
    profile_store::save(&places, &changed)?;
    context.result(ResultType::Profile, &changed)
}
