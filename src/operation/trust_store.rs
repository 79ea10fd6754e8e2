//! The trust store: the issuing CAs as a file, and uploaded to Exchange.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Engine, exchange, profile_store,
    request::{ExportTrustStoreRequest, PublishTrustStoreRequest},
};
use crate::{
    certificate::{Certificate, write_certs_only},
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel, Question, ResultType},
    exchange::{
        CmdletChannel,
        trust_store::{self as store, MergedStore, PresentStore},
    },
    model::{Fingerprint, Timestamp},
    places,
    trust::{TrustAnchors, load_anchors},
};

/// The CA certificates against which Outlook on the web checks S/MIME certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct TrustStore {
    /// The profile whose trust anchors these are.
    pub profile_name: String,
    /// The file that was written, or in which the older trust store was saved; `null` where there is none.
    pub path: Option<String>,
    /// Bytes of the whole store.
    pub size: u64,
    /// Whether it was uploaded.
    pub published: bool,
    /// The certificates, in the order of their subjects.
    pub certificate: Vec<TrustStoreCertificate>,
}

/// One CA certificate of a trust store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct TrustStoreCertificate {
    /// Subject, as RFC 4514 text.
    pub subject: String,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: String,
    /// SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// End of its validity.
    pub not_after: Timestamp,
    /// Whether it was there already.
    pub present: bool,
}

impl TrustStoreCertificate {
    fn new(certificate: &Certificate, present: &PresentStore) -> Self {
        Self {
            subject: certificate.subject.to_string(),
            thumbprint: hex::encode_upper(certificate.thumbprint),
            fingerprint: certificate.fingerprint,
            not_after: certificate.not_after,
            present: present.certificates.contains_key(&certificate.fingerprint),
        }
    }
}

/// Writes the profile's trust anchors as a file.
/// Fails as the profile and its anchors do; `InvalidRequest`, `TrustStoreRefused`, `TargetNotWritable`, `DiskFull`.
pub(super) fn export(engine: &Engine, request: &ExportTrustStoreRequest, context: &Context) -> Result<()> {
    let profile = profile_store::load(&engine.places()?, &request.profile_name)?.profile;
    let anchors = load_anchors(&profile.trust.trust_anchor_path)?;
    store::refuse_expired(&anchors.certificates(), Timestamp::now())?;
    let certificates = store::by_subject(anchors.certificates());
    let path = &request.path;
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let bytes = match extension.as_str() {
        "sst" => store::serialize(&certificates)?,
        "p7b" => write_certs_only(certificates.iter().map(Certificate::der)),
        _ => {
            let what = format!("The file '{}' ends neither in .sst nor in .p7b.", path.display());
            return Err(Error::new(ErrorId::InvalidRequest, what)
                .target(path.display().to_string())
                .advice("Name the file .sst for Exchange, or .p7b for other programs."));
        }
    };
    write_file(path, &bytes, request.force, ErrorId::TargetNotWritable)?;
    let result = TrustStore {
        profile_name: profile.name,
        path: Some(path.display().to_string()),
        size: size(&bytes),
        published: false,
        certificate: rows(&certificates, &PresentStore::default()),
    };
    context.result(ResultType::TrustStore, &result)
}

/// Uploads the profile's trust anchors, merged with what is there.
/// Fails as the profile, its anchors and its channel do, and as [`publish_through`] does.
pub(super) fn publish(engine: &Engine, request: &PublishTrustStoreRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let mut channel = exchange::channel(engine, &stored.profile, context)?;
    let anchors = load_anchors(&stored.profile.trust.trust_anchor_path)?;
    let now = Timestamp::now();
    let backup = match &request.backup_path {
        Some(path) => path.clone(),
        None => {
            let time = now.rfc3339().replace([':', '-'], "");
            stored.places.state.join(format!("{}.trust-store-{time}.sst", stored.profile.name))
        }
    };
    let job = Publication {
        profile_name: &stored.profile.name,
        anchors: &anchors,
        backup,
        what_if: request.what_if,
        confirm: request.confirm,
        now,
    };
    publish_through(&job, channel.as_mut(), context)
}

/// What is to be published, and how.
pub struct Publication<'a> {
    /// The profile whose trust anchors these are.
    pub profile_name: &'a str,
    /// The trust anchors.
    pub anchors: &'a TrustAnchors,
    /// Where the store that is there is saved first.
    pub backup: PathBuf,
    /// Only tell what would be uploaded.
    pub what_if: bool,
    /// Ask before the upload.
    pub confirm: bool,
    /// The time at which certificates must be valid.
    pub now: Timestamp,
}

/// Reads the organisation's trust store, saves it, uploads it with the trust anchors that it lacks, and reads it
/// back. Nothing is uploaded where it lacks none. Results: one `TrustStore`.
/// Fails with `TrustStoreRefused`, `TrustStoreUnreadable`, `VerifyFailed`, `PlaceNotWritable`, `PlaceNotPrivate`,
/// `DiskFull`, and as the channel does.
pub fn publish_through(
    job: &Publication<'_>,
    channel: &mut dyn CmdletChannel,
    context: &Context,
) -> Result<()> {
    store::refuse_expired(&job.anchors.certificates(), job.now)?;
    let old = store::read(channel, context)?;
    let present = store::parse(channel, old.as_deref())?;
    let merged = store::merge(&job.anchors.certificates(), &present, job.now)?;
    let mut result = TrustStore {
        profile_name: job.profile_name.to_owned(),
        path: None,
        size: size(&merged.bytes),
        published: false,
        certificate: rows(&merged.certificates, &present),
    };
    if !merged.adds {
        let message = format!("All trust anchors are in the trust store of {} already.", channel.name());
        context.log(LogLevel::Verbose, message)?;
        result.size = old.as_deref().map_or(0, size);
        result.certificate = rows(&store::by_subject(present.certificates.values()), &present);
        return context.result(ResultType::TrustStore, &result);
    }
    warn_of_losses(&merged, &present, context)?;
    if job.what_if || (job.confirm && !is_approved(&merged, &present, channel, context)?) {
        return context.result(ResultType::TrustStore, &result);
    }
    if let Some(old) = &old {
        save(&job.backup, old)?;
        result.path = Some(job.backup.display().to_string());
        context.log(
            LogLevel::Verbose,
            format!("The older trust store was saved as '{}'.", job.backup.display()),
        )?;
    }
    for warning in store::write(channel, merged.bytes.clone(), context)? {
        context.log(LogLevel::Warning, warning)?;
    }
    verify(&merged, &present, channel, context)?;
    result.published = true;
    context.result(ResultType::TrustStore, &result)
}

/// What is there and will not be there any more.
fn warn_of_losses(merged: &MergedStore, present: &PresentStore, context: &Context) -> Result<()> {
    for expired in &merged.expired {
        let message = format!(
            "The CA certificate {} of the present trust store has expired and is left out, since Exchange would \
             refuse it.",
            expired.describe()
        );
        context.log(LogLevel::Warning, message)?;
    }
    if present.lists > 0 {
        let message = format!(
            "The present trust store holds {} lists of revoked or trusted certificates, which are left out.",
            present.lists
        );
        context.log(LogLevel::Warning, message)?;
    }
    Ok(())
}

fn is_approved(
    merged: &MergedStore,
    present: &PresentStore,
    channel: &dyn CmdletChannel,
    context: &Context,
) -> Result<bool> {
    let is_new = |one: &&Certificate| !present.certificates.contains_key(&one.fingerprint);
    let new: Vec<_> = merged.certificates.iter().filter(is_new).map(|one| one.subject.to_string()).collect();
    let action = format!(
        "Upload a trust store of {} CA certificates with Set-SmimeConfig; new: {}",
        merged.certificates.len(),
        new.join("; ")
    );
    let answers = context.ask(vec![Question::approve(channel.name(), action)])?;
    Ok(answers.first().is_some_and(|answer| answer.approved))
}

/// Reads back what was uploaded. What was there before may come from a replica that has not heard of it yet.
fn verify(
    merged: &MergedStore,
    before: &PresentStore,
    channel: &mut dyn CmdletChannel,
    context: &Context,
) -> Result<()> {
    let bytes = store::read(channel, context)?;
    let after = store::parse(channel, bytes.as_deref())?;
    let same =
        |fingerprints: &mut dyn Iterator<Item = &Fingerprint>| after.certificates.keys().eq(fingerprints);
    let mut uploaded: Vec<_> = merged.certificates.iter().map(|one| &one.fingerprint).collect();
    uploaded.sort_unstable();
    if same(&mut uploaded.into_iter()) {
        return Ok(());
    }
    let name = channel.name();
    if same(&mut before.certificates.keys()) {
        let message =
            format!("{name} still shows the older trust store; run again later to see whether it took.");
        return context.log(LogLevel::Warning, message);
    }
    let message =
        format!("The trust store of {name} is neither the one that was uploaded nor the older one.");
    Err(Error::new(ErrorId::VerifyFailed, message).target(name))
}

/// Keeps the older store, readable by its owner only.
fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    // A folder that the caller named is the caller's; ours is made where it is missing.
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        places::make_private_folder(folder)?;
    }
    write_file(path, bytes, false, ErrorId::PlaceNotWritable)
}

/// Writes a file at once, readable by its owner only. One that is there is replaced only with `force`.
fn write_file(path: &Path, bytes: &[u8], force: bool, id: ErrorId) -> Result<()> {
    if !force && path.exists() {
        let what = format!("The file '{}' exists already.", path.display());
        return Err(Error::new(id, what)
            .target(path.display().to_string())
            .advice("Give another path, or replace the file with -Force where the cmdlet has it."));
    }
    places::write_private_file(path, bytes, id)
}

fn rows(certificates: &[Certificate], present: &PresentStore) -> Vec<TrustStoreCertificate> {
    certificates.iter().map(|certificate| TrustStoreCertificate::new(certificate, present)).collect()
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
