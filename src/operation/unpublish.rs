//! `Unpublish`: takes certificates out of Active Directory.

use super::{
    engine::Engine,
    open::{Opening, Place},
    request::UnpublishRequest,
};
use crate::{
    error::Result,
    event::Context,
    sync::{
        Options,
        request::{Withdrawal, unpublish},
    },
};

pub(super) fn run(engine: &Engine, request: &UnpublishRequest, context: &Context) -> Result<()> {
    let withdrawal = Withdrawal {
        identity: request.identity.clone(),
        thumbprint: request.thumbprint.clone(),
        listed: request.listed.clone(),
        force: request.force,
        state: request.state.clone(),
    };
    // A request that says nothing is refused before anything is opened.
    withdrawal.check()?;
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let (what_if, confirm) = (request.what_if, request.confirm);
    let options = Options { what_if, confirm, pass_thru: true, ..Options::default() };
    opening.run(Place::Directory("Unpublish-SmimeCertificate"), &options, |job| unpublish(job, withdrawal))
}
