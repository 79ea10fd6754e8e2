//! File names of recipients.

use crate::{
    model::{Fingerprint, is_device_name, is_hidden},
    targets::TargetQuery,
};

/// Longer names are cut; file systems allow 255 bytes, and `.json` and the like come behind.
const LONGEST: usize = 180;
/// So many hexadecimal digits tell those apart that were cut.
const HASH: usize = 32;

/// The name under which a recipient is published: its address, user principal name or anchor in lower case.
/// What some file system does not allow is percent-encoded.
pub(super) fn key(query: &TargetQuery<'_>) -> String {
    let recipient = query.recipient;
    let named = recipient.address.as_deref().or(recipient.user_principal_name.as_deref());
    of(named.unwrap_or(query.anchor))
}

/// The name for an address, user principal name or anchor. Two that differ in more than case have different ones: what
/// is encoded is never written otherwise, and a cut name has `%~`, which no encoding makes.
pub(super) fn of(text: &str) -> String {
    let text = text.to_lowercase();
    // Our index has its name, too.
    let is_reserved = is_device_name(&text) || text.split('.').next() == Some("index");
    let mut key = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let last = index + c.len_utf8() == text.len();
        let is_edge = c == '.' && (index == 0 || last);
        if is_allowed(c) && !is_edge && !(is_reserved && index == 0) {
            key.push(c);
        } else {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().for_each(|byte| key.push_str(&format!("%{byte:02x}")));
        }
    }
    if key.len() > LONGEST {
        let hash = Fingerprint::of(text.as_bytes()).to_string().to_lowercase();
        let cut = (0..=LONGEST - HASH - 2).rev().find(|cut| key.is_char_boundary(*cut)).unwrap_or(0);
        key.truncate(cut);
        key.push_str("%~");
        key.extend(hash.chars().take(HASH));
    }
    key
}

/// Whether a stored key is one that [`key`] could have made, in this version or an earlier one: never a path.
pub(super) fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST + 1
        && !text.starts_with('.')
        && text.chars().all(|c| is_harmless(c) || c == '%')
}

/// What a name has as it is: nothing that people don't see.
fn is_allowed(c: char) -> bool {
    is_harmless(c) && !is_hidden(c) && !c.is_whitespace()
}

/// What names have had since the first version.
fn is_harmless(c: char) -> bool {
    !c.is_control() && !matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '%' | ' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::companion, *};
    use crate::model::{Attribute, RecipientKind, RecipientRecord, Value};

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
            ("con.x@y", "%63on.x@y"),
            ("index", "%69ndex"),
            ("com1", "%63om1"),
            ("_con.x@y", "_con.x@y"),
            ("Comb.x@y", "comb.x@y"),
            ("lpt².x@y", "%6cpt².x@y"),
            ("a\u{7}\u{A0}b\u{200B}@x\n", "a%07%c2%a0b%e2%80%8b@x%0a"),
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

    /// Every name of a file that a recipient may have.
    fn files(key: &str) -> Vec<String> {
        let mut files = vec![format!("{key}.json")];
        for place in 0..12 {
            for (attribute, first) in [
                (Attribute::UserCertificate, 0x30),
                (Attribute::UserSmimeCertificate, 0x30),
                (Attribute::UserSmimeCertificate, 1),
            ] {
                files.push(companion::name(key, place, &Value::new(attribute, vec![first])));
            }
        }
        files
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn no_file_of_one_name_is_that_of_another(
            one in "(_|%63|%|c|con|com1|nul|index)?[a-c.%_~ ()2é\u{A0}/]{0,12}(@x)?(\\.2|\\.cer|\\.json| \\(2\\))?",
            other in "(_|%63|%|c|con|com1|nul|index)?[a-c.%_~ ()2é\u{A0}/]{0,12}(@x)?(\\.2|\\.cer|\\.json| \\(2\\))?",
            filler in 0..200_usize,
            tail in "(_|%63|\\.2|\\.cer| \\(2\\)|%20|%7e|~)",
        ) {
            let long = "é.".repeat(filler);
            let names = [one.clone(), other, format!("{one}{tail}"), format!("_{one}"), format!("{long}{one}"), of(&one), of(&format!("{long}{one}"))];
            for (one, other) in names.iter().flat_map(|one| names.iter().map(move |other| (one, other))) {
                let (a, b) = (of(one), of(other));
                prop_assert!(is_key(&a) || one.is_empty(), "{one:?}: {a:?}");
                prop_assert_eq!(a == b, one.to_lowercase() == other.to_lowercase(), "{:?} {:?}: {:?}", one, other, a);
                let (a, b) = (files(&a), files(&b));
                prop_assert!(one == other || !a.iter().any(|file| b.contains(file)), "{one:?} {other:?}");
                prop_assert!(!a.contains(&"index.json".to_owned()));
            }
        }
    }

    #[test]
    fn a_path_is_no_key() {
        for text in ["", "../x", "a/b", "a\\b", ".x"] {
            assert!(!is_key(text), "{text}");
        }
    }
}
