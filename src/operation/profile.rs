//! Making, showing, changing and removing profiles.

use std::fs;

use super::{
    Engine, asks_for, profile_store,
    request::{GetProfileRequest, NewProfileRequest, RemoveProfileRequest, SetProfileRequest},
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    profile::Profile,
    state::lock::RunLock,
};

pub(super) fn new(engine: &Engine, request: &NewProfileRequest, context: &Context) -> Result<()> {
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

pub(super) fn get(engine: &Engine, request: &GetProfileRequest, context: &Context) -> Result<()> {
    let search = engine.places()?;
    let names = profile_store::names(&search)?;
    for name in names.iter().filter(|name| asks_for(&request.name, name)) {
        match profile_store::load(&search, name) {
            Ok(stored) => context.result(ResultType::Profile, &stored.profile)?,
            Err(error) => context.error(error)?,
        }
    }
    profile_store::report_unknown(&request.name, &names, context)
}

pub(super) fn set(engine: &Engine, request: &SetProfileRequest, context: &Context) -> Result<()> {
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

pub(super) fn remove(engine: &Engine, request: &RemoveProfileRequest, context: &Context) -> Result<()> {
    let search = engine.places()?;
    let places = match profile_store::load(&search, &request.name) {
        Ok(stored) => stored.places,
        // A profile that can't be read can still be removed.
        Err(error) if matches!(error.id, ErrorId::ProfileUnreadable | ErrorId::ProfileInvalid) => {
            let has = |places: &&crate::places::Places| {
                places.profile_file(&request.name).is_ok_and(|path| path.exists())
            };
            search.iter().find(has).cloned().ok_or(error)?
        }
        Err(error) => return Err(error),
    };
    let state = places.state_file(&request.name);
    let lock = state.exists().then(|| RunLock::take(&state, &engine.holder())).transpose()?;
    let published = crate::state::State::open_to_read(&state)
        .ok()
        .flatten()
        .and_then(|state| state.recipients_with_managed().ok());
    let path = places.profile_file(&request.name)?;
    fs::remove_file(&path).map_err(|e| Error::io(ErrorId::PlaceNotWritable, "Cannot remove", &path, &e))?;
    drop(lock);
    for suffix in ["", "-wal", "-shm", "-journal", ".lock", ".holder"] {
        let mut name = state.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(ErrorId::StateNotWritable, "Cannot remove", name.as_ref(), &e));
            }
            _ => {}
        }
    }
    if let Some(count) = published.filter(|count| *count > 0) {
        let what =
            format!("What profile '{}' published for {count} recipients stays at the target.", request.name);
        context.log(crate::event::LogLevel::Warning, what)?;
    }
    Ok(())
}
