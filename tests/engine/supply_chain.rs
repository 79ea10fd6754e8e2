//! The crates that the library is built from, judged by `deny.toml`: licences, bans, sources. `cargo deny check` judges
//! the same and advisories, too.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde::Deserialize;
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

/// What of `deny.toml` is judged here.
#[derive(Deserialize)]
struct Deny {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Bans {
    wildcards: String,
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    /// The crate is allowed, but once only.
    #[serde(default)]
    deny_multiple_versions: bool,
    /// The crate is allowed in the tests of these.
    #[serde(default)]
    wrappers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    unknown_registry: String,
    unknown_git: String,
    allow_registry: Vec<String>,
    allow_git: Vec<String>,
}

/// A package as `cargo metadata` shows it.
#[derive(Deserialize, Clone)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// None for the project itself.
    source: Option<String>,
    dependencies: Vec<Requirement>,
}

#[derive(Deserialize, Clone)]
struct Requirement {
    name: String,
    req: String,
    /// `dev` for tests, `build`; none: the package itself.
    kind: Option<String>,
}

fn deny() -> Deny {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The packages that the targets of `deny.toml` are built and tested with. Only where some of them were never
/// downloaded, as those of another system after a first build, cargo gets them.
fn packages(deny: &Deny) -> Vec<Package> {
    let metadata = |offline: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.args(["metadata", "--locked", "--all-features", "--format-version", "1"]).args(offline);
        command.args(deny.graph.targets.iter().flat_map(|target| ["--filter-platform", target]));
        command.output().unwrap()
    };
    let mut output = metadata(&["--offline"]);
    if !output.status.success() {
        output = metadata(&[]);
    }
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let graph: Value = serde_json::from_slice(&output.stdout).unwrap();
    let nodes = graph["resolve"]["nodes"].as_array().unwrap();
    let used: BTreeSet<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let all: Vec<Package> = serde_json::from_value(graph["packages"].clone()).unwrap();
    all.into_iter().filter(|package| used.contains(package.id.as_str())).collect()
}

/// What speaks against these packages, a sentence each.
fn faults(deny: &Deny, packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages {
        let Package { name, version, .. } = package;
        if let Some(fault) = bad_license(&deny.licenses, package) {
            faults.push(format!("{name} {version}: {fault}"));
        }
        if let Some(source) = &package.source
            && !known(&deny.sources, source)
        {
            faults.push(format!("{name} {version} comes from {source}"));
        }
        for requirement in &package.dependencies {
            if package.source.is_none() && deny.bans.wildcards == "deny" && requirement.req == "*" {
                faults.push(format!("{name} takes any version of {}", requirement.name));
            }
        }
    }
    for ban in &deny.bans.deny {
        let count = packages.iter().filter(|package| package.name == ban.name).count();
        let takes = |package: &&Package| {
            let is_test = |one: &Requirement| {
                one.kind.as_deref() == Some("dev") && ban.wrappers.contains(&package.name)
            };
            package.dependencies.iter().any(|one| one.name == ban.name && !is_test(one))
        };
        if !ban.wrappers.is_empty() {
            let takers = packages.iter().filter(takes);
            faults
                .extend(takers.map(|taker| format!("{} takes {} for more than tests", taker.name, ban.name)));
            continue;
        }
        let most = usize::from(ban.deny_multiple_versions);
        if count > most {
            faults.push(format!("{}: {count} of at most {most}", ban.name));
        }
    }
    faults
}

/// Why the licence does not suit.
fn bad_license(licenses: &Licenses, package: &Package) -> Option<String> {
    // The project's own licence is for its owner to choose.
    package.source.as_ref()?;
    let Some(text) = &package.license else { return Some("says no licence".into()) };
    let Ok(expression) = Expression::parse_mode(text, ParseMode::LAX) else {
        return Some(format!("has a licence that can't be read: {text}"));
    };
    let own = licenses.exceptions.iter().filter(|exception| exception.name == package.name);
    let allowed: Vec<Licensee> = own
        .flat_map(|exception| &exception.allow)
        .chain(&licenses.allow)
        .map(|text| Licensee::parse(text).unwrap())
        .collect();
    let suits = expression.evaluate(|required| allowed.iter().any(|one| one.satisfies(required)));
    (!suits).then(|| format!("has the licence {text}"))
}

fn known(sources: &Sources, source: &str) -> bool {
    let (kind, address) = source.split_once('+').unwrap();
    match kind {
        "git" => {
            sources.unknown_git != "deny" || sources.allow_git.iter().any(|one| address.starts_with(one))
        }
        _ => sources.unknown_registry != "deny" || sources.allow_registry.iter().any(|one| one == address),
    }
}

#[test]
fn licences_bans_and_sources_of_all_crates_are_those_of_deny_toml() {
    let deny = deny();
    let packages = packages(&deny);
    assert!(packages.len() > 100, "only {} packages were seen", packages.len());
    assert_eq!(faults(&deny, &packages), Vec::<String>::new());
}

#[test]
fn what_deny_toml_forgives_or_holds_once_is_there() {
    let deny = deny();
    let names: BTreeSet<String> = packages(&deny).into_iter().map(|package| package.name).collect();
    let forgiven = deny.licenses.exceptions.iter().map(|exception| &exception.name);
    let once = deny.bans.deny.iter().filter(|ban| ban.deny_multiple_versions).map(|ban| &ban.name);
    let gone: Vec<&String> = forgiven.chain(once).filter(|name| !names.contains(*name)).collect();
    assert!(gone.is_empty(), "deny.toml names what is not used: {gone:?}");
}

#[test]
fn a_package_that_does_not_suit_is_seen() {
    let good = Package {
        id: String::new(),
        name: "made-up".into(),
        version: "1.0.0".into(),
        license: Some("MIT OR GPL-3.0-only".into()),
        source: Some("registry+https://github.com/rust-lang/crates.io-index".into()),
        dependencies: Vec::new(),
    };
    let license = |text: &str| vec![Package { license: Some(text.into()), ..good.clone() }];
    let named = |name: &str| Package { name: name.into(), ..good.clone() };
    let from = |source: &str| vec![Package { source: Some(source.into()), ..good.clone() }];
    let taking = |taker: &str, name: &str, req: &str, kind: Option<&str>| Package {
        name: taker.into(),
        source: None,
        dependencies: vec![Requirement { name: name.into(), req: req.into(), kind: kind.map(str::to_owned) }],
        ..good.clone()
    };
    let own = taking("made-up", "serde", "*", None);
    let client = |taker, kind| vec![taking(taker, "ldap3", "0.12", kind), named("ldap3")];
    let cases = [
        (vec![good.clone()], ""),
        (license("MIT/Apache-2.0"), ""),
        (license("GPL-3.0-only"), "made-up 1.0.0: has the licence GPL-3.0-only"),
        (license("MIT AND GPL-3.0-only"), "made-up 1.0.0: has the licence MIT AND GPL-3.0-only"),
        (license("MPL-2.0"), "made-up 1.0.0: has the licence MPL-2.0"),
        (vec![Package { license: Some("MPL-2.0".into()), ..named("cbindgen") }], ""),
        (license("as you like"), "made-up 1.0.0: has a licence that can't be read: as you like"),
        (vec![Package { license: None, ..good.clone() }], "made-up 1.0.0: says no licence"),
        (vec![named("openssl")], "openssl: 1 of at most 0"),
        (vec![named("aws-lc-sys")], "aws-lc-sys: 1 of at most 0"),
        (vec![named("rustls-pemfile")], "rustls-pemfile: 1 of at most 0"),
        (vec![named("ring")], ""),
        (vec![named("ring"), named("ring")], "ring: 2 of at most 1"),
        (
            from("git+https://example.test/made-up"),
            "made-up 1.0.0 comes from git+https://example.test/made-up",
        ),
        (from("registry+https://example.test"), "made-up 1.0.0 comes from registry+https://example.test"),
        (vec![own], "made-up takes any version of serde"),
        (client("smime-sync", Some("dev")), ""),
        (client("smime-sync", None), "smime-sync takes ldap3 for more than tests"),
        (client("made-up", Some("dev")), "made-up takes ldap3 for more than tests"),
    ];
    let deny = deny();
    for (packages, expected) in cases {
        assert_eq!(faults(&deny, &packages).join("; "), expected);
    }
}
