//! `generate-directory`: makes the directory of the demonstration, the tests and the benchmarks.

// A tool of the tests: it stops where something is not as it should be, and says so.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod generator;

use std::{path::PathBuf, process::ExitCode};

use generator::{Format, Kinds, Settings, generate};

const USAGE: &str = "\
Usage: generate-directory --people N --output DIR [--revision 1|2] [--format ldif|samba]
                          [--base DC=contoso,DC=test] [--kinds mixed|good]

Writes DIR/directory.ldif, DIR/anchors/*.pem and DIR/expected.json. Revision 2 changes ten people.
The format samba is for ldapadd or ldbadd.";

fn main() -> ExitCode {
    let done = parse(std::env::args().skip(1)).and_then(|(settings, output)| {
        generate(&settings, &output).map_err(|e| format!("Cannot write to '{}': {e}.", output.display()))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(Settings, PathBuf), String> {
    let (mut settings, mut people, mut output) = (Settings::default(), None, None);
    while let Some(name) = arguments.next() {
        if matches!(name.as_str(), "-h" | "--help") {
            return Err(USAGE.to_owned());
        }
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value.\n{USAGE}"))?;
        let wrong = || format!("'{value}' is no value of {name}.\n{USAGE}");
        match (name.as_str(), value.as_str()) {
            ("--people", count) => people = Some(count.parse().map_err(|_| wrong())?),
            ("--output", path) => output = Some(PathBuf::from(path)),
            ("--revision", "1") => settings.revision = 1,
            ("--revision", "2") => settings.revision = 2,
            ("--format", "ldif") => settings.format = Format::Ldif,
            ("--format", "samba") => settings.format = Format::Samba,
            ("--base", base) => settings.base = base.to_owned(),
            ("--kinds", "mixed") => settings.kinds = Kinds::Mixed,
            ("--kinds", "good") => settings.kinds = Kinds::Good,
            ("--revision" | "--format" | "--kinds", _) => return Err(wrong()),
            _ => return Err(format!("'{name}' is unknown.\n{USAGE}")),
        }
    }
    settings.people = people.ok_or_else(|| format!("--people is missing.\n{USAGE}"))?;
    Ok((settings, output.ok_or_else(|| format!("--output is missing.\n{USAGE}"))?))
}
