//! Files that were seen in the field (`tests/data/cases`), judged as a profile of its own would.

use std::path::Path;

use smime_sync::{
    directory::{Selection, Source, SourceItem, ldif::LdifSource},
    model::{Attribute, CertificateState, Evaluation, JudgedCertificate, Purpose, Severity, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::load_anchors,
};

use crate::common::events;

/// Each recipient's certificates, as the case has them.
fn all_judged(case: &str) -> Vec<Evaluation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(case);
    let anchors = load_anchors(&[folder.join("anchors")]).unwrap();
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    let now = Timestamp::parse("2026-11-30T08:00:00Z").unwrap();
    let (context, _) = events::context();
    let mut found = Vec::new();
    let mut source = LdifSource::open(&folder.join("directory.ldif")).unwrap();
    source
        .read(&Selection::All, &context, &mut |item| {
            if let SourceItem::Recipient(recipient) = item {
                found.push(evaluate(&recipient, &policy, &anchors, now));
            }
            Ok(())
        })
        .unwrap();
    found
}

fn judged(case: &str) -> Evaluation {
    all_judged(case).remove(0)
}

/// The entry of the certificate with that subject.
fn entry<'a>(evaluation: &'a Evaluation, subject: &str) -> &'a JudgedCertificate {
    let is = |one: &&JudgedCertificate| {
        one.certificate.as_ref().is_some_and(|certificate| certificate.subject.contains(subject))
    };
    evaluation.certificates.iter().find(is).unwrap_or_else(|| panic!("no {subject}: {evaluation:#?}"))
}

fn found(evaluation: &Evaluation, rule: &str) -> Option<(Severity, String)> {
    let findings = evaluation.certificates.iter().flat_map(|entry| &entry.findings);
    findings.filter(|one| one.rule == rule).map(|one| (one.severity, one.message.clone())).next()
}

/// Of two certificates the newer one is refused for this, and the older one is chosen.
fn refused_for(case: &str, rule: &str, message: &str) {
    let evaluation = judged(case);
    assert_eq!(found(&evaluation, rule), Some((Severity::Error, message.into())), "{case}");
    assert_eq!(entry(&evaluation, "CN=User").state, CertificateState::Unusable, "{case}");
    assert_eq!(entry(&evaluation, "CN=Good").state, CertificateState::Chosen, "{case}");
}

#[test]
fn a_user_principal_name_is_no_mail_address() {
    let evaluation = judged("cert-upn-is-no-mail-address");
    let message = "The certificate names no mail address of the recipient, only the user principal name alice@corp.local.";
    assert_eq!(found(&evaluation, "address-missing"), Some((Severity::Warning, message.into())));
    assert_eq!(evaluation.certificates[0].state, CertificateState::Chosen, "there is no better one");
}

#[test]
fn a_giant_rsa_key_is_not_chosen() {
    let evaluation = judged("cert-giant-rsa-key");
    let message = "The RSA key has 100000 bits; 16384 are the most that Windows can use.";
    assert_eq!(found(&evaluation, "unsupported-key-algorithm"), Some((Severity::Error, message.into())));
    assert_eq!(evaluation.certificates[0].state, CertificateState::Unusable);
    assert!(evaluation.desired.is_empty());
}

#[test]
fn a_point_that_is_not_on_the_curve_displaces_nothing() {
    refused_for(
        "cert-ec-off-curve",
        "invalid-key",
        "The public key can't be a real one: it is no point of the curve P-256.",
    );
}

#[test]
fn a_modulus_that_anybody_can_factor_is_not_used() {
    for (case, why) in [
        ("cert-rsa-factor-101", "the RSA modulus is divisible by 101"),
        (
            "cert-rsa-close-primes-fermat",
            "the primes of the RSA modulus are close together, so that anybody finds them",
        ),
    ] {
        let evaluation = judged(case);
        let message = format!("The public key can't be a real one: {why}.");
        assert_eq!(found(&evaluation, "invalid-key"), Some((Severity::Error, message)), "{case}");
        assert!(evaluation.desired.is_empty(), "{case}");
    }
}

#[test]
fn a_key_for_rsassa_pss_is_for_signing_only() {
    for case in ["cert-rsapss-key-with-key-encipherment", "cert-pss-only-key"] {
        let evaluation = judged(case);
        let of_pss = evaluation.certificates.iter().filter_map(|entry| entry.certificate.as_ref());
        let of_pss: Vec<_> = of_pss.filter(|one| one.key_algorithm == "RSASSA-PSS").collect();
        assert!(!of_pss.is_empty() && of_pss.iter().all(|one| one.purpose == Purpose::Signing), "{case}");
        let chosen = evaluation.desired.first().expect(case);
        assert_eq!(chosen.certificate.key_algorithm, "RSA", "{case}");
    }
}

#[test]
fn keys_are_told_by_names_that_people_read() {
    let names: Vec<_> = all_judged("cert-curve-names")
        .iter()
        .map(|evaluation| {
            let certificate = evaluation.certificates[0].certificate.as_ref().unwrap();
            (certificate.key_algorithm.clone(), certificate.key_size)
        })
        .collect();
    let due = [
        ("EC (explicit parameters)", None),
        ("EC brainpoolP256r1", Some(256)),
        ("EC (no curve named)", None),
        ("DSA", Some(2048)),
    ];
    assert_eq!(names, due.map(|(name, size)| (name.to_owned(), size)));
}

#[test]
fn what_restricts_and_cannot_be_read_is_not_absent() {
    refused_for(
        "cert-leaf-key-usage-unreadable",
        "unreadable-restriction",
        "The extension keyUsage (2.5.29.15) can't be read, and may forbid what the certificate is used for.",
    );
    let evaluation = judged("cert-leaf-san-malformed-subject-mail");
    let message = "The extension subjectAltName (2.5.29.17) can't be read, and may forbid what the certificate is used for.";
    assert_eq!(found(&evaluation, "unreadable-restriction"), Some((Severity::Error, message.into())));
    assert!(evaluation.desired.is_empty());
    let evaluation = judged("cert-ca-eku-malformed");
    let (severity, message) = found(&evaluation, "broken-chain").unwrap();
    assert!(message.contains("the extension extKeyUsage (2.5.29.37) can't be read"), "{message}");
    assert_eq!(severity, Severity::Error);
    assert!(evaluation.desired.is_empty());
}

#[test]
fn a_version_that_does_not_exist_and_odd_times_are_told() {
    let evaluation = judged("cert-version-field-5");
    let message = "The certificate is of version 6; 3 is due, and the highest that there is.";
    assert_eq!(found(&evaluation, "unknown-version"), Some((Severity::Error, message.into())));
    let evaluation = judged("cert-utctime-no-seconds");
    let message = "A time of the certificate's validity has no seconds.";
    assert_eq!(found(&evaluation, "malformed-time"), Some((Severity::Error, message.into())));
    assert!(evaluation.desired.is_empty());
}

#[test]
fn signatures_that_the_usual_library_lacks_are_checked() {
    for case in ["cert-sig-p521-sha512", "cert-sig-p384-sha512", "cert-p521-ca"] {
        let evaluation = judged(case);
        assert_eq!(evaluation.certificates[0].state, CertificateState::Chosen, "{case}: {evaluation:#?}");
    }
    let states: Vec<_> = all_judged("cert-brainpool-ca")
        .iter()
        .map(|evaluation| {
            let unsupported = found(evaluation, "unsupported-signature-algorithm");
            (evaluation.certificates[0].state, unsupported.map(|(_, message)| message))
        })
        .collect();
    assert_eq!(states[0], (CertificateState::Chosen, None), "brainpoolP256r1");
    assert_eq!(states[1].0, CertificateState::Unusable, "secp256k1");
    let message = states[1].1.as_ref().unwrap();
    assert!(message.contains("ECDSA with SHA-256 on the curve secp256k1 can't be checked"), "{message}");
}

#[test]
fn a_ca_whose_key_is_too_short_is_told_by_that() {
    let evaluation = judged("cert-sig-rsa1024-sha256");
    let (_, message) = found(&evaluation, "broken-chain").unwrap();
    assert!(message.contains("has an RSA key of 1024 bits, and 2048 are the least"), "{message}");
}

#[test]
fn a_preference_that_is_signed_with_another_digest_counts() {
    let evaluation = judged("cert-smime-value-signed-p256-sha512");
    assert_eq!(entry(&evaluation, "CN=Enc").state, CertificateState::Chosen);
    let passed_on =
        evaluation.desired.iter().filter(|one| one.value.attribute == Attribute::UserSmimeCertificate);
    assert_eq!(passed_on.count(), 1);
}

#[test]
fn a_ca_vouches_only_for_names_that_it_may_issue_for() {
    for (case, name) in [
        ("cert-nc-dn-nul-injection", "O=Contoso"),
        ("cert-nc-dn-san-outside", "O="),
        ("cert-nc-excluded-alabel-smtputf8", "user@bücher.test"),
        ("cert-upn-name-constraint", "alice@contoso.test"),
    ] {
        let evaluation = judged(case);
        let (severity, message) = found(&evaluation, "broken-chain").unwrap_or_else(|| panic!("{case}"));
        assert_eq!(severity, Severity::Error, "{case}");
        assert!(
            message.contains(" is not allowed to issue for ") && message.contains(name),
            "{case}: {message}"
        );
        assert!(evaluation.desired.is_empty(), "{case}");
    }
}

#[test]
fn a_user_principal_name_is_not_held_against_constraints_on_mail_addresses() {
    let evaluation = judged("cert-nc-rfc822-permitted-upn-other-domain");
    assert_eq!(evaluation.certificates[0].state, CertificateState::Chosen, "{evaluation:#?}");
    assert_eq!(found(&evaluation, "broken-chain"), None);
}

#[test]
fn an_international_domain_is_the_same_in_both_forms() {
    let evaluation = judged("cert-idn-domain");
    assert_eq!(evaluation.certificates[0].state, CertificateState::Chosen, "{evaluation:#?}");
    assert_eq!(evaluation.certificates[0].findings, []);
}
