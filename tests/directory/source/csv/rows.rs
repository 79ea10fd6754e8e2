//! Rows: which belong together, which are left out, and whom a look-up finds.

use smime_sync::{
    directory::{Presence, Selection},
    error::ErrorId,
};

use super::*;

#[test]
fn rows_with_the_same_address_add_values_wherever_they_stand() {
    let partners = Partners::of(
        "EmailAddress;Name;Certificate\nzoe@partner.test;;MAEA\nbob@partner.test;Bob;MAEB\nZOE@partner.test;Zoe;MAEC\n\
         zoe@PARTNER.test;Zoe 2;MAEA\nann@partner.test;;\n",
    );
    let (recipients, errors, done) = partners.read(&Selection::All);
    assert_eq!((errors, done), (vec![], Ok(())));
    let value = |last: u8| (USER, vec![0x30, 1, last]);
    assert_eq!(
        recipients.iter().map(summary).collect::<Vec<_>>(),
        [
            ("bob@partner.test", Some("Bob"), vec![value(1)]),
            ("zoe@partner.test", Some("Zoe"), vec![value(0), value(2)]),
            ("ann@partner.test", None, vec![]),
        ]
    );
    assert_eq!(recipients[1].mail.as_deref(), Some("zoe@partner.test"), "as its first row has it");
}

#[test]
fn a_row_that_can_not_be_used_is_left_out_with_its_line_and_the_others_go_on() {
    let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    for (row, target, reason) in [
        (",MAA=,", None, "it has no address"),
        ("partner.test,MAA=,", None, "'partner.test' is not an address"),
        ("a@b@c,MAA=,", None, "'a@b@c' is not an address"),
        ("\"a\tb@c\",MAA=,", None, "'a\\u{9}b@c' is not an address"),
        ("\"a\u{1B}[2J@c\",MAA=,", None, "'a\\u{1b}[2J@c' is not an address"),
        ("@partner.test,MAA=,", None, "'@partner.test' is not an address"),
        (
            "zoe@partner.test,MAA=,,more",
            Some("zoe@partner.test"),
            "it has 4 values, and the header 3 columns",
        ),
        ("Zoe@partner.test,MAA=", Some("zoe@partner.test"), "it has 2 values, and the header 3 columns"),
        ("Zoe@partner.test", Some("zoe@partner.test"), "it has 1 value, and the header 3 columns"),
        (
            "Zoe@partner.test,System.Byte[],",
            Some("zoe@partner.test"),
            "its Certificate is the name of a type instead of a value",
        ),
        ("zoe@partner.test,?,", Some("zoe@partner.test"), "its Certificate is neither base64 nor PEM"),
        (
            "zoe@partner.test,48 130 3 204 48,",
            Some("zoe@partner.test"),
            "its Certificate looks like decimal numbers, one for each byte",
        ),
        ("zoe@partner.test,\"48,0\",", Some("zoe@partner.test"), "looks like decimal numbers"),
        (
            "zoe@partner.test,X'3000,",
            Some("zoe@partner.test"),
            "looks like hexadecimal digits, but is cut off",
        ),
        (
            "zoe@partner.test,0x300,",
            Some("zoe@partner.test"),
            "looks like hexadecimal digits, but is cut off",
        ),
        ("zoe@partner.test,0x3003FF,", Some("zoe@partner.test"), "is cut off: 2 bytes are missing"),
        (
            "zoe@partner.test,MAEA,MAEA",
            Some("zoe@partner.test"),
            "its CertificatePath 'MAEA' is no certificate file",
        ),
        ("zoe@partner.test,MAI=,", Some("zoe@partner.test"), "is cut off: 2 bytes are missing"),
        ("zoe@partner.test,MIIDz,", Some("zoe@partner.test"), "is cut off: its base64 ends within a byte"),
        ("zoe@partner.test,MAIB,", Some("zoe@partner.test"), "is cut off: 1 byte is missing"),
        ("zoe@partner.test,MIID,", Some("zoe@partner.test"), "is cut off: nearly all bytes are missing"),
        ("zoe@partner.test,BQA=,", Some("zoe@partner.test"), "can be decoded, but holds no certificate"),
        (
            "zoe@partner.test,-----BEGIN CERTIFICATE-----,",
            Some("zoe@partner.test"),
            "its Certificate is damaged: the PEM block CERTIFICATE has no end",
        ),
        (
            &format!("zoe@partner.test,\"{key}\","),
            Some("zoe@partner.test"),
            "its Certificate has no PEM block with a certificate",
        ),
        (
            "zoe@partner.test,,../zoe.cer",
            Some("zoe@partner.test"),
            "its CertificatePath '../zoe.cer' leads out of the folder of the file; give an absolute path",
        ),
        ("zoe@partner.test,,sub/../../zoe.cer", Some("zoe@partner.test"), "leads out of the folder"),
        ("zoe@partner.test,,/etc/passwd", Some("zoe@partner.test"), "is no certificate file (.cer, .crt"),
        ("zoe@partner.test,,key.pem", Some("zoe@partner.test"), "has no PEM block with a certificate"),
        ("zoe@partner.test,,noise.cer", Some("zoe@partner.test"), "holds no certificate"),
        ("zoe@partner.test,,folder.cer", Some("zoe@partner.test"), "can't be read: it is a folder, no file"),
        ("zoe@partner.test,,large.cer", Some("zoe@partner.test"), "is larger than 1048576 bytes"),
        ("zoe@partner.test,,missing.cer", Some("zoe@partner.test"), "can't be read: "),
    ] {
        for ending in ["\n", "\r\n"] {
            let text = format!(
                "Mail,Certificate,CertificatePath\nbob@partner.test,MAA=,\n{row}\nann@partner.test,MAA=,\n"
            );
            let partners = Partners::of(text.replace('\n', ending));
            partners.write("key.pem", key);
            partners.write("noise.cer", [0xFF; 99]);
            partners.write("large.cer", vec![0x30; (1 << 20) + 1]);
            fs::create_dir(partners.0.path().join("folder.cer")).expect("a folder");
            let (recipients, errors, done) = partners.read(&Selection::All);
            assert_eq!((done, recipients.len()), (Ok(()), 2), "{row}");
            let [error] = errors.as_slice() else { panic!("{row}: {errors:?}") };
            let path = partners.path().display().to_string();
            assert_eq!(error.id, ErrorId::RecipientInvalid);
            assert!(error.message.contains(reason), "{row}: {error}");
            assert!(error.message.ends_with(&format!(" ('{path}', line 3).")), "{row}: {error}");
            assert_eq!(error.target.as_deref(), Some(target.unwrap_or(&path)), "{row}");
        }
    }
}

#[test]
fn a_row_that_can_not_be_used_says_nothing_about_its_address_and_leaves_what_is_published() {
    let rows = ["zoe@partner.test,MAA=", "ZOE@partner.test,?", "zoe@partner.test,MAEB"];
    for order in [[0, 1, 2], [1, 0, 2], [0, 2, 1]] {
        let text = order.map(|row| format!("{}\n", rows[row])).concat();
        let partners = Partners::of(format!("Mail,Certificate\n{text}bob@partner.test,MAA=\n"));
        let (recipients, errors, _) = partners.read(&Selection::All);
        let found: Vec<_> = recipients.iter().map(|one| one.anchor.as_str()).collect();
        assert_eq!((found, errors.len()), (vec!["bob@partner.test"], 1), "{order:?}");
        assert_eq!(partners.presence(), ["unreadable", "in scope", "absent"], "{order:?}");
    }
}

#[test]
fn a_row_of_nobody_may_be_of_anybody() {
    for row in ["zoe_partner.test,MAA=", ",MAA="] {
        let partners = Partners::of(format!("Mail,Certificate\n{row}\nbob@partner.test,MAA=\n"));
        assert_eq!(partners.presence(), ["unreadable", "in scope", "unreadable"], "{row}");
    }
}

#[test]
fn an_empty_cell_says_that_there_is_no_certificate_and_an_empty_row_nothing() {
    let partners = Partners::of(
        "Mail,Certificate,Name\n,,\nzoe@partner.test,MAA=\n\n  ,\t,\nbob@partner.test,,\n,,,,,\n",
    );
    let (recipients, errors, done) = partners.read(&Selection::All);
    let values: Vec<_> = recipients.iter().map(|one| one.values.len()).collect();
    assert_eq!((values, errors, done), (vec![1, 0], vec![], Ok(())));
}

#[test]
fn a_cell_that_a_spreadsheet_cut_is_told_as_such() {
    use base64::Engine as _;
    let whole = [vec![0x30, 0x82, 0x80, 0], vec![7; 0x8000]].concat();
    let text = base64::engine::general_purpose::STANDARD.encode(whole);
    for cell in
        [text[..32_767].to_owned(), text[..32_765].to_owned(), format!("0x30827000{}", "05".repeat(16378))]
    {
        let partners = Partners::of(format!("Mail,UserSMimeCertificate\nzoe@partner.test,{cell}\n"));
        let (recipients, errors, done) = partners.read(&Selection::All);
        assert_eq!((recipients.len(), errors.len(), done), (0, 1, Ok(())));
        let message = &errors[0].message;
        assert!(message.contains("its UserSMimeCertificate is cut off"), "{message}");
        assert!(message.contains("a cell of a spreadsheet holds 32767 characters"), "{message}");
    }
}

#[test]
fn where_mail_to_it_goes_is_an_address_of_it_too() {
    for (column, cell, addresses, reason) in [
        ("ExternalEmailAddress", "SMTP:zoe@fabrikam.test", vec!["zoe@partner.test", "zoe@fabrikam.test"], ""),
        ("targetAddress", "zoe@fabrikam.test", vec!["zoe@partner.test", "zoe@fabrikam.test"], ""),
        ("targetAddress", "", vec!["zoe@partner.test"], ""),
        ("targetAddress", "zoe@partner.test", vec!["zoe@partner.test"], ""),
        ("ExternalEmailAddress", "X400:c=US", vec![], "'X400:c=US' is not an address"),
    ] {
        let partners = Partners::of(format!("{column},Mail,Certificate\n{cell},zoe@partner.test,MAA=\n"));
        let (recipients, errors, done) = partners.read(&Selection::All);
        let found: Vec<_> = recipients.iter().flat_map(Recipient::addresses).collect();
        assert_eq!((found, done), (addresses, Ok(())), "{column} {cell}");
        assert_eq!(errors.len(), usize::from(!reason.is_empty()), "{errors:?}");
        assert!(errors.iter().all(|error| error.message.contains(reason)), "{errors:?}");
    }
}

#[test]
fn what_nobody_sees_around_an_address_is_no_part_of_it() {
    for (cell, untrimmed) in [
        ("zoe@partner.test", None),
        (" zoe@partner.test ", None),
        ("\u{FEFF}zoe@partner.test", Some("\u{FEFF}zoe@partner.test")),
        ("\"Zoe@partner.test\r\n\"", Some("Zoe@partner.test\r\n")),
        ("smtp:\u{A0}zoe@part\u{200B}ner.test\u{A0}", Some("smtp:\u{A0}zoe@part\u{200B}ner.test\u{A0}")),
    ] {
        let partners = Partners::of(format!("Certificate,Mail\nMAA=,{cell}\n"));
        let (recipients, errors, done) = partners.read(&Selection::All);
        let [zoe] = recipients.as_slice() else { panic!("{cell:?}: {errors:?}, {done:?}") };
        assert_eq!(zoe.anchor, "zoe@partner.test", "{cell:?}");
        assert_eq!(zoe.mail.as_deref().map(str::to_lowercase).as_deref(), Some("zoe@partner.test"));
        assert_eq!(zoe.untrimmed.first().map(String::as_str), untrimmed, "{cell:?}");
    }
}

#[test]
fn identities_select_by_address() {
    let partners =
        Partners::of("Mail,Certificate\nzoe@partner.test,MAA=\nBob@partner.test,MAA=\nann@partner.test,?\n");
    for (identity, found, invalid) in [
        ("ZOE@partner.test", 1, 0),
        ("bob@partner.test", 1, 0),
        ("Ann@partner.test", 0, 1),
        ("eve@partner.test", 0, 0),
        ("", 0, 0),
    ] {
        let (recipients, errors, done) = partners.read(&Selection::Identities(vec![identity.into()]));
        assert_eq!((recipients.len(), errors.len(), done), (found, invalid, Ok(())), "{identity}");
    }
}

#[test]
fn looking_up_tells_who_is_in_the_file() {
    let partners =
        Partners::of("Mail,Certificate\nzoe@partner.test,MAA=\nann@partner.test,?\nZoe@partner.test,MAEB\n");
    let anchors = ["ann@partner.test", "zoe@partner.test", "eve@partner.test"].map(str::to_owned);
    let found = partners.source().look_up(&anchors, &crate::common::events::context().0).expect("read");
    let [Presence::Unreadable, Presence::InScope(zoe), Presence::Absent] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((zoe.anchor.as_str(), zoe.values.len()), ("zoe@partner.test", 2));
}

#[test]
fn the_size_hint_counts_addresses() {
    let pem = "\"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n\"";
    let rows: String = (0..10_000).map(|n| format!("p{n}@partner.test,{pem}\n")).collect();
    let partners = Partners::of(format!("Mail,Certificate\n{rows}"));
    let mut source = partners.source();
    let hint = source.size_hint().expect("a hint");
    assert!((9_000..11_000).contains(&hint), "{hint}");
    assert_eq!(source.clock(&crate::common::events::context().0), Ok(None));
}
