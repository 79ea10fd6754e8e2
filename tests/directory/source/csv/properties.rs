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
    fn a_file_cut_within_a_row_shows_nobody(
        people in prop::collection::vec(("[a-z]{1,9}", "\\PC{0,9}", prop::collection::vec(any::<u8>(), 1..60)), 1..9),
        cut in 0.0..1.0_f64, wide in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(["Mail", "Name", "UserSMimeCertificate"]).unwrap();
        for (name, display, value) in &people {
            let value = [&[0x30, u8::try_from(value.len()).unwrap()], value.as_slice()].concat();
            writer.write_record([&format!("{name}@partner.test"), display, &STANDARD.encode(value)]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let bytes = if wide { utf16(&text) } else { text.into_bytes() };
        let cut = &bytes[..(bytes.len() as f64 * cut) as usize];
        let ended = if wide { cut.ends_with(b"\r\0") || cut.ends_with(b"\n\0") } else { cut.ends_with(b"\r") || cut.ends_with(b"\n") };
        let (recipients, _, done) = Partners::of(cut).read(&Selection::All);
        prop_assert!(ended || (recipients.is_empty() && done.is_err()), "{:?}", String::from_utf8_lossy(cut));
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
            // Of any other form something must be found in it.
            let value = &[&[0x30, u8::try_from(value.len()).unwrap()], value.as_slice()].concat();
            let address = format!("p{person}@partner.test");
            writer.write_record([&STANDARD.encode(value), name, &address]).unwrap();
            let (known, values) = expected.entry(address).or_default();
            let name = Some(smime_sync::model::trimmed(name).into_owned()).filter(|name| !name.is_empty());
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
