//! Which folder of `src/` imports which: exactly the matrix of ARCHITECTURE.md, and never in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Who imports whom, by the names of the folders (or of files that stand for themselves).
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn folders_import_what_the_matrix_of_architecture_md_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (order, allowed) = matrix(&fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    let mut found = Imports::new();
    collect(&root.join("src"), None, 1, &mut found);
    found.remove("lib");
    assert_eq!(found, allowed, "left: the imports of src/, right: the matrix of ARCHITECTURE.md");
    let below =
        |a: &String, b: &String| order.iter().position(|n| n == b) < order.iter().position(|n| n == a);
    let upwards: Vec<_> = allowed.iter().flat_map(|(a, all)| all.iter().map(move |b| (a, b))).collect();
    assert!(
        upwards.iter().all(|(a, b)| below(a, b)),
        "a folder imports only what stands above it in the matrix"
    );
}

#[test]
fn an_import_is_seen_in_every_form() {
    for text in [
        "use crate::state::State;",
        "use crate::{\n    error::Error, // why\n    state::{State, lock},\n};",
        "crate::state::open()",
    ] {
        assert!(imports(text).contains("state"), "{text}");
    }
    assert_eq!(
        imports("//! [`crate::state`]\nuse crate::{a::{b, c}, d};"),
        ["a", "d"].map(String::from).into()
    );
    assert_eq!(imports("f(\"https://x\", crate::a::b); // crate::c"), ["a".to_owned()].into());
    for renamed in
        ["use crate as root;", "use crate::*;", "use crate::{self as root};", "extern crate self as me;"]
    {
        assert!(imports(renamed).contains("*"), "{renamed}");
    }
}

#[test]
fn an_import_by_way_of_the_parents_is_seen() {
    let tests = "#[cfg(test)]\nmod tests {\n";
    for (text, depth, seen) in [
        ("use super::state::State;".to_owned(), 1, true),
        ("use super::super::{state::State, sync};".to_owned(), 2, true),
        ("super::super::state::open()".to_owned(), 2, true),
        ("use super::state::State;".to_owned(), 2, false),
        (format!("{tests}use super::super::state::State;"), 2, false),
        (format!("{tests}use super::super::super::state::State;"), 2, true),
        ("use super::state::State;".to_owned(), 0, false),
    ] {
        assert_eq!(imports(&rooted(&text, depth)).contains("state"), seen, "{depth} below the root: {text}");
    }
}

/// The table whose first heading is `imports`: its order, and who may import whom.
fn matrix(text: &str) -> (Vec<String>, Imports) {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    let mut lines = text.lines().skip_while(|line| !line.starts_with("| imports")).map(cells);
    let heads = lines.next().expect("ARCHITECTURE.md has the matrix");
    let rows = lines.skip(1).take_while(|row| row.len() == heads.len());
    let marked = |row: &[String]| {
        let all = heads.iter().zip(row).skip(1).filter(|(_, mark)| !mark.is_empty());
        (row[0].clone(), all.map(|(head, _)| head.clone()).collect())
    };
    (heads[1..].to_vec(), rows.map(|row| marked(&row)).collect())
}

/// `depth`: how many `super::` lead from a file of this folder to the root of the crate.
fn collect(folder: &Path, area: Option<&str>, depth: usize, found: &mut Imports) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = area.unwrap_or(path.file_stem().unwrap().to_str().unwrap()).to_owned();
        if path.is_dir() {
            collect(&path, Some(&name), depth + 1, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let depth = if path.ends_with("mod.rs") { depth - 1 } else { depth };
            let others = imports(&rooted(&text, depth)).into_iter().filter(|other| *other != name);
            found.entry(name.clone()).or_default().extend(others);
        }
    }
}

/// The text with `crate::` for each `super::super::…` that leads to the root; a module in the file lies one deeper.
fn rooted(text: &str, depth: usize) -> String {
    let (file, tests) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
    let up = |part: &str, depth: usize| match depth {
        0 => part.to_owned(),
        depth => part.replace(&"super::".repeat(depth), "crate::"),
    };
    up(file, depth) + &up(tests, depth + 1)
}

/// The names right below `crate::` in a source file, comments left out; `*` where they can't be told.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(|line| without_comment(line).trim().to_owned() + " ").collect();
    let word = |text: &str| {
        let named = text.trim_start_matches("r#").chars();
        if text.starts_with('*') {
            "*".to_owned()
        } else {
            named.take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        }
    };
    let mut names = BTreeSet::new();
    if ["use crate as ", "use crate::{self", "extern crate self"].iter().any(|renamed| code.contains(renamed))
    {
        names.insert("*".to_owned());
    }
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        for part in group.split_inclusive(['{', '}', ',']) {
            if depth == 1 {
                names.insert(word(part.trim()));
            }
            depth += match part.chars().last() {
                Some('{') => 1,
                Some('}') => -1,
                _ => 0,
            };
            if depth == 0 {
                break;
            }
        }
    }
    names.remove("");
    names
}

/// The line up to `//`, where that is not within a text.
fn without_comment(line: &str) -> &str {
    let within = |at: usize| line[..at].replace("\\\"", "").matches('"').count() % 2 == 1;
    line.match_indices("//").map(|(at, _)| at).find(|at| !within(*at)).map_or(line, |at| &line[..at])
}
