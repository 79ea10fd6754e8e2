//! Whether mail can be encrypted to a key, as OpenSSL finds by doing it: with every certificate of the corpora and
//! cases, and with every kind of key.

use std::{collections::BTreeSet, path::Path};

use smime_sync::{
    certificate::{Certificate, read_value},
    directory::{Selection, Source, SourceItem, ldif::LdifSource},
    model::{Attribute, CertificateState, Purpose, Severity},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::TrustAnchors,
};

use super::openssl::try_openssl;
use crate::common::{certificates::*, events, generated::compare_or_bless};

fn of_the_corpus() -> Vec<(String, Certificate)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/pkilint-smime");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let content = read_value(Attribute::UserCertificate, &std::fs::read(&path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        all.extend(content.certificates.into_iter().map(|one| (name.clone(), one)));
    }
    all
}

fn of_the_cases() -> Vec<(String, Certificate)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        let Ok(mut source) = LdifSource::open(&case.join("directory.ldif")) else { continue };
        let (context, _) = events::context();
        // Some of the cases are files that can't be read to their end.
        let _ = source.read(&Selection::All, &context, &mut |item| {
            let SourceItem::Recipient(recipient) = item else { return Ok(()) };
            for value in &recipient.values {
                let certificates = read_value(value.attribute, &value.bytes).certificates;
                let name = |one: &Certificate| {
                    format!("{}: {}", case.file_name().unwrap().to_string_lossy(), one.subject)
                };
                all.extend(certificates.into_iter().map(|one| (name(&one), one)));
            }
            Ok(())
        });
    }
    all
}

/// Every kind of key, good ones and such that can't be.
fn of_all_kinds() -> Vec<(String, Certificate)> {
    let ec = |curve: &str, point: &[u8]| spki(&seq(&[&oid("1.2.840.10045.2.1"), &oid(curve)]), point);
    let p256 = "1.2.840.10045.3.1.7";
    let point = |hex: &str| hex::decode(hex).unwrap();
    // The base points (SEC 2), P-256 in all forms.
    let (x, y) = (
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    );
    let g384 = "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7\
                3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";
    let brainpool = "048bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262\
                     547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997";
    let agree = |key: Vec<u8>| Draft::person("alice@contoso.test").usage(KEY_AGREEMENT).key(key);
    let transport = |key: Vec<u8>| Draft::person("alice@contoso.test").key(key);
    let mut even = rsa_modulus(2048, 3);
    even[255] &= 0xFE;
    let mut pss = Draft::person("alice@contoso.test");
    let modulus = rsa_modulus(3072, 9);
    let numbers = seq(&[&tlv(2, &[&[0], &modulus]), &tlv(2, &[&[1, 0, 1]])]);
    pss.spki = spki(&seq(&[&oid("1.2.840.113549.1.1.10")]), &numbers);
    let mut version_6 = Draft::person("alice@contoso.test");
    version_6.version = 6;
    let mut no_seconds = Draft::person("alice@contoso.test");
    no_seconds.validity = Some(seq(&[&tlv(0x17, &[b"2601010000Z"]), &tlv(0x17, &[b"280101000000Z"])]));
    let unreadable = |id: &str| Draft::person("alice@contoso.test").extension(id, true, vec![0x30, 9, 1]);
    let kinds = [
        ("version 6", version_6),
        ("time without seconds", no_seconds),
        ("padded serial", Draft::person("alice@contoso.test").serial(&[0, 0x11])),
        ("unreadable keyUsage", unreadable("2.5.29.15")),
        ("unreadable extKeyUsage", unreadable("2.5.29.37")),
        ("unreadable basicConstraints", unreadable("2.5.29.19")),
        ("unreadable subjectAltName", unreadable("2.5.29.17")),
        ("encipherOnly", agree(ec(p256, &point(&format!("04{x}{y}")))).usage(KEY_AGREEMENT | ENCIPHER_ONLY)),
        ("P-256 uncompressed", agree(ec(p256, &point(&format!("04{x}{y}"))))),
        ("P-256 compressed", agree(ec(p256, &point(&format!("03{x}"))))),
        ("P-256 hybrid", agree(ec(p256, &point(&format!("07{x}{y}"))))),
        ("P-256 off the curve", agree(ec(p256, &point(&format!("04{x}{x}"))))),
        ("P-256 compressed, no square", agree(ec(p256, &point(&format!("02{}05", "00".repeat(31)))))),
        ("P-256 above the prime", agree(ec(p256, &point(&format!("04{}{y}", "ff".repeat(32)))))),
        ("P-256 (0, 0)", agree(ec(p256, &point(&format!("04{}", "00".repeat(64)))))),
        ("P-256 at infinity", agree(ec(p256, &[0]))),
        ("P-384", agree(ec("1.3.132.0.34", &point(g384)))),
        ("P-384 with a point of P-256", agree(ec("1.3.132.0.34", &point(&format!("04{x}{y}"))))),
        ("P-521 compressed, no point", agree(ec("1.3.132.0.35", &[&[2][..], &[0xFF; 66]].concat()))),
        ("brainpoolP256r1", agree(ec("1.3.36.3.3.2.8.1.1.7", &point(brainpool)))),
        ("brainpoolP256r1 off the curve", agree(ec("1.3.36.3.3.2.8.1.1.7", &[&[4][..], &[9; 64]].concat()))),
        ("X25519", agree(other_spki("1.3.101.110", &[9; 32]))),
        ("X25519 of 31 octets", agree(other_spki("1.3.101.110", &[9; 31]))),
        ("X25519 of order 4", agree(other_spki("1.3.101.110", &[0; 32]))),
        ("RSASSA-PSS", pss),
        ("RSA 2048", transport(rsa_spki(2048, 5))),
        ("RSA 16384", transport(rsa_spki(16_384, 5))),
        ("RSA 16392", transport(rsa_spki(16_392, 5))),
        ("RSA even", transport(rsa_spki_of(&even, &[1, 0, 1]))),
        ("RSA e = 1", transport(rsa_spki_of(&rsa_modulus(2048, 3), &[1]))),
        ("RSA e of 65 bits", transport(rsa_spki_of(&rsa_modulus(3072, 1), &[1, 0, 0, 0, 0, 0, 0, 0, 1]))),
        ("RSA e of 64 bits", transport(rsa_spki_of(&rsa_modulus(3072, 1), &[0x80, 0, 0, 0, 0, 0, 0, 1]))),
    ];
    let read = |(name, draft): (&str, Draft)| {
        (format!("kind: {name}"), Certificate::from_der(&draft.sign(&root())).unwrap())
    };
    kinds.into_iter().map(read).collect()
}

/// What we say: nothing, where mail can be encrypted to it, or the first of what speaks against it.
fn objection(certificate: &Certificate) -> Option<String> {
    let mut recipient = alice_with(&[(Attribute::UserCertificate, certificate.der().to_vec())]);
    if let Some(address) = certificate.addresses.iter().find(|address| address.is_for_mail()) {
        recipient.mail = Some(address.text.clone());
    }
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, true);
    let evaluation = evaluate(&recipient, &policy, &TrustAnchors::default(), certificate.not_before);
    let entry = &evaluation.certificates[0];
    let errors = entry.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: BTreeSet<&str> = errors.map(|finding| finding.rule.as_str()).collect();
    let purpose = certificate.purpose();
    let encrypts = matches!(purpose, Purpose::Encryption | Purpose::EncryptionAndSigning);
    match entry.state {
        CertificateState::Chosen if encrypts => None,
        _ if errors.is_empty() => Some(format!("purpose {purpose:?}")),
        _ => Some(errors.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

#[test]
fn openssl_encrypts_to_everything_that_we_call_fit() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("body.txt"), "Body").unwrap();
    let mut refused = Vec::new();
    let mut lenient = BTreeSet::new();
    let mut fit = 0;
    for (name, certificate) in of_the_corpus().into_iter().chain(of_the_cases()).chain(of_all_kinds()) {
        std::fs::write(at.join("certificate.pem"), pem_of(certificate.der())).unwrap();
        let theirs =
            try_openssl(at, "cms -encrypt -aes256 -in body.txt -outform DER -out out.p7m certificate.pem");
        match (objection(&certificate), theirs) {
            (None, Err(why)) => refused.push(format!("{name}: {why}")),
            (None, Ok(_)) => fit += 1,
            (Some(why), Ok(_)) => drop(lenient.insert(format!("| {name} | {why} |\n"))),
            (Some(_), Err(_)) => {}
        }
    }
    assert!(refused.is_empty(), "OpenSSL refuses what we call fit: {refused:#?}");
    assert!(fit >= 30, "{fit}");
    let rows: String = lenient.into_iter().collect();
    let text = format!(
        "# Certificates that OpenSSL encrypts to, and SmimeSync does not\n\nWritten by the test that encrypts to every \
         certificate of the corpora and cases, and to every kind of key. `openssl cms -encrypt` looks at the key alone. \
         There is none the other way round.\n\n| certificate | what speaks against it |\n|---|---|\n{rows}"
    );
    compare_or_bless("tests/data/openssl-encrypts.md", "engine certificate::encrypting", &text);
}
