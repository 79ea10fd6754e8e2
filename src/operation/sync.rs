//! `Sync`: the main job.

use super::{
    engine::Engine,
    open::{Opening, Place},
    request::SyncRequest,
};
use crate::{
    error::Result,
    event::Context,
    sync::{self, Options},
};

pub(super) fn run(engine: &Engine, request: &SyncRequest, context: &Context) -> Result<()> {
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let options = Options {
        policy_type: request.policy_type,
        identity: request.identity.clone(),
        what_if: request.what_if,
        confirm: request.confirm,
        allow_removal: request.allow_removal,
        allow_replacement: request.allow_replacement,
        pass_thru: request.pass_thru,
        verify: request.verify,
    };
    opening.run(Place::Target, &options, sync::run)
}
