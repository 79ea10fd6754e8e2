//! Signing in with a certificate whose key stays in the caller's store. OpenSSL plays the store.

use std::{fs, path::Path, process::Command};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha1::{Digest, Sha1};
use smime_sync::{
    directory::ldap::{Account, ClientCertificate, LdapSource},
    error::{Error, ErrorId, Result},
    event::{Answer, Question, QuestionKind, SessionFailure},
    model::Timestamp,
};
use tempfile::TempDir;

use super::client::Trusted;
use crate::common::{
    directory::signed_in,
    events::Recorder,
    raw_server::{directory, serve_with},
    stand_in::tls_for_clients_with,
};

fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A store with one certificate, whose key signs with these algorithms.
struct Store {
    folder: TempDir,
    der: Vec<u8>,
    able: &'static [&'static str],
}

impl Store {
    fn new(key: &[&str], days: &str, able: &'static [&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request =
            ["req", "-x509", "-nodes", "-subj", "/CN=store", "-keyout", "key", "-out", "pem", "-days", days];
        let extensions =
            ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=clientAuth"];
        openssl(folder.path(), &[&request[..], &extensions, &["-newkey"], key].concat());
        let der = openssl(folder.path(), &["x509", "-in", "pem", "-outform", "DER"]);
        Self { folder, der, able }
    }

    fn thumbprint(&self) -> String {
        hex::encode_upper(Sha1::digest(&self.der))
    }

    fn answer(&self, question: &Question) -> Answer {
        assert_eq!(question.kind, QuestionKind::Sign);
        assert_eq!(question.action, "Sign in to the directory with this certificate");
        let signing = question.signing.clone().unwrap();
        match signing.algorithm.as_deref() {
            None => Answer { certificate: Some(BASE64_STANDARD.encode(&self.der)), ..Answer::default() },
            Some(algorithm) if self.able.contains(&algorithm) => {
                let digest = BASE64_STANDARD.decode(&signing.digest).unwrap();
                let signature = self.sign(&digest, algorithm);
                Answer { signature: Some(BASE64_STANDARD.encode(signature)), ..Answer::default() }
            }
            Some(_) => {
                let message = "Invalid algorithm specified.".to_owned();
                Answer {
                    failure: Some(SessionFailure { message, ..SessionFailure::default() }),
                    ..Answer::default()
                }
            }
        }
    }

    fn sign(&self, digest: &[u8], algorithm: &str) -> Vec<u8> {
        fs::write(self.folder.path().join("digest"), digest).unwrap();
        let mut arguments = vec!["pkeyutl", "-sign", "-inkey", "key", "-in", "digest"];
        let of_rsa = ["-pkeyopt", "digest:sha256"];
        let of_pss = ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"];
        match algorithm {
            "RS256" => arguments.extend(of_rsa),
            "PS256" => arguments.extend(of_rsa.iter().chain(&of_pss)),
            _ => return numbers(&openssl(self.folder.path(), &arguments), digest.len()),
        }
        openssl(self.folder.path(), &arguments)
    }
}

/// As .NET gives an ECDSA signature: both numbers in full length, one after the other.
fn numbers(der: &[u8], size: usize) -> Vec<u8> {
    let (mut at, mut found) = (2, Vec::new());
    for _ in 0..2 {
        let end = at + 2 + usize::from(der[at + 1]);
        let digits: Vec<u8> = der[at + 2..end].iter().copied().skip_while(|digit| *digit == 0).collect();
        found.extend(std::iter::repeat_n(0, size - digits.len()));
        found.extend(digits);
        at = end;
    }
    found
}

/// Signs in with the certificate of that thumbprint at a server that knows it.
fn sign_in(store: Store, thumbprint: &str) -> Result<()> {
    let trusted = Trusted::new();
    let known = fs::read_to_string(store.folder.path().join("pem")).unwrap();
    let (port, _) = serve_with(
        tls_for_clients_with(&trusted.authority.good(), &known),
        directory(|request, _| panic!("{request:?}")),
    );
    let context = Recorder::new(move |question: &Question| store.answer(question)).context();
    let certificate = ClientCertificate::of_store(thumbprint, Timestamp::now(), &context)?;
    let account = Account::Certificate(certificate);
    signed_in(LdapSource::active_directory(&trusted.settings(port), account, &context), &context).map(drop)
}

const RSA: &[&str] = &["rsa:2048"];
const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];

#[test]
fn the_caller_signs_for_the_connection_with_what_its_key_can() {
    for (key, able) in [
        (RSA, &["PS256", "RS256"][..]),
        // An older provider: TLS 1.2 it is, then.
        (RSA, &["RS256"]),
        (P256, &["ES256"]),
        (P384, &["ES384"]),
    ] {
        let store = Store::new(key, "1", able);
        let thumbprint = store.thumbprint().to_lowercase();
        assert_eq!(sign_in(store, &thumbprint), Ok(()), "{key:?} {able:?}");
    }
}

#[test]
fn a_certificate_that_can_not_be_used_is_named_with_the_reason() {
    let other = "0123456789ABCDEF0123456789ABCDEF01234567";
    let failed = |store: Store, thumbprint: &str| -> Error { sign_in(store, thumbprint).unwrap_err() };
    for (key, able, id, what) in [
        (RSA, &[][..], ErrorId::ClientCertificateUnusable, "can't sign: Invalid algorithm specified."),
        (P256, &[], ErrorId::ClientCertificateUnusable, "can't sign: Invalid algorithm specified."),
        (
            &["ed25519"],
            &[],
            ErrorId::ClientCertificateUnusable,
            "('CN=store') has a key of the kind Ed25519; RSA, EC P-256 and EC P-384 can be used.",
        ),
    ] {
        let store = Store::new(key, "1", able);
        let thumbprint = store.thumbprint();
        let error = failed(store, &thumbprint);
        assert_eq!((error.id, error.message), (id, format!("The certificate {thumbprint} {what}")));
    }
    let store = Store::new(P256, "1", &[]);
    let what = format!("The certificate {other} was asked for, but the caller gave {}.", store.thumbprint());
    let error = failed(store, other);
    assert_eq!((error.id, error.message), (ErrorId::ClientCertificateUnusable, what));
    assert_eq!(failed(Store::new(P256, "1", &[]), "12").id, ErrorId::ProfileInvalid);
}
