//! What is generated from the table of settings (`src/profile/settings.rs`): docs/settings.md, and the parameters,
//! names and help of `New-` and `Set-SmimeSyncProfile`. `SMIME_SYNC_BLESS=1` writes them anew.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use smime_sync::profile::{NAME, Setting, Values, all_settings};

use crate::common::generated::compare_or_bless;

pub mod powershell;

/// The values of a setting with named ones, each with what it means.
fn choices(setting: &Setting) -> Vec<(String, String)> {
    let mut generator = schemars::SchemaGenerator::default();
    let schema = setting.schema(&mut generator);
    let definitions = generator.take_definitions(true);
    let (Values::Choice(names), Some(target)) = (setting.values, reference(schema.as_value())) else {
        return Vec::new();
    };
    let forms = definitions[target.rsplit('/').next().unwrap()]["oneOf"].as_array().unwrap();
    let choice = |form: &Json| {
        let text = |field: &str| form[field].as_str().unwrap().to_owned();
        (text("const"), text("description").replace('\n', " "))
    };
    let choices: Vec<(String, String)> = forms.iter().map(choice).collect();
    assert_eq!(choices.iter().map(|(name, _)| name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    choices
}

/// Where a schema refers to.
fn reference(schema: &Json) -> Option<String> {
    match schema {
        Json::Object(fields) => fields.iter().find_map(|(name, value)| match value {
            Json::String(target) if name == "$ref" => Some(target.clone()),
            inner => reference(inner),
        }),
        Json::Array(items) => items.iter().find_map(reference),
        _ => None,
    }
}

/// The default as people read it; none where it is nothing.
fn default_of(setting: &Setting) -> Option<String> {
    match setting.default_value()? {
        Json::Bool(_) => None,
        Json::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

const INTRODUCTION: &str = "\
# The settings of a profile

Generated from `src/profile/settings.rs`; after a change there: `SMIME_SYNC_BLESS=1 cargo test --test abi settings`.

Each is a parameter of `New-SmimeSyncProfile` and `Set-SmimeSyncProfile`. With `Set-`, an empty one (`$null`, an empty \
text, list or hashtable; of a switch `$false`) goes back to its default; one that is required has none. A file of a profile keeps only what differs from the defaults; a setting of \
another source or target has no effect, and to give one another value than its default is an error.
";

/// What a setting takes, as a cell of a table.
fn values(setting: &Setting) -> String {
    let one = match setting.values {
        Values::Text => "text".to_owned(),
        Values::Guid => "GUID".into(),
        Values::Thumbprint => "40 hexadecimal digits".into(),
        Values::Word => "letters and digits".into(),
        Values::Address => "address".into(),
        Values::Proxy => "address, `System`, `None`".into(),
        Values::Path => "path".into(),
        Values::Number { .. } | Values::Seconds { .. } => setting.values.describe(),
        Values::Switch => "switch".into(),
        Values::Map => "names by name, as a hashtable".into(),
        Values::Source => "settings by name".into(),
        Values::Choice(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    if setting.list { format!("any number of: {one}") } else { one }
}

fn row(setting: &Setting) -> String {
    let default = match (setting.required, default_of(setting)) {
        (true, _) => "required".to_owned(),
        (false, default) => default.map(|text| format!("`{text}`")).unwrap_or_default(),
    };
    format!("| `-{}` | {} | {default} | {} |\n", setting.name, values(setting), setting.help)
}

/// The sources and targets of a setting, as a heading.
fn heading(setting: &Setting) -> String {
    let names = |kinds: Vec<String>, what: &str| match kinds.len() {
        0 => None,
        1 => Some(format!("{what} {}", kinds.join(", "))),
        _ => Some(format!("{what}s {}", kinds.join(", "))),
    };
    let sources = setting.sources().iter().map(|kind| format!("`{kind:?}`")).collect();
    let targets = setting.targets().iter().map(|kind| format!("`{kind:?}`")).collect();
    let parts: Vec<String> = names(sources, "Source").into_iter().chain(names(targets, "Target")).collect();
    if parts.is_empty() { "Every profile".into() } else { parts.join("; ") }
}

fn document() -> String {
    let mut headings: Vec<String> = Vec::new();
    for setting in all_settings() {
        let heading = heading(setting);
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let section = |title: &String| {
        let settings: Vec<&Setting> = all_settings().filter(|setting| heading(setting) == *title).collect();
        let rows: String = settings.iter().map(|setting| row(setting)).collect();
        let meanings = settings.iter().map(|setting| meaning(setting)).collect::<String>();
        format!("\n## {title}\n| setting | takes | default | is for |\n|---|---|---|---|\n{rows}{meanings}")
    };
    INTRODUCTION.to_owned() + &headings.iter().map(section).collect::<String>()
}

/// What the named values of a setting mean.
fn meaning(setting: &Setting) -> String {
    let choices = choices(setting);
    if choices.is_empty() {
        return String::new();
    }
    let items: String = choices.iter().map(|(name, text)| format!("- `{name}`: {text}\n")).collect();
    format!("\n`-{}`:\n{items}", setting.name)
}

#[test]
fn the_committed_page_is_that_of_the_table() {
    compare_or_bless("docs/settings.md", "abi settings", &document());
}

#[test]
fn every_setting_has_one_name_and_a_helpful_sentence() {
    let mut names = BTreeSet::new();
    for setting in all_settings() {
        assert!(names.insert(setting.name), "{} is there twice", setting.name);
        assert!(setting.help.ends_with('.') && setting.help.len() > 8, "{}", setting.name);
        assert!(setting.name.starts_with(|c: char| c.is_ascii_uppercase()), "{}", setting.name);
    }
}

#[test]
fn a_default_is_a_value_that_the_setting_takes() {
    for setting in all_settings().filter(|setting| setting.name != NAME.name) {
        let Some(default) = setting.default_value() else { continue };
        let taken = match setting.values {
            Values::Number { least, most } | Values::Seconds { least, most } => {
                default.as_u64().is_some_and(|number| (least..=most).contains(&number))
            }
            Values::Switch => default.is_boolean(),
            Values::Choice(names) => names.contains(&default.as_str().unwrap()),
            Values::Proxy => default == "System",
            _ => false,
        };
        assert!(taken, "{}: {default}", setting.name);
    }
}
