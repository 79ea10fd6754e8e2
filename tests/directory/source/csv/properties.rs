//! What holds for any bytes and any rows.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use smime_sync::directory::Selection;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Partners::of(&bytes).read(&Selection::All);
        let _ = Partners::of([b"Mail,Certificate,CertificatePath\n".as_slice(), &bytes].concat()).read(&Selection::All);
        let _ = Partners::of([utf16("Mail;UserSMimeCertificate\n").as_slice(), &bytes].concat()).read(&Selection::All);
    }

    #[test]
    fn no_pieces_of_csv_make_it_panic_and_the_encoding_does_not_matter(pieces in prop::collection::vec(
        prop::sample::select(vec!["Mail", "Certificate", ",", ";", "\t", "\"", "\"\"", "\n", "\r\n", "\r", "a@b", "MAA=",
            "é", " ", "sep=;\n", "#TYPE x\n", "Mail,Certificate\n", "-----BEGIN CERTIFICATE-----"]), 0..40)) {
        let text = pieces.concat();
        let (plain, wide) = (Partners::of(&text), Partners::of(utf16(&text)));
        let ends = |partners: &Partners| {
            let (recipients, errors, done) = partners.read(&Selection::All);
            (recipients, errors.len(), done.map_err(|error| error.id))
        };
        prop_assert_eq!(ends(&plain), ends(&wide), "{:?}", text);
    }

    #[test]
    fn what_is_written_is_read_again(
        rows in prop::collection::vec((0..6_u8, "\\PC{0,20}", prop::collection::vec(any::<u8>(), 1..40)), 0..20),
        delimiter in prop::sample::select(vec![b',', b';', b'\t']), wide in any::<bool>(), crlf in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        writer.write_record(["UserSMimeCertificate", "DisplayName", "EmailAddress"]).unwrap();
        let mut expected = BTreeMap::<String, (Option<String>, Values)>::new();
        for (person, name, value) in &rows {
            let address = format!("p{person}@partner.test");
            writer.write_record([&STANDARD.encode(value), name, &address]).unwrap();
            let (known, values) = expected.entry(address).or_default();
            let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
            *known = known.take().or(name);
            let value = (SMIME, value.clone());
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let partners = if wide { Partners::of(utf16(&text)) } else { Partners::of(&text) };
        let (recipients, errors, done) = partners.read(&Selection::All);
        prop_assert_eq!((errors, done), (vec![], Ok(())));
        let found: BTreeMap<_, _> = recipients
            .iter()
            .map(summary)
            .map(|(anchor, name, values)| (anchor.to_owned(), (name.map(str::to_owned), values)))
            .collect();
        prop_assert_eq!(recipients.len(), found.len());
        prop_assert_eq!(found, expected);
    }
}
