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
    let profile = Profile::try_from(request.profile.clone())?;
    let search = engine.places()?;
    match profile_store::load(&search, &profile.name) {
        Err(error) if error.id == ErrorId::ProfileNotFound => {}
        Err(error) if !is_broken(&error) => return Err(error),
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

/// Whether there is a profile, but not one that can be used: it can still be replaced or removed.
fn is_broken(error: &Error) -> bool {
    matches!(error.id, ErrorId::ProfileUnreadable | ErrorId::ProfileInvalid)
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

/// What is wrong with the profile can be put right, since only the outcome is judged.
pub(super) fn set(engine: &Engine, request: &SetProfileRequest, context: &Context) -> Result<()> {
    let (mut settings, places) = profile_store::settings(&engine.places()?, &request.name)?;
    let invalid = |why: String| {
        Error::new(ErrorId::ProfileInvalid, format!("Profile '{}': {why}.", request.name))
            .target(&request.name)
    };
    for (name, value) in &request.settings {
        if name == "Name" {
            return Err(invalid("a profile can't be renamed; make a new one".into()));
        }
        settings.set(name, value.clone()).map_err(invalid)?;
    }
    // What another source or target leaves without effect goes; what is asked for must have one.
    let changed = Profile::from_settings(&settings, &|name| request.settings.contains_key(name))?;
    profile_store::save(&places, &changed)?;
    context.result(ResultType::Profile, &changed)
}

pub(super) fn remove(engine: &Engine, request: &RemoveProfileRequest, context: &Context) -> Result<()> {
    let search = engine.places()?;
    let places = match profile_store::load(&search, &request.name) {
        Ok(stored) => stored.places,
        // A profile that can't be read can still be removed.
        Err(error) if is_broken(&error) => {
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
