// The certificates are made with the program openssl, which Windows has not.
#![cfg(unix)]

use std::process::Command;

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::*;

/// A certificate (DER) that OpenSSL makes with these arguments.
fn certificate(arguments: &str) -> Vec<u8> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-subj", "/CN=dc1", "-keyout", "/dev/null", "-outform", "DER"])
        .args(arguments.split(' '))
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{arguments}: {}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

#[test]
fn the_hash_is_that_of_the_certificates_signature_and_at_least_sha_256() {
    let hash = |name: &str, bytes: &[u8]| match name {
        "sha256" => Sha256::digest(bytes).to_vec(),
        "sha384" => Sha384::digest(bytes).to_vec(),
        _ => Sha512::digest(bytes).to_vec(),
    };
    let pss = "-newkey rsa:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1";
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
    for (arguments, expected) in [
        ("-newkey rsa:2048 -sha1".to_owned(), "sha256"),
        ("-newkey rsa:2048 -sha256".to_owned(), "sha256"),
        ("-newkey rsa:2048 -sha384".to_owned(), "sha384"),
        ("-newkey rsa:2048 -sha512".to_owned(), "sha512"),
        (format!("{pss} -sha256"), "sha256"),
        (format!("{pss} -sha384"), "sha384"),
        (format!("{pss} -sha512"), "sha512"),
        (format!("{ec} -sha1"), "sha256"),
        (format!("{ec} -sha256"), "sha256"),
        (format!("{ec} -sha384"), "sha384"),
        (format!("{ec} -sha512"), "sha512"),
    ] {
        let der = certificate(&arguments);
        let expected = [&b"tls-server-end-point:"[..], &hash(expected, &der)].concat();
        assert_eq!(channel_binding(&der), Some(expected), "{arguments}");
    }
}

#[test]
fn what_has_no_hash_binds_nothing() {
    assert_eq!(channel_binding(&certificate("-newkey ed25519")), None);
    assert_eq!(channel_binding(b"no certificate"), None);
    assert_eq!(channel_binding(b""), None);
}
