//! The settings in PowerShell.

use smime_sync::profile::{NAME, SOURCE, Setting, TARGET, UNLIMITED, Values, all_settings};

use super::{choices, default_of};
use crate::{cmdlets::script::Parameter, common::generated::compare_or_bless};

/// The most characters of a line of help.
const WIDTH: usize = 113;

/// The settings as parameters: those of `New-SmimeSyncProfile`, or of `Set-`, where none must be given and each can
/// go back to its default.
pub fn parameters(new: bool) -> Vec<Parameter> {
    let settings = all_settings().filter(|setting| setting.name != NAME.name);
    let parameter = |setting: &'static Setting| Parameter {
        name: setting.name.to_owned(),
        help: help(setting),
        declaration: declaration(setting, new).iter().map(|line| format!("        {line}")).collect(),
    };
    settings.map(parameter).collect()
}

fn help(setting: &Setting) -> Vec<String> {
    let mut first = setting.described();
    if let Some(default) = default_of(setting) {
        first += &format!(" Default: {default}.");
    }
    let choices = choices(setting).into_iter().map(|(name, text)| format!("{name}: {text}"));
    std::iter::once(first).chain(choices).flat_map(|text| wrapped(&text.replace('`', ""))).collect()
}

/// The text in lines of comment help.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec!["   ".to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("    {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}

fn declaration(setting: &Setting, new: bool) -> Vec<String> {
    let mandatory = new && (setting.name == SOURCE.name || setting.name == TARGET.name);
    let mandatory = mandatory.then(|| "Parameter(Mandatory = $true)".to_owned());
    let (check, kind) = if new { first_value(setting) } else { other_value(setting) };
    let alias = (setting.name == "Path").then(|| "Alias('LiteralPath')".to_owned());
    let list = if setting.list { "[]" } else { "" };
    let attributes =
        [mandatory, check, alias].into_iter().flatten().map(|attribute| format!("[{attribute}]"));
    attributes.chain([format!("[{kind}{list}] ${}", setting.name)]).collect()
}

/// Check and type of a setting of a new profile.
fn first_value(setting: &Setting) -> (Option<String>, &'static str) {
    match setting.values {
        Values::Text | Values::Path | Values::Proxy => (None, "string"),
        Values::Guid => (None, "System.Nullable[guid]"),
        // Empty is none.
        Values::Thumbprint => (Some("ValidatePattern('^([0-9A-Fa-f]{40})?$')".into()), "string"),
        Values::Word => (Some("ValidatePattern('^[A-Za-z0-9]*$')".into()), "string"),
        Values::Address => (None, "uri"),
        Values::Number { least, most } => {
            assert!(most <= UNLIMITED);
            (Some(format!("ValidateRange({least}, {most})")), "int")
        }
        // The module makes seconds of a TimeSpan, and the library says what it takes: [int] would round.
        Values::Seconds { .. } => (None, "string"),
        Values::Switch => (None, "switch"),
        // [hashtable], [ordered] and what Get-SmimeSyncProfile shows.
        Values::Map => (None, "System.Collections.IDictionary"),
        // A hashtable, or what Get-SmimeSyncProfile shows.
        Values::Source => (None, "object"),
        Values::Choice(names) => (Some(format!("ValidateSet({})", quoted(names))), "string"),
    }
}

/// Check and type where `$null` and an empty text take the setting back to its default. PowerShell makes 0 of an empty
/// text for a number, and refuses it for a GUID: there the library says which values there are.
fn other_value(setting: &Setting) -> (Option<String>, &'static str) {
    match setting.values {
        Values::Guid | Values::Number { .. } => (None, "string"),
        // No check of PowerShell's lets $null through for a list.
        Values::Choice(names) if setting.list => {
            let typed = r#"($args[2].Trim('"''') + '*')"#;
            (Some(format!("ArgumentCompleter({{ {} -like {typed} }})", quoted(names))), "string")
        }
        Values::Choice(names) => (Some(format!("ValidateSet({}, '')", quoted(names))), "string"),
        _ => first_value(setting),
    }
}

fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("'{}'", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// An assignment of a list of names, in lines.
fn names(variable: &str, keep: impl Fn(&Setting) -> bool) -> String {
    let names: Vec<&str> = all_settings()
        .filter(|setting| setting.name != NAME.name && keep(setting))
        .map(|setting| setting.name)
        .collect();
    let lines = wrapped(&quoted(&names));
    format!("$script:{variable} = @(\n{}\n)\n", lines.join("\n"))
}

#[test]
fn the_module_knows_the_settings_of_the_table() {
    let text = "\
# The settings of a profile as the library names them; the parameters of New- and Set-SmimeSyncProfile are the same.
# Generated from src/profile/settings.rs: SMIME_SYNC_BLESS=1 cargo test --test abi settings
"
    .to_owned()
        + &names("ProfileSetting", |_| true)
        + &names("PathSetting", |setting| setting.values == Values::Path)
        + &names("ListSetting", |setting| setting.list)
        + &names("NumberSetting", |setting| {
            matches!(setting.values, Values::Number { .. } | Values::Seconds { .. })
        })
        + &names("SourceSetting", |setting| setting.values == Values::Source)
        + &names("PeriodSetting", |setting| matches!(setting.values, Values::Seconds { .. }));
    compare_or_bless("powershell/SmimeSync/Private/ProfileSetting.ps1", "abi settings", &text);
}
