//! How long one recipient takes: `cargo bench --bench evaluate`.

// A tool of the tests: it stops where something is not as it should be, and says so.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "../common/mod.rs"]
mod common;

use std::{path::Path, process::Command, time::Instant};

use common::certificates::*;
use smime_sync::{
    certificate::{Certificate, read_bundle, read_value},
    model::{Attribute, Recipient, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, SelectionName},
    trust::TrustAnchors,
};

const ROUNDS: u32 = 5_000;

fn measure(what: &str, mut one: impl FnMut()) {
    (0..ROUNDS / 10).for_each(|_| one());
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| one());
    println!("{what:<58} {:>7.1} µs", start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}

fn measure_recipient(
    what: &str,
    recipient: &Recipient,
    anchors: &TrustAnchors,
    now: Timestamp,
    desired: usize,
) {
    let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
    assert_eq!(evaluate(recipient, &policy, anchors, now).desired.len(), desired, "{what}");
    measure(what, || drop(evaluate(recipient, &policy, anchors, now)));
}

/// A CA and a person's certificate, both RSA with 2048 bits, made by OpenSSL.
fn rsa() -> (Certificate, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let status =
            Command::new("openssl").args(arguments.split(' ')).current_dir(&folder).output().unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    };
    let extensions = "subjectAltName=email:alice@contoso.test\nextendedKeyUsage=emailProtection\n";
    std::fs::write(folder.path().join("person.cnf"), extensions).unwrap();
    run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 300");
    run("req -new -newkey rsa:2048 -nodes -keyout a.key -out a.csr -subj /CN=Alice");
    run(
        "x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 200 -extfile person.cnf -out a.pem",
    );
    let read = |file: &str| {
        let text = std::fs::read(Path::new(folder.path()).join(file)).unwrap();
        read_bundle(&text).certificates.remove(0)
    };
    (read("ca.pem"), read("a.pem").der().to_vec())
}

fn main() {
    let root = root();
    let anchors = TrustAnchors::new([Certificate::from_der(&root.der).unwrap()]);
    let sub = root.below("CN=Issuing CA", 4, |draft| draft);
    let signer = sub.person("alice@contoso.test", 9);
    let leaf = Draft::person("alice@contoso.test").sign(&root);
    let outlook = SignedData {
        certificates: vec![signer.der.clone(), sub.der.clone()],
        signer: Some(&signer),
        ..Default::default()
    }
    .build();
    let user = Attribute::UserCertificate;
    let smime = Attribute::UserSmimeCertificate;
    measure("read one DER certificate", || drop(read_value(user, &leaf)));
    measure("read one signed PKCS#7 with two certificates (P-256)", || drop(read_value(smime, &outlook)));
    let one = |values: &[(Attribute, Vec<u8>)]| alice_with(values);
    measure_recipient("evaluate 1 certificate, CA P-256", &one(&[(user, leaf.clone())]), &anchors, NOW, 1);
    let (ca, person) = rsa();
    let rsa_anchors = TrustAnchors::new([ca]);
    let now = Timestamp::now();
    measure_recipient("evaluate 1 certificate, CA RSA 2048", &one(&[(user, person)]), &rsa_anchors, now, 1);
    let both = one(&[(user, leaf.clone()), (smime, outlook)]);
    measure_recipient("evaluate DER and signed PKCS#7, one CA between", &both, &anchors, NOW, 1);
    let many: Vec<_> =
        (0..16).map(|i| (user, Draft::person("alice@contoso.test").serial(&[7, i]).sign(&root))).collect();
    measure_recipient("evaluate 16 certificates, CA P-256", &one(&many), &anchors, NOW, 1);
}
