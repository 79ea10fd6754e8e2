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
    let (check, kind) = match setting.values {
        Values::Text => (None, "string".to_owned()),
        Values::Guid => (None, "System.Nullable[guid]".into()),
        // Empty takes it back to its default.
        Values::Thumbprint => (Some("ValidatePattern('^([0-9A-Fa-f]{40})?$')".to_owned()), "string".into()),
        Values::Word => (Some("ValidatePattern('^[A-Za-z0-9]*$')".into()), "string".into()),
        Values::Address => (None, "uri".into()),
        Values::Path => (None, "string".into()),
        // The library says which numbers there are, since $null is one here.
        Values::Number { .. } if !new => (None, "System.Nullable[int]".into()),
        Values::Number { least, most } => {
            assert!(most <= UNLIMITED);
            (Some(format!("ValidateRange({least}, {most})")), "int".into())
        }
        Values::Switch => (None, "switch".into()),
        Values::Choice(names) => (Some(format!("ValidateSet({})", quoted(names))), "string".into()),
    };
    let mandatory = new && (setting.name == SOURCE.name || setting.name == TARGET.name);
    let mandatory = mandatory.then(|| "Parameter(Mandatory = $true)".to_owned());
    let alias = (setting.name == "Path").then(|| "Alias('LiteralPath')".to_owned());
    let list = if setting.list { "[]" } else { "" };
    let attributes =
        [mandatory, check, alias].into_iter().flatten().map(|attribute| format!("[{attribute}]"));
    attributes.chain([format!("[{kind}{list}] ${}", setting.name)]).collect()
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
        + &names("ListSetting", |setting| setting.list);
    compare_or_bless("powershell/SmimeSync/Private/ProfileSetting.ps1", "abi settings", &text);
}
