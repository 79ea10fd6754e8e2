//! Recipients' certificates, parsed and judged.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Engine, connect, profile_store,
    request::{CertificateSource, GetCertificateRequest},
};
use crate::{
    directory::{Identities, Selection, SourceItem},
    error::Result,
    event::{Context, ResultType},
    model::{
        Attribute, CertificateState, Finding, Fingerprint, JudgedCertificate, PublishedRecipient, Purpose,
        Recipient, RecipientKind, Timestamp, Value,
    },
    parallel,
    profile::Profile,
    state::State,
};

/// One certificate of a recipient, judged; or a value in which none could be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RecipientCertificate {
    /// The profile that judged it.
    pub profile_name: String,
    /// The recipient's address, user principal name or DN.
    pub recipient: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// The recipient's anchor in the source.
    pub anchor: String,
    /// Where the recipient is in the directory.
    pub distinguished_name: String,
    /// The attribute of the value.
    pub attribute: Attribute,
    /// The value's place among the recipient's values of that attribute, from 0.
    pub position: usize,
    /// The SHA-256 of the value.
    pub value: Fingerprint,
    /// `Certificate`, `SignedData`, `OxoAbk` or `Unknown`.
    pub form: String,
    /// Subject, as RFC 4514 text; `null`, like all that follows up to `Purpose`, where nothing could be read.
    pub subject: Option<String>,
    /// Issuer, as RFC 4514 text.
    pub issuer: Option<String>,
    /// Serial number, upper-case hexadecimal.
    pub serial_number: Option<String>,
    /// SHA-1 of the DER, as Windows shows it.
    pub thumbprint: Option<String>,
    /// SHA-256 of the DER.
    pub fingerprint: Option<Fingerprint>,
    /// Start of its validity.
    pub not_before: Option<Timestamp>,
    /// End of its validity.
    pub not_after: Option<Timestamp>,
    /// Mail addresses it names.
    pub addresses: Vec<String>,
    /// `RSA`, `EC P-256`, …
    pub key_algorithm: Option<String>,
    /// Bits.
    pub key_size: Option<u32>,
    /// `sha256WithRSAEncryption`, …
    pub signature_algorithm: Option<String>,
    /// Names of the key usage bits.
    pub key_usage: Vec<String>,
    /// Names or OIDs of the extended key usages.
    pub extended_key_usage: Vec<String>,
    /// What it can be used for.
    pub purpose: Purpose,
    /// What became of it.
    pub state: CertificateState,
    /// What speaks against it, gravest first.
    pub findings: Vec<Finding>,
    /// Findings on the recipient as a whole.
    pub recipient_findings: Vec<Finding>,
    /// The certificate's DER in base64.
    pub raw_data: Option<String>,
}

/// Recipients that are judged at a time: enough for all cores, and soon there.
const BATCH: usize = 64;

pub(super) fn get(engine: &Engine, request: &GetCertificateRequest, context: &Context) -> Result<()> {
    let stored = profile_store::load(&engine.places()?, &request.profile_name)?;
    let profile = &stored.profile;
    let judge = connect::Judge::of(profile, Timestamp::now())?;
    let selection = match request.identity.as_slice() {
        [] => Selection::All,
        some => Selection::Identities(some.to_vec()),
    };
    let mut named = Identities::new(&request.identity);
    let mut batch = Vec::new();
    let hand_over = |batch: &mut Vec<Recipient>| {
        let evaluations = parallel::map(batch, |recipient| judge.evaluate(recipient));
        batch.drain(..).zip(evaluations).try_for_each(|(recipient, evaluation)| {
            let findings = evaluation.findings;
            evaluation.certificates.into_iter().try_for_each(|judged| {
                context.result(ResultType::Certificate, &row(&profile.name, &recipient, &findings, judged))
            })
        })
    };
    read(engine, request, profile, &selection, context, &mut |item| {
        context.check()?;
        match item {
            SourceItem::Invalid(error) => context.error(error),
            SourceItem::Recipient(recipient) => {
                named.note(&recipient);
                batch.push(recipient);
                if batch.len() < BATCH { Ok(()) } else { hand_over(&mut batch) }
            }
        }
    })?;
    hand_over(&mut batch)?;
    let place = match request.source {
        CertificateSource::Directory => "source",
        CertificateSource::Target => "target",
        CertificateSource::State => "state",
    };
    let unknown = named.unknown(&format!("{place} of profile '{}'", profile.name));
    unknown.into_iter().try_for_each(|error| context.error(error))
}

/// Hands over the selected recipients from where the request wants them.
fn read(
    engine: &Engine,
    request: &GetCertificateRequest,
    profile: &Profile,
    selection: &Selection,
    context: &Context,
    sink: &mut dyn FnMut(SourceItem) -> Result<()>,
) -> Result<()> {
    let credential = request.credential.as_ref();
    match request.source {
        CertificateSource::Directory => {
            connect::source(engine, profile, credential, context)?.read(selection, context, sink)
        }
        CertificateSource::Target => {
            connect::target(engine, profile, credential, context)?.read_all(selection, context, sink)
        }
        CertificateSource::State => match engine.read_state(&profile.name)? {
            Some(state) => read_published(&state, selection, sink),
            None => Ok(()),
        },
    }
}

/// Recipients of one page of the state.
const PAGE: usize = 500;

/// Hands over everybody for whom the profile published something, with the managed values.
fn read_published(
    state: &State,
    selection: &Selection,
    sink: &mut dyn FnMut(SourceItem) -> Result<()>,
) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = state.published_after(&after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.target);
        for published in page {
            let recipient = published_recipient(state, published)?;
            if selection.includes(&recipient) {
                sink(SourceItem::Recipient(recipient))?;
            }
        }
    }
}

fn published_recipient(state: &State, published: PublishedRecipient) -> Result<Recipient> {
    let known = state.evaluation(&published.anchor)?.map(|evaluation| evaluation.recipient);
    let mut values = Vec::with_capacity(published.managed.len());
    for managed in &published.managed {
        if let Some(bytes) = state.value(managed.value)? {
            values.push(Value::new(managed.attribute, bytes));
        }
    }
    Ok(Recipient {
        anchor: published.anchor,
        distinguished_name: known
            .as_ref()
            .map_or_else(|| published.label.clone(), |r| r.distinguished_name.clone()),
        kind: known.as_ref().map_or(RecipientKind::User, |known| known.kind),
        disabled: known.as_ref().is_some_and(|known| known.disabled),
        display_name: published.display_name,
        mail: known.as_ref().map_or(Some(published.label), |known| known.address.clone()),
        proxy_addresses: Vec::new(),
        primary_smtp_address: None,
        user_principal_name: known.and_then(|known| known.user_principal_name),
        sam_account_name: None,
        changed: None,
        values,
    })
}

fn row(
    profile: &str,
    recipient: &Recipient,
    findings: &[Finding],
    judged: JudgedCertificate,
) -> RecipientCertificate {
    let raw_data = (!judged.der.is_empty()).then(|| BASE64.encode(&judged.der));
    let base = RecipientCertificate {
        profile_name: profile.to_owned(),
        recipient: recipient.label().to_owned(),
        display_name: recipient.display_name.clone(),
        anchor: recipient.anchor.clone(),
        distinguished_name: recipient.distinguished_name.clone(),
        attribute: judged.attribute,
        position: judged.position,
        value: judged.value,
        form: judged.form,
        subject: None,
        issuer: None,
        serial_number: None,
        thumbprint: None,
        fingerprint: None,
        not_before: None,
        not_after: None,
        addresses: Vec::new(),
        key_algorithm: None,
        key_size: None,
        signature_algorithm: None,
        key_usage: Vec::new(),
        extended_key_usage: Vec::new(),
        purpose: Purpose::None,
        state: judged.state,
        findings: judged.findings,
        recipient_findings: findings.to_vec(),
        raw_data,
    };
    let Some(certificate) = judged.certificate else { return base };
    RecipientCertificate {
        subject: Some(certificate.subject),
        issuer: Some(certificate.issuer),
        serial_number: Some(certificate.serial_number),
        thumbprint: Some(certificate.thumbprint),
        fingerprint: Some(certificate.fingerprint),
        not_before: Some(certificate.not_before),
        not_after: Some(certificate.not_after),
        addresses: certificate.addresses,
        key_algorithm: Some(certificate.key_algorithm),
        key_size: certificate.key_size,
        signature_algorithm: Some(certificate.signature_algorithm),
        key_usage: certificate.key_usage,
        extended_key_usage: certificate.extended_key_usage,
        purpose: certificate.purpose,
        ..base
    }
}
