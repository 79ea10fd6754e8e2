//! `RemoveProfile`: removes a profile and its state.

use std::fs;

use super::{engine::Engine, request::RemoveProfileRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::counted,
    places::{Places, profile_store},
    state::{State, lock::RunLock},
};

pub(super) fn run(engine: &Engine, request: &RemoveProfileRequest, context: &Context) -> Result<()> {
    let search = engine.places()?;
    let name = profile_store::stored_name(&search, &request.name)?;
    let places = match profile_store::load(&search, &name) {
        Ok(stored) => stored.places,
        // A profile that can't be read can still be removed.
        Err(error) if profile_store::is_broken(&error) => {
            let has = |places: &&Places| places.profile_file(&name).is_ok_and(|path| path.exists());
            search.iter().find(has).cloned().ok_or(error)?
        }
        Err(error) => return Err(error),
    };
    let state = places.state_file(&name);
    let lock = state.exists().then(|| RunLock::take(&state, &engine.holder())).transpose()?;
    let published =
        State::open_to_read(&state).ok().flatten().and_then(|state| state.recipients_with_managed().ok());
    let path = places.profile_file(&name)?;
    fs::remove_file(&path).map_err(|e| Error::io(ErrorId::PlaceNotWritable, "Cannot remove", &path, &e))?;
    drop(lock);
    for suffix in ["", "-wal", "-shm", "-journal", ".seal", ".doubted", ".lock", ".holder"] {
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
        let what = format!(
            "What profile '{name}' published for {} stays at the target.",
            counted(count, "recipient", "recipients")
        );
        context.log(LogLevel::Warning, what)?;
    }
    Ok(())
}
