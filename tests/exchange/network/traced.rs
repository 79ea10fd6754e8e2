//! The trace of a profile's test: everything is in it but the secrets.

use std::{fs, path::Path};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use smime_sync::error::ErrorId;

use super::{
    company::{Company, PERSON, target},
    proxy::{Manners, Proxy, certificate},
};
use crate::common::stand_in::Authority;

fn test(path: &Path) -> Value {
    json!({ "Operation": "TestProfile", "ProfileName": "cloud", "Trace": path })
}

/// Whether a text holds a secret, as it is or in base64 in any of its three places.
fn holds(text: &str, secret: &[u8]) -> bool {
    let plain = String::from_utf8_lossy(secret).into_owned();
    let encoded = (0..3_usize).map(|shift| {
        let all = BASE64_STANDARD.encode([&vec![0; shift], secret].concat());
        // What comes before and behind it is in the first and last group, too.
        all[4 * shift.min(1)..all.len() - 4].to_owned()
    });
    encoded.chain([plain, BASE64_URL_SAFE_NO_PAD.encode(secret)]).any(|form| text.contains(&form))
}

/// The values of a header or field in what a proxy saw in clear.
fn values<'a>(seen: &'a str, name: &str, ends: &[char]) -> Vec<&'a str> {
    seen.match_indices(name).map(|(at, _)| seen[at + name.len()..].split(ends).next().unwrap()).collect()
}

#[test]
fn every_request_and_answer_is_in_the_trace_and_no_secret_of_the_whole_run() {
    let company = Company::new(json!({}));
    // What went over the network in clear is known from a proxy that looks into it.
    let own = Authority::new("Contoso TLS Inspection");
    fs::write(company.path("inspection.pem"), &own.pem).unwrap();
    let theirs = certificate(&company.stand_in.authority_path());
    let proxy = Proxy::start(Manners::Inspects { own, theirs });
    company.uses(&proxy);
    company.set(json!({ "ServerCertificatePath": [company.path("inspection.pem")] })).unwrap();
    let path = company.path("trace.txt");
    let secrets =
        [("proxy_user", "svc-4711"), ("proxy_password", "Tulip-4711"), ("certificate_password", "Rose-4712")];
    let (done, caller) = company.ask(&secrets, test(&path));
    done.unwrap();
    assert_eq!(target(&caller)["Result"], "Passed", "{:?}", caller.results());

    let (trace, seen) = (fs::read_to_string(&path).unwrap(), proxy.inspected());
    let requests = seen.matches(" HTTP/1.1\r\n").count();
    assert!(requests >= 2, "{seen}");
    assert_eq!(
        trace.matches(&format!(" through the proxy {}\n", proxy.address)).count(),
        requests,
        "{trace}"
    );
    assert_eq!(trace.matches("\n> authorization: (left out)\n").count(), requests - 1, "{trace}");
    assert_eq!(trace.matches(" 200 OK, after ").count(), requests, "{trace}");
    for part in [
        "/oauth2/v2.0/token",
        "client_assertion=(left out)",
        "\"access_token\":\"(left out)\"",
        "Get-OrganizationConfig",
        "\n= Target: Passed. ",
        "Organization: contoso.onmicrosoft.com; cloud: O365Default; sign-in with a certificate file",
    ] {
        assert!(trace.contains(part), "{part}: {trace}");
    }
    let mut hidden: Vec<&str> = secrets[1..].iter().map(|(_, secret)| *secret).collect();
    hidden.extend(values(&seen, "authorization: Bearer ", &['\r']));
    hidden.extend(values(&seen, "client_assertion=", &['&', '\r', '\n']));
    hidden.extend(values(&seen, "cookie: ", &['\r']));
    assert!(hidden.len() >= 4, "{hidden:?}");
    for secret in hidden {
        assert!(!holds(&trace, secret.as_bytes()), "'{secret}' is in {trace}");
        // Of a token no third of it either.
        for part in secret.split('.').filter(|part| part.len() > 20) {
            assert!(!holds(&trace, part.as_bytes()), "'{part}' is in {trace}");
        }
    }
    let key = &company.application.key_pem;
    assert!(!key.lines().filter(|line| line.len() > 40).any(|line| trace.contains(line)));
    assert!(!holds(&trace, b"svc-4711:Tulip-4711"));
}

#[test]
fn a_token_that_was_handed_in_is_left_out_and_a_failure_is_shown() {
    let company = Company::new(json!({}));
    let proxy = Proxy::start(Manners::Says("HTTP/1.1 403 Forbidden\r\n\r\n"));
    company.uses(&proxy);
    let claims = BASE64_URL_SAFE_NO_PAD.encode(
        json!({ "aud": "https://outlook.office365.com", "exp": 4_000_000_000_i64, "sub": PERSON })
            .to_string(),
    );
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2lnbmF0dXJl");
    let path = company.path("trace.txt");
    let (done, caller) = company.ask(&[("access_token", &token)], test(&path));
    done.unwrap();
    assert_eq!(target(&caller)["Result"], "Failed");
    let trace = fs::read_to_string(&path).unwrap();
    assert!(trace.contains("sign-in with an access token"), "{trace}");
    assert!(trace.contains("no answer, after ") && trace.contains("refused to connect to"), "{trace}");
    for part in token.split('.').chain([token.as_str()]) {
        assert!(!holds(&trace, part.as_bytes()), "{trace}");
    }
}

#[test]
fn a_trace_takes_no_file_s_place_unless_told_to_and_is_for_its_owner() {
    let company = Company::new(json!({}));
    let path = company.path("trace.txt");
    fs::write(&path, "somebody's").unwrap();
    let (done, caller) = company.ask(&[], test(&path));
    let error = done.unwrap_err();
    assert_eq!(error.id, ErrorId::TargetNotWritable);
    assert!(error.message.contains("exists already") && error.advice.contains("-Force"), "{error:?}");
    assert!(caller.results().is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
    let mut forced = test(&path);
    forced["Force"] = true.into();
    company.ask(&[], forced).0.unwrap();
    assert!(fs::read_to_string(&path).unwrap().starts_with("SmimeSync "));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_profile_that_asks_nobody_over_the_network_has_no_trace() {
    let company = Company::new(json!({}));
    let folder = json!({
        "Name": "folder", "Source": "Ldif", "Path": company.path("people.ldif"), "AllowUntrusted": true,
        "Target": "Folder", "OutputPath": company.path("out"),
    });
    company.ask(&[], json!({ "Operation": "NewProfile", "Profile": folder })).0.unwrap();
    let path = company.path("trace.txt");
    let mut request = test(&path);
    request["ProfileName"] = "folder".into();
    let error = company.ask(&[], request).0.unwrap_err();
    assert_eq!(error.id, ErrorId::ProfileInvalid);
    assert!(error.message.contains("publishes to Folder") && error.advice.contains("-Trace"), "{error:?}");
    assert!(!path.exists());
}
