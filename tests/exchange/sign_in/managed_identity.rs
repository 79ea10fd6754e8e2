//! Managed identities of virtual machines and of App Service.

use smime_sync::{error::ErrorId, profile::ExchangeOnlineSettings};

use super::{
    client::{PROXIED, again_with_proxy},
    surroundings::{World, settings, text},
};
use crate::server::{http, says};

/// Where the code runs, with its service at this port.
type Machine = fn(u16) -> World;

const TOKEN: &str =
    r#"{"access_token":"t","expires_in":"3599","expires_on":"1506484173","token_type":"Bearer"}"#;

fn managed(client_id: Option<&str>) -> ExchangeOnlineSettings {
    let mut settings = settings(1);
    (settings.managed_identity, settings.managed_identity_account_id) = (true, client_id.map(str::to_owned));
    settings
}

fn on_virtual_machine(port: u16) -> World {
    let mut world = World::new();
    world.environment.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST", format!("http://127.0.0.1:{port}"));
    world
}

fn on_app_service(port: u16) -> World {
    // App Service comes first where both are there.
    let mut world = on_virtual_machine(1);
    world.environment.insert("IDENTITY_ENDPOINT", format!("http://127.0.0.1:{port}/msi/token"));
    world.environment.insert("IDENTITY_HEADER", "header-secret-4711".into());
    world
}

#[test]
fn each_service_is_asked_in_its_own_way() {
    let imds = ("/metadata/identity/oauth2/token", "2018-02-01", ("metadata", "true"));
    let app_service = ("/msi/token", "2019-08-01", ("x-identity-header", "header-secret-4711"));
    let worlds: [(Machine, _); 2] = [(on_virtual_machine, imds), (on_app_service, app_service)];
    for (world, (path, version, header)) in worlds {
        for client_id in [None, Some("11111111-2222-3333-4444-555555555555")] {
            let (port, requests) = http(|_, _| says("200 OK", "", TOKEN));
            assert_eq!(text(&world(port).sign_in(&managed(client_id)).unwrap()), "Bearer t");
            let request = requests.lock().unwrap()[0].clone();
            assert!(request.line.starts_with(&format!("GET {path}?")), "{}", request.line);
            assert_eq!(request.headers[header.0], header.1);
            let fields = request.fields();
            assert_eq!(fields["api-version"], version);
            assert_eq!(fields["resource"], "https://outlook.office365.com");
            assert_eq!(fields.get("client_id").map(String::as_str), client_id);
        }
    }
}

#[test]
fn a_challenge_is_answered_by_a_new_token_and_the_same_one_again_is_none() {
    for (second, answered) in [("t", false), ("u", true)] {
        let (port, _) = http(move |number, _| {
            let text =
                if number == 1 { TOKEN.to_owned() } else { TOKEN.replace("\"t\"", &format!("{second:?}")) };
            says("200 OK", "", &text)
        });
        let world = on_virtual_machine(port);
        let source = world.source(&managed(None)).unwrap();
        let token = world.context.block_on(source.token()).unwrap().unwrap();
        source.challenged(&token, "{}");
        match world.context.block_on(source.token()).unwrap() {
            Ok(token) => assert!(answered && text(&token) == "Bearer u", "{token:?}"),
            Err(error) => {
                assert!(!answered && error.id == ErrorId::ManagedIdentityUnavailable, "{error}");
                assert!(error.message.contains("gives out the same token again"), "{error}");
            }
        }
    }
}

#[test]
fn app_service_tells_only_the_time_at_which_a_token_ends() {
    let (port, _) = http(|_, _| says("200 OK", "", r#"{"access_token":"t","expires_on":"1999999999"}"#));
    let token = on_app_service(port).sign_in(&managed(None)).unwrap();
    assert_eq!(token.expires().0, 1_999_999_999);
}

#[test]
fn a_service_that_is_not_ready_is_asked_three_times_more() {
    for status in ["404 Not Found", "410 Gone", "429 Too Many Requests", "500 Error", "503 Unavailable"] {
        let no = move || says(status, "", r#"{"error":"later","error_description":"Not yet."}"#);
        let (port, requests) =
            http(move |number, _| if number < 4 { no() } else { says("200 OK", "", TOKEN) });
        assert_eq!(text(&on_virtual_machine(port).sign_in(&managed(None)).unwrap()), "Bearer t");
        assert_eq!(requests.lock().unwrap().len(), 4, "{status}");

        let (port, requests) = http(move |_, _| no());
        let error = on_virtual_machine(port).sign_in(&managed(None)).unwrap_err();
        assert_eq!(error.id, ErrorId::ManagedIdentityUnavailable, "{error}");
        assert!(error.message.contains("Not yet"), "{error}");
        assert_eq!(requests.lock().unwrap().len(), 4, "{status}");
    }
}

#[test]
fn a_machine_without_an_identity_says_so_in_the_service_s_own_words() {
    let imds = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    let app_service = r#"{"statusCode":400,"message":"No managed identity found for this app."}"#;
    let cases: [(Machine, _, _); 3] = [
        (on_virtual_machine, imds, "Identity not found"),
        (on_app_service, app_service, "No managed identity found for this app"),
        (on_virtual_machine, "<html>", "no reason given"),
    ];
    for (world, body, reason) in cases {
        let (port, requests) = http(move |_, _| says("400 Bad Request", "", body));
        let error = world(port).sign_in(&managed(None)).unwrap_err();
        assert_eq!(error.id, ErrorId::ManagedIdentityUnavailable, "{error}");
        assert!(error.message.contains(reason), "{error}");
        assert_eq!(error.native.clone().unwrap().http_status, Some(400));
        assert!(!format!("{error:?}").contains("header-secret-4711"));
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_machine_that_is_not_azure_s_is_told_so() {
    for (world, reason) in [
        (on_virtual_machine(1), "This may be no machine of Azure's"),
        (
            {
                let mut world = on_app_service(1);
                world.environment.insert("IDENTITY_ENDPOINT", "nonsense".into());
                world
            },
            "'nonsense'",
        ),
    ] {
        let error = world.sign_in(&managed(None)).unwrap_err();
        assert_eq!(error.id, ErrorId::ManagedIdentityUnavailable, "{error}");
        assert!(error.message.contains(reason), "{error}");
    }
}

#[test]
fn it_is_never_asked_for_through_a_proxy() {
    let (port, requests) = http(|_, _| says("200 OK", "", TOKEN));
    if std::env::var(PROXIED).is_ok() {
        assert_eq!(text(&on_virtual_machine(port).sign_in(&managed(None)).unwrap()), "Bearer t");
        assert_eq!(requests.lock().unwrap().len(), 1);
        return;
    }
    let (proxy, proxied) = http(|_, _| says("502 Bad Gateway", "", ""));
    again_with_proxy(
        module_path!(),
        "it_is_never_asked_for_through_a_proxy",
        &format!("http://127.0.0.1:{proxy}"),
    );
    assert!(proxied.lock().unwrap().is_empty());
}
