//! `Publish`: puts certificates into Active Directory for the recipients that they are made for.

use super::{
    engine::Engine,
    open::{Opening, Place},
    request::PublishRequest,
};
use crate::{
    directory::certificate_file,
    error::Result,
    event::Context,
    sync::{
        Options,
        request::{Publication, publish},
    },
};

/// The engine's secret that opens PFX files.
const CERTIFICATE_PASSWORD: &str = "certificate_password";

pub(super) fn run(engine: &Engine, request: &PublishRequest, context: &Context) -> Result<()> {
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let (what_if, confirm) = (request.what_if, request.confirm);
    let options = Options { what_if, confirm, pass_thru: true, ..Options::default() };
    opening.run(Place::Directory("Publish-SmimeCertificate"), &options, |job| {
        publish(job, gather(engine, request))
    })
}

/// Everything that the request names, read.
fn gather(engine: &Engine, request: &PublishRequest) -> Publication {
    let password = engine.secret(CERTIFICATE_PASSWORD);
    let password = password.as_ref().map(|password| password.as_slice());
    let files = request.path.iter().map(|path| certificate_file::read(path, password));
    let given = request.certificate.iter().enumerate().map(|(index, text)| {
        certificate_file::read_base64(&format!("certificate {} of the request", index + 1), text)
    });
    let (identity, force) = (request.identity.clone(), request.force);
    let mut publication = Publication { identity, force, ..Publication::default() };
    for read in files.chain(given) {
        match read {
            Ok(certificates) => publication.certificates.extend(certificates),
            Err(error) => publication.unreadable.push(error),
        }
    }
    publication
}
