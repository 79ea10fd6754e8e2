//! What comments and pages point to is there: sections of `docs/`, and files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with one of these endings below `folder`.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().unwrap_or_default().to_str().unwrap();
            if path.is_dir() {
                folders.push(path);
            } else if endings.contains(&ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A file's text; some test data is not UTF-8 on purpose.
fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

fn pages() -> Vec<PathBuf> {
    let top =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    [top.to_vec(), files("docs", &["md"])].concat()
}

/// The pages and sections (`docs/design/exchange-online.md`, `1.6`) that a text cites, comments put together over
/// line ends.
fn citations(text: &str) -> Vec<(String, String)> {
    let without_marks = |line: &str| line.trim().trim_start_matches(['/', '!', '#', '*']).trim().to_owned();
    let text = text.lines().map(without_marks).collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("docs/") {
        let Some((page, rest)) = text[at..].split_once(".md") else { continue };
        if page.contains(' ') {
            continue;
        }
        let mut rest = rest.trim_start();
        while let Some(after) = rest.strip_prefix('§') {
            let number: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let number = number.trim_end_matches('.');
            found.push((format!("{page}.md"), number.to_owned()));
            rest = after[number.len()..].trim_start_matches([',', ' ']);
        }
    }
    found
}

/// The numbers of a page's headings.
fn sections(page: &str) -> BTreeSet<String> {
    let heads = page.lines().filter(|line| line.starts_with('#'));
    let numbers = heads.filter_map(|line| line.trim_start_matches('#').split_whitespace().next());
    numbers.map(|number| number.trim_end_matches('.').to_owned()).collect()
}

/// The addresses of a page's links that lead into the repository.
fn links(page: &str) -> Vec<String> {
    let text = prose(page);
    let targets =
        text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned());
    targets.filter(|link| !link.contains("://") && !link.contains(' ')).collect()
}

/// A heading as hosts of Markdown make it a link's target.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Where a link of the page at `from` leads nowhere, it.
fn broken(from: &Path, page: &str) -> Vec<String> {
    let leads = |link: &String| {
        let (file, section) = link.split_once('#').unwrap_or((link, ""));
        let path = if file.is_empty() { from.to_owned() } else { from.parent().unwrap().join(file) };
        if section.is_empty() {
            return path.exists();
        }
        let target = text(&path);
        target.lines().any(|line| line.starts_with('#') && anchor(line) == section)
    };
    links(page).into_iter().filter(|link| !leads(link)).collect()
}

/// The lines of a page that are no block of code.
fn prose(page: &str) -> String {
    let mut fenced = false;
    let kept = page.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The words in backticks that look like a file or folder of the repository, without those that stand for many.
fn named_paths(page: &str) -> Vec<String> {
    const ENDINGS: [&str; 12] =
        [".rs", ".md", ".h", ".c", ".cs", ".sh", ".ps1", ".psd1", ".psm1", ".ps1xml", ".toml", "/"];
    let prose = prose(page);
    let words = prose.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let is_path = |word: &&str| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        let placeholder = word.contains("PAGE") || word.contains("NOUN");
        let folder = word.split_once('/').is_some_and(|(first, _)| root().join(first).is_dir());
        plain
            && !placeholder
            && !word.starts_with("target/")
            && (folder || ENDINGS.iter().any(|end| word.ends_with(end)))
    };
    words.filter(is_path).map(str::to_owned).collect()
}

/// Every file and folder below the folders that are written by hand, and those at the top, as paths from there.
fn tree() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let own = path.strip_prefix(root()).unwrap().to_owned();
            if path.is_dir() && own != Path::new("target") && own != Path::new(".git") {
                folders.push(path);
            }
            found.insert(own);
        }
    }
    found
}

/// The paths that a page names but the repository does not have: from the top, or, where a page speaks of a folder,
/// from there.
fn missing_paths(page: &str, tree: &BTreeSet<PathBuf>) -> Vec<String> {
    let there = |named: &String| tree.iter().any(|path| path.ends_with(named));
    named_paths(page).into_iter().filter(|named| !there(named)).collect()
}

#[test]
fn every_cited_section_of_docs_is_there() {
    let sources = ["src", "tests", "powershell", "docs"];
    let endings = ["rs", "c", "h", "sh", "ps1", "psm1", "cs", "py", "md"];
    let mut known = BTreeMap::new();
    let (mut count, mut missing) = (0, Vec::new());
    for path in
        sources.iter().flat_map(|folder| files(folder, &endings)).filter(|path| !path.ends_with(file!()))
    {
        for (page, number) in citations(&text(&path)) {
            count += 1;
            let there = known.entry(page.clone()).or_insert_with(|| sections(&text(&root().join(&page))));
            if !there.contains(&number) {
                missing.push(format!("{}: {page} §{number}", path.display()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(count > 40, "only {count} citations were seen");
}

#[test]
fn every_link_of_a_page_leads_to_a_file_and_section() {
    let mut missing = Vec::new();
    for path in pages() {
        let page = text(&path);
        missing.extend(broken(&path, &page).into_iter().map(|link| format!("{}: {link}", path.display())));
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_path_that_the_pages_for_developers_name_is_there() {
    let tree = tree();
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let page = text(&root().join(name));
        assert!(named_paths(&page).len() > 20, "{name}: paths are seen");
        assert_eq!(missing_paths(&page, &tree), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn contributing_lists_every_generated_file() {
    let tests = files("tests", &["rs"]).iter().map(|path| text(path)).collect::<String>();
    let page = text(&root().join("CONTRIBUTING.md"));
    let calls = tests.split("compare_or_bless(\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let generated: BTreeSet<&str> = calls.map(|(path, _)| path).filter(|path| path.contains('/')).collect();
    assert!(generated.len() > 5, "{generated:?}");
    for path in generated {
        assert!(page.contains(&format!("`{path}`")), "{path}");
    }
}

#[test]
fn no_page_and_no_comment_points_to_facts_outside_of_the_repository() {
    let texts = [files("src", &["rs"]), files("tests", &["rs"]), pages()].concat();
    for path in texts.iter().filter(|path| !path.ends_with(file!())) {
        assert!(!text(path).to_lowercase().contains("facts §"), "{}", path.display());
    }
}

#[test]
fn citations_and_links_are_seen_in_every_form() {
    let text = "//! As (docs/design/a.md §1.6, \"Rows\") and docs/design/b.md\n    /// §2, §4.1. But docs/c.md says more.";
    let expected = [("docs/design/a.md", "1.6"), ("docs/design/b.md", "2"), ("docs/design/b.md", "4.1")];
    assert_eq!(citations(text), expected.map(|(page, number)| (page.to_owned(), number.to_owned())));
    assert_eq!(sections("# Title\n## 1. One\n### 1.6 Six\n"), ["Title", "1", "1.6"].map(String::from).into());
    assert_eq!(links("[a](b.md#c), [d](https://e.test)\n```\n[f](g)\n```"), ["b.md#c"]);
    let page = "`src/lib.rs`, `x.rs` and `open/`\n```\n`no.rs`\n```\n`sh tests/full.sh NAME`, `a/b`, `docs/*.md`, `tests/no`";
    assert_eq!(named_paths(page), ["src/lib.rs", "x.rs", "open/", "tests/full.sh", "tests/no"]);
    assert_eq!(missing_paths(page, &tree()), ["x.rs", "tests/no"]);
    assert_eq!(anchor("### 2.1 The two attributes, `and` more"), "21-the-two-attributes-and-more");
    let here = root().join("README.md");
    assert_eq!(
        broken(&here, "[a](docs/run.md#guard) [b](nowhere.md) [c](docs/run.md#nothing)"),
        ["nowhere.md", "docs/run.md#nothing"]
    );
}
