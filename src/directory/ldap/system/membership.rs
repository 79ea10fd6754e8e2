//! The domain of a machine that is no Windows: what a tool that joined it has left in its settings.

use std::{fs, path::PathBuf};

/// Domains by the default realm of Kerberos, which every tool that joins a domain sets, and by the names that DNS
/// completes short names with.
pub(super) fn domains() -> Vec<String> {
    let kerberos = std::env::var_os("KRB5_CONFIG").map_or_else(|| "/etc/krb5.conf".into(), PathBuf::from);
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let mut domains: Vec<String> = default_realm(&read(kerberos)).into_iter().collect();
    for domain in searched(&read("/etc/resolv.conf".into())) {
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains
}

/// krb5.conf(5). A realm is named as its domain, in capital letters.
fn default_realm(settings: &str) -> Option<String> {
    let mut section = "";
    for line in settings.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if let Some((name, value)) = line.split_once('=')
            && section == "[libdefaults]"
            && name.trim() == "default_realm"
        {
            return Some(value.trim().to_lowercase()).filter(|realm| realm.contains('.'));
        }
    }
    None
}

/// resolv.conf(5): the last of such lines counts.
fn searched(settings: &str) -> Vec<String> {
    let mut domains = Vec::new();
    for line in settings.lines() {
        let mut words = line.split_whitespace();
        if matches!(words.next(), Some("search" | "domain")) {
            let name = |word: &str| word.trim_end_matches('.').to_lowercase();
            domains = words.map(name).filter(|name| name.contains('.')).collect();
        }
    }
    domains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_realm_is_that_of_its_section() {
        for (settings, realm) in [
            ("[libdefaults]\n  default_realm = CONTOSO.TEST\n", Some("contoso.test")),
            ("[libdefaults]\n\tdefault_realm=Contoso.Test\n[realms]\n", Some("contoso.test")),
            ("[appdefaults]\n default_realm = OTHER.TEST\n", None),
            ("# default_realm = CONTOSO.TEST\n", None),
            ("[libdefaults]\n default_realm = LOCAL\n", None),
            ("", None),
        ] {
            assert_eq!(default_realm(settings).as_deref(), realm, "{settings}");
        }
    }

    #[test]
    fn the_last_list_of_names_counts() {
        let settings = "nameserver 10.0.0.1\ndomain old.test\nsearch Contoso.Test. eu.contoso.test local\n";
        assert_eq!(searched(settings), ["contoso.test", "eu.contoso.test"]);
        assert!(searched("nameserver 10.0.0.1\n").is_empty());
    }
}
