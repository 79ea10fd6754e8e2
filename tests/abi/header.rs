//! The committed C header is what `src/ffi` says. `SMIME_SYNC_BLESS=1` writes it anew.

use std::path::Path;

/// In the order of the header.
const SOURCES: [&str; 5] = ["contract", "handle", "engine_api", "task_api", "object_api"];

pub fn generated() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    config.header = Some(top(&std::fs::read_to_string(root.join("src/ffi/mod.rs")).unwrap()));
    let sources = SOURCES.iter().map(|name| root.join("src/ffi").join(format!("{name}.rs")));
    let builder = sources.fold(cbindgen::Builder::new().with_config(config), |b, file| b.with_src(file));
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

/// What the interface is and its rules: the comment of `src/ffi`, up to what concerns the inside only.
fn top(module: &str) -> String {
    let lines = module.lines().map_while(|line| line.strip_prefix("//!"));
    let rules = lines.take_while(|line| *line != " ## Inside").map(|line| format!(" *{line}"));
    let comment = rules.collect::<Vec<_>>().join("\n");
    format!("/**\n * \\file smime_sync.h\n *\n{}\n */", comment.trim_end_matches("\n *"))
}

#[test]
fn the_committed_header_is_that_of_the_sources() {
    crate::common::generated::compare_or_bless("include/smime_sync.h", "abi header", &generated());
}

#[test]
fn every_exported_function_is_in_the_header_and_documented() {
    let header = generated();
    let functions: Vec<&str> =
        ["engine_api.rs", "task_api.rs", "object_api.rs"].iter().flat_map(|file| exported(file)).collect();
    assert_eq!(functions.len(), 15);
    for function in functions {
        let declarations: Vec<usize> = ["smime_status", "uint32_t"]
            .iter()
            .flat_map(|kind| positions(&header, &format!("\n{kind} {function}(")))
            .collect();
        assert_eq!(declarations.len(), 1, "{function} is declared once");
        assert!(header[..declarations[0]].ends_with("*/"), "{function} has a comment");
    }
}

fn positions(text: &str, part: &str) -> Vec<usize> {
    text.match_indices(part).map(|(at, _)| at).collect()
}

/// The names of the functions that a file of `src/ffi` exports.
fn exported(file: &str) -> Vec<&'static str> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi").join(file);
    let text: &'static str = std::fs::read_to_string(path).unwrap().leak();
    text.split("#[unsafe(no_mangle)]")
        .skip(1)
        .map(|rest| rest.split_once("fn ").unwrap().1.split_once('(').unwrap().0)
        .collect()
}
