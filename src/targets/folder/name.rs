//! File names of recipients.

use crate::{model::Fingerprint, targets::TargetQuery};

/// Longer names are cut; file systems allow 255 bytes, and `.json` and the like come behind.
const LONGEST: usize = 180;

/// The name under which a recipient is published: its address, user principal name or anchor in lower case.
/// What some file system does not allow is percent-encoded.
pub(super) fn key(query: &TargetQuery<'_>) -> String {
    let recipient = query.recipient;
    let named = recipient.address.as_deref().or(recipient.user_principal_name.as_deref());
    of(named.unwrap_or(query.anchor))
}

/// The name for an address, user principal name or anchor.
pub(super) fn of(text: &str) -> String {
    let text = text.to_lowercase();
    let mut key = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let last = index + c.len_utf8() == text.len();
        if is_allowed(c) && !(c == '.' && (index == 0 || last)) {
            key.push(c);
        } else {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| key.push_str(&format!("%{byte:02x}")));
        }
    }
    // Windows reserves these, whatever comes behind the first dot; and our index has its name.
    let stem = key.split('.').next().unwrap_or_default();
    if matches!(stem, "con" | "prn" | "aux" | "nul" | "index")
        || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")))
    {
        key.insert(0, '_');
    }
    if key.len() > LONGEST {
        let hash = Fingerprint::of(text.as_bytes()).to_string().to_lowercase();
        let cut = (0..=LONGEST - 17).rev().find(|cut| key.is_char_boundary(*cut)).unwrap_or(0);
        key.truncate(cut);
        key.push('~');
        key.extend(hash.chars().take(16));
    }
    key
}

/// Whether a stored key is one that [`key`] could have made: never a path.
pub(super) fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST + 1
        && !text.starts_with('.')
        && text.chars().all(|c| is_allowed(c) || c == '%')
}

fn is_allowed(c: char) -> bool {
    !c.is_control() && !matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '%' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecipientKind, RecipientRecord};

    fn key_of(address: Option<&str>, anchor: &str) -> String {
        let recipient = RecipientRecord {
            label: String::new(),
            display_name: None,
            address: address.map(str::to_owned),
            user_principal_name: None,
            distinguished_name: String::new(),
            kind: RecipientKind::User,
            disabled: false,
            values: Vec::new(),
        };
        key(&TargetQuery {
            anchor,
            recipient: &recipient,
            link: None,
            former: &[],
            thorough: false,
            fresh: true,
        })
    }

    #[test]
    fn names_are_addresses_that_every_file_system_takes() {
        for (address, name) in [
            ("Alice@Contoso.test", "alice@contoso.test"),
            ("a/b\\c:d@x", "a%2fb%5cc%3ad@x"),
            ("../../etc/passwd", "%2e.%2f..%2fetc%2fpasswd"),
            ("con.x@y", "_con.x@y"),
            ("index", "_index"),
            ("com1", "_com1"),
            ("é@x.", "é@x%2e"),
            ("100%@x", "100%25@x"),
        ] {
            assert_eq!(key_of(Some(address), "id"), name);
            assert!(is_key(&key_of(Some(address), "id")));
        }
        assert_eq!(key_of(None, "0F-1"), "0f-1");
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let (a, b) = (format!("{}a@x", "é".repeat(200)), format!("{}b@x", "é".repeat(200)));
        let (a, b) = (key_of(Some(&a), "id"), key_of(Some(&b), "id"));
        assert!(a.len() <= LONGEST && b.len() <= LONGEST && a != b);
        assert!(is_key(&a));
    }

    #[test]
    fn a_path_is_no_key() {
        for text in ["", "../x", "a/b", "a\\b", ".x"] {
            assert!(!is_key(text), "{text}");
        }
    }
}
