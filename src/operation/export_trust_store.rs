//! `ExportTrustStore`: the issuing CAs as a file.

use super::{engine::Engine, request::ExportTrustStoreRequest};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel, ResultType},
    exchange::trust_store::{self as store, PresentStore},
    model::{Timestamp, TrustStore},
    places::{self, profile_store},
    trust::load_anchors,
};

/// Writes the profile's trust anchors as a file.
/// Fails as the profile and its anchors do; `InvalidRequest`, `TrustStoreRefused`, `TargetNotWritable`, `DiskFull`.
pub(super) fn run(engine: &Engine, request: &ExportTrustStoreRequest, context: &Context) -> Result<()> {
    let profile = profile_store::load(&engine.places()?, &request.profile_name)?.profile;
    let anchors = load_anchors(&profile.trust.trust_anchor_path)?;
    store::refuse_expired(&anchors.certificates(), Timestamp::now())?;
    let certificates = store::by_subject(anchors.certificates());
    let path = &request.path;
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let bytes = match extension.as_str() {
        "sst" => store::serialize(&certificates)?,
        "p7b" => store::as_pkcs7(&certificates),
        _ => {
            let what = format!("The file '{}' ends neither in .sst nor in .p7b.", path.display());
            return Err(Error::new(ErrorId::InvalidRequest, what)
                .target(path.display().to_string())
                .advice("Name the file .sst for Exchange, or .p7b for other programs."));
        }
    };
    if extension == "sst"
        && let Some(warning) = store::too_large(&bytes)
    {
        context.log(LogLevel::Warning, warning)?;
    }
    let write = if request.force { places::write_private_file } else { places::write_new_file };
    write(path, &bytes, ErrorId::TargetNotWritable)?;
    let result = TrustStore {
        profile_name: profile.name,
        path: Some(path.display().to_string()),
        size: store::size(&bytes),
        published: false,
        certificate: store::rows(&certificates, &PresentStore::default()),
    };
    context.result(ResultType::TrustStore, &result)
}
