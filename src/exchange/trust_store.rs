//! The CA certificates against which Outlook on the web checks S/MIME: `SMIMECertificateIssuingCA` of
//! `Get-SmimeConfig` and `Set-SmimeConfig`, a serialized certificate store.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{CmdletChannel, Command, Confirm, Parameter, Property};
use crate::{
    certificate::{Certificate, SerializedStore, read_store, write_certs_only, write_store},
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Fingerprint, Timestamp, TrustStoreCertificate},
};

const STORE: &str = "SMIMECertificateIssuingCA";

/// The store of the organisation, as it is; `None` where there is none.
/// Fails with what the channel says, and with `TrustStoreUnreadable` for what is no bytes.
pub fn read(channel: &mut dyn CmdletChannel, context: &Context) -> Result<Option<Vec<u8>>> {
    let command = Command { select: &[STORE], ..Command::new("Get-SmimeConfig", Vec::new()) };
    let output = run(channel, command, context)?;
    let bytes = match output.objects.first().and_then(|config| config.get(STORE)) {
        None => return Ok(None),
        Some(Property::Binary(bytes)) => Some(bytes.clone()),
        Some(Property::Text(text)) => BASE64.decode(text).ok(),
        Some(_) => None,
    };
    let bytes = bytes.ok_or_else(|| unreadable(channel, "it is not a sequence of bytes"))?;
    Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
}

/// Replaces the store of the organisation. Fails with what the channel says.
pub fn write(channel: &mut dyn CmdletChannel, store: Vec<u8>, context: &Context) -> Result<Vec<String>> {
    let command = Command {
        confirm: Confirm::Execute,
        ..Command::new("Set-SmimeConfig", vec![(STORE, Parameter::Binary(store))])
    };
    run(channel, command, context).map(|output| output.warnings)
}

fn run(channel: &mut dyn CmdletChannel, command: Command, context: &Context) -> Result<super::Output> {
    let mut results = channel.invoke(&[command], context)?;
    let none = || Error::new(ErrorId::Internal, format!("{} gave no answer to a cmdlet.", channel.name()));
    results.pop().ok_or_else(none)?
}

fn unreadable(channel: &dyn CmdletChannel, reason: impl std::fmt::Display) -> Error {
    let name = channel.name();
    let message = format!("The S/MIME trust store of {name} can't be read: {reason}.");
    Error::new(ErrorId::TrustStoreUnreadable, message).target(name)
}

/// The certificates of a store that [`read`] gave; none for none.
/// Fails with `TrustStoreUnreadable`: what can't be read would be lost.
pub fn parse(channel: &dyn CmdletChannel, store: Option<&[u8]>) -> Result<PresentStore> {
    let Some(bytes) = store else { return Ok(PresentStore::default()) };
    let SerializedStore { certificates, lists } =
        read_store(bytes).map_err(|reason| unreadable(channel, reason))?;
    let mut present = PresentStore { lists, ..PresentStore::default() };
    for (position, der) in (1_usize..).zip(&certificates) {
        let certificate = Certificate::from_der(der)
            .map_err(|reason| unreadable(channel, format!("its certificate number {position}: {reason}")))?;
        present.certificates.insert(certificate.fingerprint, certificate);
    }
    Ok(present)
}

/// What a store holds now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresentStore {
    /// Its certificates.
    pub certificates: BTreeMap<Fingerprint, Certificate>,
    /// How many lists (of revoked certificates, of trusted ones) are in it besides.
    pub lists: usize,
}

/// A store to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedStore {
    /// The serialized store.
    pub bytes: Vec<u8>,
    /// Its certificates, in the order of their subjects.
    pub certificates: Vec<Certificate>,
    /// Those that are there now and have expired; they are left out, since the cmdlet would refuse them.
    pub expired: Vec<Certificate>,
    /// Whether it holds anything that is not there now.
    pub adds: bool,
}

/// The trust anchors, with what is there already.
/// Fails with `TrustStoreRefused`, naming each anchor that has expired.
pub fn merge(anchors: &[&Certificate], present: &PresentStore, now: Timestamp) -> Result<MergedStore> {
    refuse_expired(anchors, now)?;
    let (expired, valid): (Vec<_>, Vec<_>) =
        present.certificates.values().partition(|certificate| is_expired(certificate, now));
    let adds = anchors.iter().any(|anchor| !present.certificates.contains_key(&anchor.fingerprint));
    let all = anchors.iter().copied().chain(valid);
    let unique: BTreeMap<Fingerprint, &Certificate> = all.map(|one| (one.fingerprint, one)).collect();
    let certificates = by_subject(unique.into_values());
    let bytes = serialize(&certificates)?;
    Ok(MergedStore { bytes, certificates, expired: expired.into_iter().cloned().collect(), adds })
}

/// Certificates in the order of their subjects; of one subject, of their fingerprints.
pub fn by_subject<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<Certificate> {
    let mut sorted: Vec<_> = certificates.into_iter().cloned().collect();
    sorted.sort_by_cached_key(|one| (one.subject.to_string().to_lowercase(), one.fingerprint));
    sorted
}

/// The serialized store of these certificates, in this order.
pub fn serialize(certificates: &[Certificate]) -> Result<Vec<u8>> {
    write_store(certificates.iter().map(Certificate::der)).map_err(|reason| {
        Error::new(ErrorId::TrustStoreRefused, format!("The trust store can't be written: {reason}."))
    })
}

/// The same certificates as other programs take them: PKCS#7, as a .p7b file holds it.
pub fn as_pkcs7(certificates: &[Certificate]) -> Vec<u8> {
    write_certs_only(certificates.iter().map(Certificate::der))
}

/// Fails with `TrustStoreRefused`, naming each that has expired: `Set-SmimeConfig` checks each certificate, "and if
/// any certificates are expired, the operation will fail" (Microsoft: Set-SmimeConfig).
pub fn refuse_expired(certificates: &[&Certificate], now: Timestamp) -> Result<()> {
    let names: Vec<_> = certificates
        .iter()
        .filter(|certificate| is_expired(certificate, now))
        .map(|certificate| certificate.describe())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let message =
        format!("Exchange takes no trust store with expired CA certificates: {}.", names.join(", "));
    Err(Error::new(ErrorId::TrustStoreRefused, message).target(names.join(", ")))
}

fn is_expired(certificate: &Certificate, now: Timestamp) -> bool {
    certificate.not_after < now
}

/// The certificates as results show them: which of them are in the `present` store already?
pub fn rows(certificates: &[Certificate], present: &PresentStore) -> Vec<TrustStoreCertificate> {
    let row = |certificate: &Certificate| TrustStoreCertificate {
        subject: certificate.subject.to_string(),
        thumbprint: hex::encode_upper(certificate.thumbprint),
        fingerprint: certificate.fingerprint,
        not_after: certificate.not_after,
        present: present.certificates.contains_key(&certificate.fingerprint),
    };
    certificates.iter().map(row).collect()
}

/// The bytes of a store, counted.
pub fn size(store: &[u8]) -> u64 {
    u64::try_from(store.len()).unwrap_or(u64::MAX)
}
