//! Every form in which files come.

use smime_sync::{directory::Selection, event::LogLevel, model::RecipientKind};

use super::*;

#[test]
fn what_export_csv_of_powershell_writes_is_read() {
    for name in ["utf8", "utf8-bom-semicolon", "unicode-tab-type", "big-endian-as-needed"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/csv/{name}.csv"));
        let (recipients, errors, done) = read(&path, &Selection::All);
        assert_eq!((errors.as_slice(), done), (&[][..], Ok(())), "{name}");
        // Zoe's second row is the last one, so Bob is complete before her.
        let summaries: Vec<_> = recipients.iter().map(summary).collect();
        let bob = ("bob@partner.test", Some("Bob"), vec![(USER, vec![0x30, 4, 1, 2, 1, 1])]);
        let zoe_values = vec![(USER, vec![0x30, 2, 5, 0]), (USER, vec![0x30, 3, 1, 1, 1])];
        assert_eq!(
            summaries,
            [bob, ("zoe@partner.test", Some("Zoë \"Zed\" Müller, Partner"), zoe_values)],
            "{name}"
        );
    }
}

#[test]
fn a_recipient_is_a_contact_known_by_its_address_in_lower_case() {
    let partners = Partners::of("Mail,Certificate\nSMTP:Zoe.Smith@Partner.test,MAA=\n");
    let (recipients, ..) = partners.read(&Selection::All);
    let [zoe] = recipients.as_slice() else { panic!("{recipients:?}") };
    assert_eq!((zoe.anchor.as_str(), zoe.kind), ("zoe.smith@partner.test", RecipientKind::Contact));
    assert_eq!(zoe.mail.as_deref(), Some("Zoe.Smith@Partner.test"));
    assert_eq!(zoe.primary_smtp_address.as_deref(), Some("Zoe.Smith@Partner.test"));
    assert_eq!(
        (zoe.label(), zoe.display_name.as_deref(), zoe.disabled),
        ("Zoe.Smith@Partner.test", None, false)
    );
}

#[test]
fn values_come_from_every_column_in_their_own_form() {
    let signed = [&[0x30, 0x0B, 0x06, 9][..], b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"].concat();
    let der = include_bytes!("../../../data/csv/partner.cer");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(der));
    let p7b = certs_only(der);
    let both = format!("-----BEGIN PKCS7-----\n{}\n-----END PKCS7-----\n{pem}", base64(&p7b));
    for (columns, values, expected) in [
        ("Certificate", base64(der), vec![(USER, der.to_vec())]),
        ("Certificate", format!("\"{pem}{pem}\""), vec![(USER, der.to_vec())]),
        ("Certificate", base64(&p7b), vec![(SMIME, p7b.clone())]),
        ("Certificate", format!("X'{}'", hex::encode(der)), vec![(USER, der.to_vec())]),
        (
            "Certificate",
            format!("X'{}';x'3000'", hex::encode_upper(der)),
            vec![(USER, der.to_vec()), (USER, vec![0x30, 0])],
        ),
        ("Certificate", format!("0x{}", hex::encode_upper(der)), vec![(USER, der.to_vec())]),
        ("Certificate", format!("\\x{}", hex::encode(&p7b)), vec![(SMIME, p7b.clone())]),
        ("Certificate", hex::encode(der), vec![(USER, der.to_vec())]),
        ("Certificate", "30:03-01 01 ff".into(), vec![(USER, vec![0x30, 3, 1, 1, 0xFF])]),
        ("UserSMimeCertificate", format!("X'{}'", hex::encode(&p7b)), vec![(SMIME, p7b.clone())]),
        ("UserSMimeCertificate", base64(&signed), vec![(SMIME, signed.clone())]),
        ("CertificatePath", "partner.cer".into(), vec![(USER, der.to_vec())]),
        ("CertificatePath", "./sub/partner.PEM".into(), vec![(USER, der.to_vec())]),
        ("CertificatePath", r"sub\partner.PEM".into(), vec![(USER, der.to_vec())]),
        ("CertificatePath", "base64.cer".into(), vec![(USER, der.to_vec())]),
        ("CertificatePath", "partner.p7b".into(), vec![(SMIME, p7b.clone())]),
        ("CertificatePath", "both.pem".into(), vec![(SMIME, p7b.clone()), (USER, der.to_vec())]),
        ("CertificatePath", "{folder}/partner.cer".into(), vec![(USER, der.to_vec())]),
        (
            "Certificate,CertificatePath",
            format!("{},partner.p7b", base64(der)),
            vec![(USER, der.to_vec()), (SMIME, p7b.clone())],
        ),
        ("Certificate,UserSMimeCertificate", ",".into(), vec![]),
    ] {
        let partners = Partners::of("");
        fs::create_dir(partners.0.path().join("sub")).expect("a folder");
        partners.write("partner.cer", der);
        partners.write("sub/partner.PEM", &pem);
        partners.write("base64.cer", base64(der));
        partners.write("partner.p7b", &p7b);
        partners.write("both.pem", &both);
        let values = values.replace("{folder}", &partners.0.path().display().to_string());
        partners.write("partners.csv", format!("EmailAddress,{columns}\nzoe@partner.test,{values}\n"));
        let (recipients, errors, done) = partners.read(&Selection::All);
        assert_eq!((errors.as_slice(), done), (&[][..], Ok(())), "{columns}: {values}");
        assert_eq!(summary(&recipients[0]).2, expected, "{columns}: {values}");
    }
}

#[test]
fn columns_that_nobody_looks_at_are_one_warning() {
    let partners = Partners::of("Company,EmailAddress,Certificate,Notes\nx,zoe@partner.test,MAA=,y\n");
    let (context, recorder) = crate::common::events::context();
    let mut source = partners.source();
    source.read(&Selection::All, &context, &mut |_| Ok(())).expect("read");
    source.look_up(&["zoe@partner.test".into()], &context).expect("read");
    let path = partners.path();
    let expected = format!("'{}': 2 columns are skipped: Company, Notes.", path.display());
    assert_eq!(recorder.logged(LogLevel::Warning), [expected]);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// PKCS#7 with that certificate alone, by another implementation.
fn certs_only(der: &[u8]) -> Vec<u8> {
    use der::{Decode as _, Encode as _};
    let certificate = x509_cert::Certificate::from_der(der).expect("a certificate");
    cms::content_info::ContentInfo::try_from(cms::cert::x509::PkiPath::from([certificate]))
        .expect("PKCS#7")
        .to_der()
        .expect("DER")
}
