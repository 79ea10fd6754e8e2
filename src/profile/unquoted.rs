//! Distinguished names that were typed without quotes: PowerShell makes a list of `DC=contoso,DC=test`.

use super::{DirectorySettings, DirectoryTargetSettings, reader::Reader, setting::Setting};

impl Reader<'_> {
    /// Tells of names of a directory that look like the parts of one, where they are asked for now.
    pub(super) fn refuse_unquoted(&mut self) {
        let names = [
            &DirectorySettings::SearchBase,
            &DirectorySettings::ExcludedSearchBase,
            &DirectorySettings::MemberOf,
            &DirectoryTargetSettings::TargetSearchBase,
        ];
        let told: Vec<String> = names.into_iter().filter_map(|setting| self.unquoted(setting)).collect();
        self.faults.extend(told);
    }

    fn unquoted(&self, setting: &'static Setting) -> Option<String> {
        let list = self.asked_for(setting)?.as_array()?;
        let parts: Option<Vec<&str>> = list.iter().map(serde_json::Value::as_str).collect();
        let parts = parts.filter(|parts| are_parts(parts))?;
        Some(format!(
            "-{name} is a list of {count} names, which look like the parts of one; put it into quotes: -{name} '{whole}'",
            name = setting.name,
            count = parts.len(),
            whole = parts.join(",")
        ))
    }
}

/// Whether names are single parts of names that go on in each other: `OU=People`, `DC=contoso`, `DC=test`.
fn are_parts(names: &[&str]) -> bool {
    let kind = |name: &str| {
        let (kind, value) = name.split_once('=')?;
        (!value.contains(',')).then(|| kind.trim().to_ascii_lowercase())
    };
    let kinds: Option<Vec<String>> = names.iter().map(|name| kind(name)).collect();
    match kinds.as_deref() {
        // Two organisations may be two bases; two parts of a domain's name are none by themselves.
        Some([first, .., last]) => last == "dc" || (first != last && ["o", "c"].contains(&last.as_str())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_one_name_are_no_names() {
        for (names, expected) in [
            (&["DC=contoso", "DC=test"][..], true),
            (&["OU=People", "DC=contoso", "DC=test"], true),
            (&["cn=a", " o=x"], true),
            (&["DC=contoso,DC=test"], false),
            (&["OU=A,DC=x", "OU=B,DC=x"], false),
            (&["OU=A", "DC=contoso,DC=test"], false),
            (&["o=x", "o=y"], false),
            (&["ou=x", "ou=y"], false),
            (&["dc=test"], false),
            (&["contoso", "test"], false),
        ] {
            assert_eq!(are_parts(names), expected, "{names:?}");
        }
    }
}
