//! The hashes and texts that the state keeps, to tell what has changed since an earlier run.
//!
//! Each byte that is hashed is spelt out here, whatever enums and fields are named elsewhere: another one would
//! evaluate all recipients of every profile again, and hold the next plan with removals. States of earlier versions
//! are compared as well, so a new form has to come with a migration.

use std::path::Path;

use serde_json::Value as Json;

use crate::{
    model::{Fingerprint, Named, Recipient, RecipientKind},
    policy::RULES_VERSION,
    profile::{
        DirectorySettings, DisabledAccount, FileSettings, Ownership, Profile, PublicationSettings, Source,
        SourceKind,
    },
};

/// Everything that a recipient's evaluation depends on, but the time: also the version of the rules, so that a new
/// version of SmimeSync judges everybody anew.
pub(super) fn input(recipient: &Recipient, policy: Fingerprint, disabled: DisabledAccount) -> Fingerprint {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut add = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&policy.0);
    add(&RULES_VERSION.to_le_bytes());
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
    // Nothing is added for those who have none, as in the first version.
    if !recipient.untrimmed.is_empty() {
        add(list(&recipient.untrimmed).as_bytes());
    }
    for value in &recipient.values {
        add(value.attribute.name().as_bytes());
        add(&value.bytes);
    }
    let mut input = [0; 32];
    input.copy_from_slice(hash.finish().as_ref());
    Fingerprint(input)
}

/// What of [`input`] is the same for all recipients: where it is the same as at their last evaluation, and nothing of them
/// has changed, nothing of that evaluation has.
pub(super) fn basis(policy: Fingerprint, disabled: DisabledAccount) -> Fingerprint {
    Fingerprint::of(format!("{policy} {RULES_VERSION} {}", disabled_account(disabled)).as_bytes())
}

/// A hash over policy and scope: what decides who gets what. What a profile's file says without effect is part of it,
/// since the first version hashed the file's settings whatever the source and target. `target` is the name by which the
/// state knows it.
pub(super) fn scope(profile: &Profile, target: &str, policy: Fingerprint) -> Fingerprint {
    let source = profile.source();
    let directory = source.directory();
    let ignored = |setting| profile.ignored.raw(setting);
    let ignored_text = |setting| ignored(setting).and_then(Json::as_str);
    let ignored_bases = ignored(&DirectorySettings::SearchBase).and_then(Json::as_array);
    let ignored_bases: Vec<String> =
        ignored_bases.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    // A text in files of the first version, a list since; the first of it counts.
    let ignored_server =
        ignored(&DirectorySettings::Server).and_then(|server| server.get(0).unwrap_or(server).as_str());
    let server = directory.map(DirectorySettings::place).filter(|place| !place.is_empty());
    let filter = directory.and_then(|directory| directory.filter.as_deref());
    let file = source.file().map(|file| file.path.as_path());
    let publication = profile.target.publication();
    let ignored_ownership = ignored_text(&PublicationSettings::Ownership).unwrap_or("Managed");
    let mut parts = vec![
        source_kind(source.kind()).into(),
        optional(server.or(ignored_server).map(text)),
        list(directory.map_or(&ignored_bases, |directory| &directory.search_base)),
        optional(filter.or_else(|| ignored_text(&DirectorySettings::Filter)).map(text)),
        optional(file.or_else(|| ignored_text(&FileSettings::Path).map(Path::new)).map(path)),
        text(target),
        publication.map_or(ignored_ownership, |publication| ownership(publication.ownership)).into(),
        disabled_account(profile.policy.disabled_account).into(),
    ];
    // Nothing is added where they say nothing, as in the first version.
    let more = directory.into_iter().flat_map(|directory| {
        [("ExcludedSearchBase", &directory.excluded_search_base), ("MemberOf", &directory.member_of)]
    });
    parts.extend(
        more.filter(|(_, names)| !names.is_empty()).map(|(name, names)| format!("{name} {}", list(names))),
    );
    parts.extend(attribute_map(source));
    parts
        .extend(profile.additional_sources().iter().map(|additional| additional_source(additional.source())));
    let scope = tuple(&parts);
    Fingerprint::of(format!("{policy} {scope}").as_bytes())
}

fn additional_source(source: &Source) -> String {
    let Some(directory) = source.directory() else { return String::new() };
    let parts = [
        format!("AdditionalSource {}", source_kind(source.kind())),
        text(directory.place()),
        list(&directory.search_base),
        list(&directory.excluded_search_base),
        list(&directory.member_of),
        optional(directory.filter.as_deref().map(text)),
    ];
    tuple(&parts.into_iter().chain(attribute_map(source)).collect::<Vec<_>>())
}

/// The names of a directory; none where it has ours.
fn attribute_map(source: &Source) -> Option<String> {
    let map = source.attribute_map().filter(|map| !map.is_empty())?;
    let names: Vec<String> = map.iter().map(|(ours, theirs)| format!("{ours}={theirs}")).collect();
    Some(format!("AttributeMap {}", list(&names)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Settings;

    #[test]
    fn settings_that_a_file_keeps_without_effect_are_hashed_as_the_first_version_did() {
        let root = if cfg!(windows) { "C:" } else { "" };
        let policy = Fingerprint([7; 32]);
        let cases = [
            (
                r#""Source": "Ldif", "Path": "/f""#,
                r#"Ldif, None, [], None, Some("ROOT/f"), "Folder ROOT/o", Managed, Keep"#,
            ),
            (
                r#""Source": "Ldif", "Path": "/f", "Server": "dc1", "SearchBase": ["DC=x", "DC=y"], "Filter": """#,
                r#"Ldif, Some("dc1"), ["DC=x", "DC=y"], Some(""), Some("ROOT/f"), "Folder ROOT/o", Managed, Keep"#,
            ),
            (
                r#""Source": "ActiveDirectory", "Server": "dc1", "SearchBase": ["DC=x"], "Path": "/old", "Ownership": "Authoritative""#,
                r#"ActiveDirectory, Some("dc1"), ["DC=x"], None, Some("ROOT/old"), "Folder ROOT/o", Authoritative, Keep"#,
            ),
            (
                r#""Source": "ActiveDirectory", "Server": "dc1", "SearchBase": ["DC=x"], "Target": "ActiveDirectory", "Ownership": "Authoritative""#,
                r#"ActiveDirectory, Some("dc1"), ["DC=x"], None, None, "ActiveDirectory dc1", Authoritative, Keep"#,
            ),
            (
                r#""Source": "Directory", "Server": "ldap1", "SearchBase": ["O=x"], "AttributeMap": {}"#,
                r#"Directory, Some("ldap1"), ["O=x"], None, None, "Folder ROOT/o", Managed, Keep"#,
            ),
            (
                r#""Source": "Directory", "Server": "ldap1", "SearchBase": ["O=x"], "AttributeMap": {"mail": "m", "displayname": "cn"}"#,
                r#"Directory, Some("ldap1"), ["O=x"], None, None, "Folder ROOT/o", Managed, Keep, AttributeMap ["displayName=cn", "mail=m"]"#,
            ),
            (
                r#""Source": "Directory", "Server": "ldap1", "SearchBase": ["O=x"], "AdditionalSource": [{"Source": "Directory", "Server": "b", "AttributeMap": {"mail": "m"}}]"#,
                r#"Directory, Some("ldap1"), ["O=x"], None, None, "Folder ROOT/o", Managed, Keep, (AdditionalSource Directory, "b", [], [], [], None, AttributeMap ["mail=m"])"#,
            ),
        ];
        for (file, scoped) in cases {
            let target = if file.contains("\"Target\"") { "" } else { r#", "Target": "Folder""# };
            let file = format!(r#"{{"Name": "corp", {file}{target}, "OutputPath": "/o"}}"#);
            let file = file.replace("\"/", &format!("\"{root}/"));
            let settings: Settings = serde_json::from_str(&file).unwrap();
            let profile = Profile::from_settings(&settings, &|_| false).unwrap();
            let first_version = format!("{policy} ({})", scoped.replace("ROOT", root));
            assert_eq!(
                scope(&profile, &profile.target_text(), policy),
                Fingerprint::of(first_version.as_bytes()),
                "{file}"
            );
        }
    }
}
