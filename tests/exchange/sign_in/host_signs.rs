//! A key that stays in the caller's store, which signs what it is asked to.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use smime_sync::{
    error::ErrorId,
    event::{Answer, Question, QuestionKind, SessionFailure},
    profile::ExchangeOnlineSettings,
};

use super::{
    certificate_files::{openssl_verifies, parts, workshop},
    surroundings::{Answering, World, openssl, settings},
};
use crate::server::{https, says};

pub fn thumbprint(name: &str) -> String {
    let file = format!("{name}.crt");
    let text = openssl(workshop(), &["x509", "-in", &file, "-noout", "-fingerprint", "-sha1"]);
    String::from_utf8(text).unwrap().trim().split_once('=').unwrap().1.replace(':', "")
}

fn certificate(name: &str) -> String {
    let file = format!("{name}.crt");
    BASE64_STANDARD.encode(openssl(workshop(), &["x509", "-in", &file, "-outform", "DER"]))
}

/// What OpenSSL signs with the application's key.
fn sign(digest: &str, algorithm: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("digest"), BASE64_STANDARD.decode(digest).unwrap()).unwrap();
    let key = workshop().join("app.key");
    let mut arguments = vec!["pkeyutl", "-sign", "-inkey", key.to_str().unwrap(), "-in", "digest"];
    arguments.extend(["-pkeyopt", "digest:sha256"]);
    if algorithm == "PS256" {
        arguments.extend(["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]);
    }
    BASE64_STANDARD.encode(openssl(folder.path(), &arguments))
}

fn failure(message: &str) -> Answer {
    let failure = SessionFailure { message: message.into(), ..SessionFailure::default() };
    Answer { failure: Some(failure), ..Answer::default() }
}

/// A caller that has the certificate `name` and signs with these algorithms; the questions it got.
pub fn store(name: &'static str, able: &'static [&str]) -> (Answering, Arc<Mutex<Vec<Question>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let questions = asked.clone();
    let answering = Box::new(move |question: &Question| {
        questions.lock().unwrap().push(question.clone());
        let signing = question.signing.clone().unwrap();
        match signing.algorithm.as_deref() {
            None => Answer { certificate: Some(certificate(name)), ..Answer::default() },
            Some(algorithm) if able.contains(&algorithm) => {
                Answer { signature: Some(sign(&signing.digest, algorithm)), ..Answer::default() }
            }
            Some(_) => failure("Invalid algorithm specified."),
        }
    });
    (answering, asked)
}

pub fn by_thumbprint(port: u16, thumbprint: &str) -> ExchangeOnlineSettings {
    let mut settings = settings(port);
    settings.certificate_thumbprint = Some(thumbprint.into());
    settings
}

#[test]
fn the_caller_signs_with_ps256_or_rs256_where_its_key_can_do_no_other() {
    for (able, algorithm) in [(&["PS256", "RS256"][..], "PS256"), (&["RS256"], "RS256")] {
        let (port, requests) = https(|_, _| says("200 OK", "", r#"{"expires_in":3599,"access_token":"t"}"#));
        let (answering, asked) = store("app", able);
        let world = World::answering(answering);
        let spaced = thumbprint("app").to_lowercase();
        let source = world.source(&by_thumbprint(port, &format!("\u{200e}{spaced}"))).unwrap();
        for _ in 0..2 {
            let token = world.context.block_on(source.token()).unwrap().unwrap();
            source.invalidate(&token);
        }
        for request in requests.lock().unwrap().iter() {
            let (header, _, signed, signature) = parts(&request.fields()["client_assertion"]);
            assert_eq!(header["alg"], algorithm);
            openssl_verifies(&signed, &signature, algorithm == "PS256");
        }
        let asked = asked.lock().unwrap();
        let algorithms: Vec<_> = asked
            .iter()
            .map(|question| {
                assert_eq!(
                    (question.kind, question.target.as_str()),
                    (QuestionKind::Sign, &*thumbprint("app"))
                );
                question.signing.clone().unwrap().algorithm
            })
            .collect();
        // That PS256 is of no use is asked for once only.
        let expected: &[_] = match algorithm {
            "PS256" => &[None, Some("PS256"), Some("PS256")],
            _ => &[None, Some("PS256"), Some("RS256"), Some("RS256")],
        };
        assert_eq!(algorithms.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_certificate_that_the_caller_cannot_use_is_refused_with_the_reason() {
    use ErrorId::{InvalidAnswer, ProfileInvalid, SignInCertificateUnusable as Unusable};
    let app = thumbprint("app");
    let other = format!("the caller gave {}", thumbprint("other"));
    let cases: Vec<(Answering, String, ErrorId, &str)> = vec![
        (
            Box::new(|_| failure("There is no such certificate.")),
            app.clone(),
            Unusable,
            "There is no such certificate",
        ),
        (store("other", &[]).0, app.clone(), Unusable, &other),
        (store("ec", &[]).0, thumbprint("ec"), Unusable, "a key of the kind EC P-256; Entra takes RSA"),
        (store("expired", &[]).0, thumbprint("expired"), Unusable, "expired at 2021-01-01 00:00 UTC"),
        (store("app", &[]).0, app.clone(), Unusable, "could not sign: Invalid algorithm specified"),
        (Box::new(|_| Answer::default()), app.clone(), InvalidAnswer, "gave no certificate in base64"),
        (store("app", &[]).0, "4711".into(), ProfileInvalid, "is not a SHA-1"),
        (
            Box::new(|question| match question.signing.clone().unwrap().algorithm {
                None => Answer { certificate: Some(certificate("app")), ..Answer::default() },
                Some(_) => Answer {
                    signature: Some(sign(&BASE64_STANDARD.encode([7; 32]), "RS256")),
                    ..Answer::default()
                },
            }),
            app.clone(),
            Unusable,
            "its RS256 signature does not fit the certificate",
        ),
    ];
    for (answering, thumbprint, id, reason) in cases {
        // Nothing is sent: nobody listens at port 1.
        let error = World::answering(answering).sign_in(&by_thumbprint(1, &thumbprint)).unwrap_err();
        assert_eq!(error.id, id, "{reason}: {error}");
        assert!(error.message.contains(reason), "{error}");
    }
}
