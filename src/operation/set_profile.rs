//! `SetProfile`: changes a profile.

use super::{engine::Engine, request::SetProfileRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    places::profile_store,
    profile::Profile,
};

pub(super) fn run(engine: &Engine, request: &SetProfileRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.name)?;
    let changed = merge(&stored.profile, request)?;
    profile_store::save(&stored.places, &changed)?;
    context.result(ResultType::Profile, &changed)
}

/// The profile with the request's settings. Fails with `ProfileInvalid`, naming the setting.
fn merge(profile: &Profile, request: &SetProfileRequest) -> Result<Profile> {
    let invalid = |why: String| {
        Error::new(ErrorId::ProfileInvalid, format!("Profile '{}': {why}.", profile.name))
            .target(&profile.name)
    };
    let mut json = serde_json::to_value(profile).map_err(|e| invalid(e.to_string()))?;
    let fields = json.as_object_mut().ok_or_else(|| invalid("it is no object".into()))?;
    for (name, value) in &request.settings {
        if name == "Name" {
            return Err(invalid("a profile can't be renamed; make a new one".into()));
        }
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    let changed: Profile = serde_json::from_value(json).map_err(|e| invalid(e.to_string()))?;
    changed.validate()?;
    Ok(changed)
}
