//! The parameters that `powershell/parameters.ps1` states are written into the cmdlets. `SMIME_SYNC_BLESS=1` writes
//! them anew.

use std::{collections::BTreeMap, path::Path};

use schemars::JsonSchema;
use smime_sync::{
    model::{CertificateState, ChangeState, PolicyType, RunResult},
    operation::request::{CertificateSource, UnpublishState},
    places::Scope,
};

use crate::{common::generated::compare_or_bless, settings};
use script::{Parameter, declarations, declared, help_of, rewrite};

pub mod script;

const DEFINITIONS: &str = "powershell/parameters.ps1";
/// The name that stands for the settings of a profile, which have a table of their own.
const SETTINGS: &str = "Settings";
const CMDLETS: &str = "powershell/SmimeSync/Public";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The names of the cmdlets' scripts, in their order.
fn scripts() -> Vec<String> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(CMDLETS)).unwrap();
    let mut names: Vec<String> =
        folder.map(|entry| format!("{CMDLETS}/{}", entry.unwrap().file_name().to_str().unwrap())).collect();
    names.sort();
    names
}

/// The values of an enumeration as PowerShell lists them: `'User', 'Machine'`.
fn values<T: JsonSchema>() -> (String, String) {
    let schema = schemars::schema_for!(T);
    let values = schema.as_value()["oneOf"].as_array().unwrap();
    let values: Vec<String> =
        values.iter().map(|value| format!("'{}'", value["const"].as_str().unwrap())).collect();
    (format!("'<{}>'", T::schema_name()), values.join(", "))
}

/// The definitions by their names.
fn definitions() -> BTreeMap<String, Parameter> {
    let mut text = read(DEFINITIONS);
    let all = [
        values::<PolicyType>(),
        values::<CertificateSource>(),
        values::<CertificateState>(),
        values::<RunResult>(),
        values::<ChangeState>(),
        values::<UnpublishState>(),
        values::<Scope>(),
    ];
    for (place, values) in all {
        assert!(text.contains(&place), "{DEFINITIONS} names {place}");
        text = text.replace(&place, &values);
    }
    assert!(!text.contains("'<"), "{DEFINITIONS} names a type that is not known here");
    text.split("\nfunction ").skip(1).map(definition).collect()
}

fn definition(function: &str) -> (String, Parameter) {
    let name = function.split(' ').next().unwrap().to_owned();
    let [declaration] = <[_; 1]>::try_from(declarations(function)).expect("one parameter a definition");
    let parameter = declared(function).remove(0);
    let help = help_of(function, &parameter).expect("help for the parameter");
    (name, Parameter { name: parameter, help, declaration })
}

#[test]
fn the_cmdlets_have_the_parameters_that_are_stated_once() {
    let definitions = definitions();
    for path in scripts() {
        let one = |name: &str| match name {
            SETTINGS => settings::powershell::parameters(path.contains("/New-")),
            _ => vec![definitions.get(name).unwrap_or_else(|| panic!("{path}: no parameter {name}")).clone()],
        };
        compare_or_bless(&path, "abi cmdlets", &rewrite(&read(&path), &one));
    }
}

#[test]
fn every_definition_is_used() {
    let all: String = scripts().iter().map(|path| read(path)).collect();
    let used = |name: &&String| {
        all.lines()
            .filter_map(|line| line.trim().strip_prefix("# <generated: ")?.strip_suffix('>'))
            .any(|names| names.split(", ").any(|one| one == *name))
    };
    let definitions = definitions();
    let unused: Vec<&String> = definitions.keys().filter(|name| !used(name)).collect();
    assert_eq!(unused, Vec::<&String>::new());
}

#[test]
fn no_two_cmdlets_state_the_same_parameter_by_hand() {
    let mut seen: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for path in scripts() {
        let own = rewrite(&read(&path), &|_| Vec::new());
        for (name, declaration) in declared(&own).into_iter().zip(declarations(&own)) {
            let help = help_of(&own, &name);
            seen.entry((name, declaration, help)).or_default().push(path.clone());
        }
    }
    seen.retain(|_, paths| paths.len() > 1);
    assert!(seen.is_empty(), "to be stated in {DEFINITIONS}: {seen:#?}");
}

#[test]
fn a_script_is_rewritten_between_its_markers_and_in_its_help() {
    let parameter = |name: &str| Parameter {
        name: name.to_owned(),
        help: vec![format!("    New {name}.")],
        declaration: vec!["        [Alias('x')]".to_owned(), format!("        [string] ${name}")],
    };
    let before = "\
function Get-It {
    <#
    .SYNOPSIS
    Gets.

    .PARAMETER Last
    Old.

    .PARAMETER Gone
    Gone.

    .PARAMETER Own
    Own.

    .EXAMPLE
    PS> Get-It
    #>
    param(
        # <generated: First>
        # </generated>

        [Parameter(Mandatory = $true)]
        [int] $Own = 5,

        # <generated: Second, Last>
        [int] $Old
        # </generated>
    )
    $Own
}
";
    let after = "\
function Get-It {
    <#
    .SYNOPSIS
    Gets.

    .PARAMETER First
    New First.

    .PARAMETER Own
    Own.

    .PARAMETER Second
    New Second.

    .PARAMETER Last
    New Last.

    .EXAMPLE
    PS> Get-It
    #>
    param(
        # <generated: First>
        [Alias('x')]
        [string] $First,
        # </generated>

        [Parameter(Mandatory = $true)]
        [int] $Own = 5,

        # <generated: Second, Last>
        [Alias('x')]
        [string] $Second,

        [Alias('x')]
        [string] $Last
        # </generated>
    )
    $Own
}
";
    let rewritten = rewrite(before, &|name| vec![parameter(name)]);
    assert_eq!(rewritten, after);
    assert_eq!(rewrite(&rewritten, &|name| vec![parameter(name)]), after, "twice is the same");
    assert_eq!(declared(after), ["First", "Own", "Second", "Last"]);
}
