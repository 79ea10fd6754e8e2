//! Recipients of the source and of the organisation, made to order.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use smime_sync::model::{Attribute, Recipient, RecipientKind, Value};

use crate::common::certificates::{Authority, Draft};

static ROOT: LazyLock<Authority> = LazyLock::new(|| Authority::root("CN=Root", 1));

/// The CA of everybody's certificates.
pub fn root() -> Vec<u8> {
    ROOT.der.clone()
}

/// A certificate of another CA.
pub fn stranger(address: &str) -> Vec<u8> {
    static OTHER: LazyLock<Authority> = LazyLock::new(|| Authority::root("CN=Other", 2));
    Draft::person(address).serial(&[9]).valid_today().sign(&OTHER)
}

/// A certificate for an address, valid now; another serial number is another certificate.
pub fn certificate(address: &str, serial: u8) -> Vec<u8> {
    Draft::person(address).serial(&[serial]).valid_today().sign(&ROOT)
}

/// `name@contoso.test` in the source, with values of `userCertificate`.
pub fn source(name: &str, values: &[Vec<u8>]) -> Recipient {
    let address = format!("{name}@contoso.test");
    Recipient {
        display_name: Some(name.to_uppercase()),
        mail: Some(address.clone()),
        proxy_addresses: vec![address.clone()],
        primary_smtp_address: Some(address.clone()),
        user_principal_name: Some(address),
        sam_account_name: Some(name.to_owned()),
        values: values.iter().map(|bytes| Value::new(Attribute::UserCertificate, bytes.as_slice())).collect(),
        ..Recipient::new(guid(name), format!("CN={name},DC=contoso,DC=test"), RecipientKind::User)
    }
}

/// One with a certificate for its own address.
pub fn person(name: &str) -> Recipient {
    source(name, &[certificate(&format!("{name}@contoso.test"), 1)])
}

/// A partner outside.
pub fn partner(address: &str) -> Recipient {
    Recipient {
        kind: RecipientKind::Contact,
        anchor: guid(address),
        mail: Some(address.to_owned()),
        proxy_addresses: Vec::new(),
        primary_smtp_address: None,
        user_principal_name: None,
        ..source("partner", &[certificate(address, 1)])
    }
}

/// A GUID for a name; the source's anchor, which Exchange on premises shows as `Guid`.
pub fn guid(name: &str) -> String {
    let hash = smime_sync::model::Fingerprint::of(name.as_bytes()).0;
    uuid::Uuid::from_bytes(hash[..16].try_into().unwrap()).to_string()
}

/// `name@contoso.test` in Exchange, with fields added or replaced.
pub fn recipient(name: &str, kind: &str, more: Json) -> Json {
    let mut recipient = json!({
        "Guid": guid(&format!("exchange {name}")),
        "PrimarySmtpAddress": format!("{name}@contoso.test"),
        "RecipientTypeDetails": kind,
        "Name": name,
    });
    for (field, value) in more.as_object().into_iter().flatten() {
        recipient[field] = value.clone();
    }
    recipient
}

pub fn mailbox(name: &str) -> Json {
    recipient(name, "UserMailbox", json!({}))
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
