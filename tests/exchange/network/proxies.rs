//! The way through a proxy, and what is said where there is none.

use std::{fs, time::Duration};

use reqwest::Url;
use serde_json::{Value, json};
use smime_sync::{
    error::{Error, ErrorId},
    exchange::http::{HttpClient, HttpRequest},
    profile::{ExchangeOnlineSettings, ProxySetting},
};
use zeroize::Zeroizing;

use super::{
    company::Company,
    proxy::{Manners, Proxy, certificate},
};
use crate::common::{events::context, process::again, stand_in::Authority};

const USER: (&str, &str) = ("proxy_user", "CONTOSO\\svc");
const PASSWORD: (&str, &str) = ("proxy_password", "Tulip-4711");
/// `printf 'CONTOSO\\svc:Tulip-4711' | base64`
const BASIC: &str = "Basic Q09OVE9TT1xzdmM6VHVsaXAtNDcxMQ==";

fn result(test: &Value) -> (&str, &str, &str) {
    (test["Result"].as_str().unwrap(), test["Message"].as_str().unwrap(), test["Advice"].as_str().unwrap())
}

fn connect(company: &Company) -> Vec<String> {
    vec![format!("CONNECT {} HTTP/1.1", company.stand_in.https.trim_start_matches("https://"))]
}

#[test]
fn sign_in_and_service_go_through_the_proxy_of_the_profile() {
    let company = Company::new(json!({}));
    let proxy = Proxy::start(Manners::Opens);
    company.uses(&proxy);
    let test = company.target(&[]);
    assert_eq!(result(&test).0, "Passed", "{test}");
    assert_eq!(proxy.asked_for(), connect(&company));
}

#[test]
fn a_proxy_that_wants_a_user_name_and_password_gets_those_of_the_run_and_no_profile_keeps_them() {
    let company = Company::new(json!({}));
    let proxy = Proxy::start(Manners::WantsSignIn {
        authorization: BASIC,
        offers: &["Negotiate", "Basic realm=\"x\""],
    });
    company.uses(&proxy);
    for (secrets, expected, message, advice) in [
        (&[USER, PASSWORD][..], "Passed", "can be written", ""),
        (
            &[],
            "Failed",
            "wants a user name and password (407 Proxy Authentication Required)",
            "-ProxyCredential",
        ),
        (
            &[USER, ("proxy_password", "wrong-4712")],
            "Failed",
            "did not accept the user name and password of -ProxyCredential",
            "-ProxyCredential",
        ),
    ] {
        let test = company.target(secrets);
        let (found, said, advised) = result(&test);
        assert_eq!(found, expected, "{test}");
        assert!(said.contains(message) && advised.contains(advice), "{test}");
        assert!(expected == "Passed" || said.contains(&format!("'{}'", proxy.address)), "{test}");
        for secret in ["4711", "4712", "VHVsaXA"] {
            assert!(!test.to_string().contains(secret), "{test}");
        }
    }
    let profile = fs::read_to_string(company.path("profiles/cloud.json")).unwrap();
    assert!(profile.contains(&proxy.address) && !profile.contains("4711") && !profile.contains("CONTOSO"));
}

/// Asks `https://localhost:9`, where nobody is, through a proxy; the failure.
fn failure(proxy: &str) -> Error {
    let mut settings = ExchangeOnlineSettings::new("contoso.onmicrosoft.com");
    settings.proxy = ProxySetting::parse(proxy).unwrap();
    settings.connection.timeout = Some(2);
    let secrets = |name: &str| {
        let found = [USER, PASSWORD].into_iter().find(|(known, _)| *known == name);
        found.map(|(_, secret)| Zeroizing::new(secret.as_bytes().to_vec()))
    };
    let (context, _) = context();
    let client = HttpClient::new(&settings, &secrets, &context).unwrap();
    let request = HttpRequest::get(Url::parse("https://localhost:9/").unwrap());
    let failure = context.block_on(client.send(request, Duration::from_secs(20))).unwrap().unwrap_err();
    assert!(!failure.sent, "{}", failure.error);
    assert!(!format!("{:?}", failure.error).contains("4711"), "{:?}", failure.error);
    failure.error
}

#[test]
fn a_proxy_that_opens_no_way_is_named_with_its_reason_and_what_to_do() {
    use ErrorId::{ExchangeUnreachable, ProxyCredentialRejected, ProxyRefused};
    for (manners, id, message, advice) in [
        (
            Manners::Says("HTTP/1.1 403 Blocked by policy\r\nContent-Length: 0\r\n\r\n"),
            ProxyRefused,
            "refused to connect to 'localhost:9': 403 Blocked by policy",
            "docs/exchange-online.md",
        ),
        (
            Manners::Says("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
            ExchangeUnreachable,
            "502 Bad Gateway",
            "Run again later",
        ),
        (Manners::HangsUp, ExchangeUnreachable, "gave no reason", "a proxy for HTTP"),
        (Manners::Says("220 ready\r\n"), ExchangeUnreachable, "gave no reason", "a proxy for HTTP"),
        (
            Manners::WantsSignIn { authorization: "", offers: &["Negotiate", "NTLM"] },
            ProxyCredentialRejected,
            "Negotiate or NTLM",
            "without a sign-in",
        ),
        (
            Manners::Babbles("HTTP/1.1 200 Connection established\r\n"),
            ExchangeUnreachable,
            "did not connect to 'localhost:9': it sent more than 16 KiB of headers",
            "a proxy for HTTP",
        ),
        (Manners::Says("HTTP/1.1 200 OK\r\n"), ExchangeUnreachable, "gave no reason", "a proxy for HTTP"),
        (
            Manners::Keeps,
            ExchangeUnreachable,
            "opened no connection to 'localhost:9' within 2 s; -Timeout sets the limit",
            "the proxy's address and port",
        ),
        // It takes the way, and finds nobody at its end.
        (Manners::Opens, ExchangeUnreachable, "did not connect to 'localhost:9'", "a proxy for HTTP"),
    ] {
        let proxy = Proxy::start(manners);
        let error = failure(&proxy.address);
        assert_eq!(error.id, id, "{error}");
        assert!(error.message.contains(message) && error.message.contains(&proxy.address), "{error}");
        assert!(error.advice.contains(advice) && error.advice.contains("-Proxy of the profile"), "{error:?}");
    }
}

#[test]
fn a_run_stops_at_once_where_the_proxy_refuses_and_nothing_is_written() {
    let company = Company::new(json!({}));
    let proxy = Proxy::start(Manners::Says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    company.uses(&proxy);
    let (done, _) = company.ask(&[], json!({ "Operation": "Sync", "ProfileName": "cloud" }));
    let error = done.unwrap_err();
    assert_eq!((error.id, error.target.as_deref()), (ErrorId::ProxyRefused, Some(proxy.address.as_str())));
    assert_eq!(proxy.count(), 2, "once for the sign-in, and once for the proxy's own words");
}

#[test]
fn a_proxy_that_is_not_there_is_told_apart_from_a_service_that_is_not() {
    for (proxy, message) in [
        ("http://127.0.0.1:9", "The proxy 'http://127.0.0.1:9' can't be reached"),
        ("http://nobody.invalid:8080", "The proxy 'http://nobody.invalid:8080' is not known by name"),
        ("https://127.0.0.1:9", "The proxy 'https://127.0.0.1:9' can't be reached"),
    ] {
        let error = failure(proxy);
        assert_eq!((error.id, error.target.as_deref()), (ErrorId::ExchangeUnreachable, Some(proxy)));
        assert!(error.message.contains(message), "{error}");
        assert!(error.advice.contains("-Proxy of the profile"), "{error:?}");
    }
}

#[test]
fn a_proxy_that_looks_into_tls_is_trusted_by_its_ca_alone() {
    let company = Company::new(json!({}));
    let own = Authority::new("Contoso TLS Inspection");
    fs::write(company.path("inspection.pem"), &own.pem).unwrap();
    let theirs = certificate(&company.stand_in.authority_path());
    let proxy = Proxy::start(Manners::Inspects { own, theirs });
    company.uses(&proxy);

    let test = company.target(&[]);
    let (found, said, advised) = result(&test);
    assert_eq!(found, "Failed", "{test}");
    assert!(said.contains(&format!("(through the proxy '{}')", proxy.address)), "{test}");
    assert!(advised.contains("-ServerCertificatePath"), "{test}");
    assert_eq!(proxy.inspected(), "");

    company.set(json!({ "ServerCertificatePath": [company.path("inspection.pem")] })).unwrap();
    let test = company.target(&[]);
    assert_eq!(result(&test).0, "Passed", "{test}");
    let inspected = proxy.inspected();
    assert!(inspected.contains("client_assertion=") && inspected.contains("InvokeCommand"), "{inspected}");
}

/// The variable that a test has in the process of its own.
const AGAIN: &str = "SMIME_SYNC_TEST_PROXY";

/// The platform's roots, which on Linux a variable names, are trusted without any setting: so is what an
/// administrator has put there for the company's proxy.
#[test]
fn a_proxy_that_looks_into_tls_is_trusted_by_the_platform_s_roots() {
    let name = "a_proxy_that_looks_into_tls_is_trusted_by_the_platform_s_roots";
    if let Ok(file) = std::env::var(AGAIN) {
        let own = Authority::new("Contoso TLS Inspection");
        fs::write(&file, &own.pem).unwrap();
        let company = Company::new(json!({ "ServerCertificatePath": [] }));
        let theirs = certificate(&company.stand_in.authority_path());
        let proxy = Proxy::start(Manners::Inspects { own, theirs });
        company.uses(&proxy);
        assert_eq!(result(&company.target(&[])).0, "Passed");
        assert!(proxy.inspected().contains("InvokeCommand"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    let output =
        again(module_path!(), name).env(AGAIN, &roots).env("SSL_CERT_FILE", &roots).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn the_environment_s_proxy_is_for_profiles_that_name_none() {
    let proxy = Proxy::start(Manners::WantsSignIn { authorization: BASIC, offers: &["Basic"] });
    let address = proxy.address.replace("http://", "http://CONTOSO%5Csvc:Tulip-4711@");
    let environment = [("https_proxy", address.as_str())];
    for (setting, no_proxy, through) in [
        (json!("System"), "", true),
        (Value::Null, "example.test", true),
        (json!("System"), "localhost", false),
        (json!("None"), "", false),
    ] {
        let company = Company::new(json!({}));
        company.set(json!({ "Proxy": setting })).unwrap();
        let before = proxy.asked_for().len();
        let test = company.target(&[environment[0], ("no_proxy", no_proxy)]);
        assert_eq!(result(&test).0, "Passed", "{test}");
        assert_eq!(proxy.asked_for().len() > before, through, "{setting} {no_proxy}");
    }
    let company = Company::new(json!({}));
    let wrong = address.replace("4711", "4712");
    let test = company.target(&[("https_proxy", &wrong)]);
    let (_, said, advised) = result(&test);
    assert!(
        said.contains("user name and password of HTTPS_PROXY") && advised.contains("the environment"),
        "{test}"
    );
    assert!(!test.to_string().contains("4712"), "{test}");
}

#[test]
fn a_managed_identity_is_asked_for_without_any_proxy() {
    let name = "a_managed_identity_is_asked_for_without_any_proxy";
    if std::env::var(AGAIN).is_ok() {
        let company =
            Company::new(json!({ "ManagedIdentity": true, "AppId": null, "CertificateFilePath": null }));
        // The process's own environment can't be changed any more; the address of virtual machines can be named.
        let proxy = Proxy::start(Manners::Opens);
        company.uses(&proxy);
        let test = company.target(&[]);
        // The machine has no identity at that address, and the proxy was not asked for it.
        assert!(result(&test).1.contains("There is no managed identity"), "{test}");
        assert_eq!(proxy.asked_for(), Vec::<String>::new());
        return;
    }
    let output = again(module_path!(), name)
        .env(AGAIN, "1")
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn a_proxy_of_another_kind_in_the_environment_is_told_at_once() {
    let environment = |name: &str| {
        (name == "https_proxy").then(|| Zeroizing::new(b"socks5://svc:secret-4711@127.0.0.1:9".to_vec()))
    };
    let (context, _) = context();
    let settings = ExchangeOnlineSettings::new("contoso.onmicrosoft.com");
    let client = HttpClient::new(&settings, &environment, &context).unwrap();
    let request = HttpRequest::get(Url::parse("https://localhost:9/").unwrap());
    let failure = context.block_on(client.send(request, Duration::from_secs(20))).unwrap().unwrap_err();
    let error = failure.error;
    assert_eq!((error.id, failure.sent), (ErrorId::ProfileInvalid, false), "{error}");
    assert!(error.message.contains("'socks5://127.0.0.1:9' is one by socks5"), "{error}");
    assert!(error.advice.contains("HTTPS_PROXY") && !format!("{error:?}").contains("4711"), "{error:?}");
}

#[test]
fn a_profile_takes_no_address_with_a_user_s_name_and_none_without_tls() {
    let company = Company::new(json!({}));
    for setting in ["ConnectionUri", "AzureADAuthorizationEndpointUri"] {
        for (address, message) in [
            ("https://svc:secret-4711@localhost:1", "names a user"),
            ("https://svc:secret-4711@localhost:port", "names a user"),
            ("http://localhost:1", "does not begin with 'https://'"),
            ("localhost", "is no address"),
        ] {
            let error = company.set(json!({ setting: address })).unwrap_err();
            assert_eq!(error.id, ErrorId::ProfileInvalid);
            let named = error.message.contains(&format!("-{setting}"));
            assert!(named && error.message.contains(message) && !error.message.contains("4711"), "{error}");
        }
    }
    let profile = fs::read_to_string(company.path("profiles/cloud.json")).unwrap();
    assert!(!profile.contains("4711"), "{profile}");
}

#[test]
fn a_profile_takes_no_proxy_with_a_password_and_none_that_is_a_script() {
    let company = Company::new(json!({}));
    for (proxy, message) in [
        ("http://svc:secret-4711@proxy.test:8080", "-ProxyCredential"),
        ("http://wpad.test/wpad.dat", "a page or script"),
        ("socks5://proxy.test", "no proxy for HTTP"),
    ] {
        let error = company.set(json!({ "Proxy": proxy })).unwrap_err();
        assert_eq!(error.id, ErrorId::ProfileInvalid);
        assert!(error.message.contains(message) && !error.message.contains("4711"), "{error}");
    }
}
