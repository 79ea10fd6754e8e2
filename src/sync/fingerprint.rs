//! The hashes and texts that the state keeps, to tell what has changed since an earlier run.
//!
//! Each byte that is hashed is spelt out here, whatever enums and fields are named elsewhere: another one would
//! evaluate all recipients of every profile again, and hold the next plan with removals. States of earlier versions
//! are compared as well, so a new form has to come with a migration.

use std::path::Path;

use crate::{
    model::{Fingerprint, Named, Recipient, RecipientKind},
    profile::{DisabledAccount, Ownership, Profile, SourceKind},
};

/// Everything that a recipient's evaluation depends on, but the time.
pub(super) fn input(recipient: &Recipient, policy: Fingerprint, disabled: DisabledAccount) -> Fingerprint {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut add = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&policy.0);
    add(disabled_account(disabled).as_bytes());
    add(tuple(&[
        text(&recipient.distinguished_name),
        recipient_kind(recipient.kind).into(),
        recipient.disabled.to_string(),
        optional(recipient.display_name.as_deref().map(text)),
        optional(recipient.mail.as_deref().map(text)),
        list(&recipient.proxy_addresses),
        optional(recipient.primary_smtp_address.as_deref().map(text)),
        optional(recipient.user_principal_name.as_deref().map(text)),
    ])
    .as_bytes());
    for value in &recipient.values {
        add(value.attribute.name().as_bytes());
        add(&value.bytes);
    }
    let mut input = [0; 32];
    input.copy_from_slice(hash.finish().as_ref());
    Fingerprint(input)
}

/// A hash over policy and scope: what decides who gets what.
pub(super) fn scope(profile: &Profile, policy: Fingerprint) -> Fingerprint {
    let source = profile.source();
    let directory = source.directory();
    let scope = tuple(&[
        source_kind(source.kind()).into(),
        optional(directory.map(|directory| text(&directory.server))),
        list(directory.map_or(&[], |directory| &directory.search_base)),
        optional(directory.and_then(|directory| directory.filter.as_deref()).map(text)),
        optional(source.file().map(|file| path(&file.path))),
        text(&profile.target_text()),
        ownership(profile.target.ownership()).into(),
        disabled_account(profile.policy.disabled_account).into(),
    ]);
    Fingerprint::of(format!("{policy} {scope}").as_bytes())
}

fn source_kind(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::ActiveDirectory => "ActiveDirectory",
        SourceKind::Directory => "Directory",
        SourceKind::Ldif => "Ldif",
        SourceKind::Csv => "Csv",
    }
}

fn ownership(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Managed => "Managed",
        Ownership::Authoritative => "Authoritative",
    }
}

fn disabled_account(means: DisabledAccount) -> &'static str {
    match means {
        DisabledAccount::Keep => "Keep",
        DisabledAccount::Remove => "Remove",
    }
}

fn recipient_kind(kind: RecipientKind) -> &'static str {
    match kind {
        RecipientKind::User => "User",
        RecipientKind::SharedMailbox => "SharedMailbox",
        RecipientKind::RoomMailbox => "RoomMailbox",
        RecipientKind::MailUser => "MailUser",
        RecipientKind::Contact => "Contact",
    }
}

/// In quotes, with the escapes of Rust's text, as the first version wrote it.
fn text(text: &str) -> String {
    format!("{text:?}")
}

/// The same of a path, which Rust escapes a little differently.
fn path(path: &Path) -> String {
    format!("{path:?}")
}

fn optional(value: Option<String>) -> String {
    value.map_or("None".to_owned(), |value| format!("Some({value})"))
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "))
}

fn tuple(parts: &[String]) -> String {
    format!("({})", parts.join(", "))
}
