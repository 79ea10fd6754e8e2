//! What holds for any bytes and any records.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use smime_sync::directory::entry::Entry;

use super::{records, utf16};

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        records(&bytes);
        records(&[b"\xFF\xFE".as_slice(), &bytes].concat());
        records(&[b"dn: CN=a\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn no_pieces_of_ldif_make_the_reader_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "dn", "cn", ":", "::", ":<", " ", "\n", "\r\n", "\n\n", "\n ", "#", "-", "YQ==", "YQ", "add", "version: 1\n",
        "changetype: add\n", "é", "\0", "dn: CN=a\n", "userCertificate;binary:: ", "MIIB"]), 0..40)) {
        let text = pieces.concat();
        records(text.as_bytes());
        let (utf8, utf16) = (records(text.as_bytes()), records(&utf16(&text, true)));
        if text.len() > 2 && !text.contains('\0') {
            prop_assert_eq!(utf8, utf16);
        }
    }

    #[test]
    fn what_is_written_is_read_again(entries in prop::collection::vec(any_entry(), 0..5), seed in any::<u64>()) {
        let text = write(&entries, seed);
        let (found, error) = records(text.as_bytes());
        prop_assert_eq!(error, None);
        prop_assert_eq!(found.into_iter().map(|record| record.entry).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn a_file_cut_anywhere_never_shows_other_records_than_the_whole(
        entries in prop::collection::vec(any_entry(), 1..4), seed in any::<u64>(), cut in 0.0..1.0_f64,
    ) {
        let bytes = write(&entries, seed).into_bytes();
        let cut = (bytes.len() as f64 * cut) as usize;
        let (found, error) = records(&bytes[..cut]);
        prop_assert!(error.is_some() || cut == 0 || bytes[cut - 1] == b'\n', "a cut within a line is told");
        // The last one may lack its end, where nothing in the file tells that.
        for (record, entry) in found.iter().zip(&entries).take(found.len().saturating_sub(1)) {
            prop_assert_eq!(&record.entry, entry);
        }
        prop_assert!(found.len() <= entries.len());
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let name = prop::sample::select(vec!["cn", "mail", "userCertificate;binary", "proxyAddresses", "x-y.1"]);
    let value = prop_oneof![
        "[ -~]{0,90}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..300),
        "\\PC{0,30}".prop_map(String::into_bytes),
    ];
    let attribute = (name, prop::collection::vec(value, 1..4));
    ("[A-Za-zäß\u{1F512} =,]{0,60}", prop::collection::vec(attribute, 1..6)).prop_map(|(dn, attributes)| {
        let mut entry = Entry::new(dn);
        for (name, values) in attributes {
            // The reader joins the values of an attribute that stand one after the other.
            if entry.attributes().next_back().is_none_or(|last| last.name() != name) {
                entry.add_attribute(name);
            }
            values.iter().for_each(|value| entry.add_value(value));
        }
        entry
    })
}

/// Writes LDIF, folded, ended and coded at random wherever RFC 2849 leaves the choice.
fn write(entries: &[Entry], seed: u64) -> String {
    use rand::{Rng, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let end = if random.gen_bool(0.5) { "\r\n" } else { "\n" };
    let mut text = String::new();
    if random.gen_bool(0.5) {
        text.push_str(&format!("version: 1{end}"));
    }
    for entry in entries {
        let dn = ("dn", vec![entry.dn.as_bytes()]);
        let attributes = entry.attributes().map(|found| (found.name(), found.values().collect()));
        for (name, values) in std::iter::once(dn).chain(attributes) {
            for value in values {
                let safe = value.iter().all(|byte| (1..128).contains(byte) && !b"\r\n".contains(byte))
                    && !value.first().is_some_and(|byte| b" :<".contains(byte));
                let plain = safe && random.gen_bool(0.7);
                let value = if plain {
                    format!(": {}", String::from_utf8_lossy(value))
                } else {
                    format!(":: {}", STANDARD.encode(value))
                };
                let fold = random.gen_bool(0.7);
                for (i, c) in format!("{name}{value}").char_indices() {
                    if fold && i > 0 && random.gen_bool(0.05) {
                        text.push_str(end);
                        text.push(' ');
                    }
                    text.push(c);
                }
                text.push_str(end);
                if random.gen_bool(0.1) {
                    text.push_str(&format!("# comment{end}  continued: here{end}"));
                }
            }
        }
        text.push_str(end);
    }
    text
}
