//! Each way of signing in, at the stand-in for Exchange Online, which was written from docs/design/exchange-online.md
//! alone.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;
use smime_sync::{
    error::ErrorId,
    exchange::clock::Clock,
    profile::{ExchangeEnvironment, ExchangeOnlineSettings},
    runtime::runtime,
};

use super::{
    certificate_files::workshop,
    host_signs::{store, thumbprint},
    surroundings::{APP_ID, PASSWORD, TENANT, World, settings},
};
use crate::common::{exchange::StandIn, process::undisturbed};

/// A stand-in that knows the application of this test.
struct Online(StandIn);

impl Online {
    fn start() -> Self {
        let stand_in = StandIn::start();
        let certificate = fs::read_to_string(workshop().join("app.crt")).unwrap();
        let application = json!({
            "ClientId": APP_ID, "TenantId": "11111111-2222-3333-4444-555555555555", "Domains": [TENANT],
            "Certificates": [certificate],
        });
        stand_in.ask("PUT", "/application", &application);
        Self(stand_in)
    }

    /// A settings whose sign-in is here.
    fn settings(&self) -> ExchangeOnlineSettings {
        let mut settings = settings(1);
        settings.azure_ad_authorization_endpoint_uri = Some(self.0.https.clone());
        settings.connection.server_certificate_path = vec![self.0.authority_path()];
        settings
    }

    fn with_file(&self, file: &str) -> ExchangeOnlineSettings {
        let mut settings = self.settings();
        settings.certificate_file_path = Some(workshop().join(file));
        settings
    }

    /// A world in the stand-in's time.
    fn world(&self) -> World {
        self.in_its_time(World::new(), 1.0)
    }

    fn in_its_time(&self, mut world: World, speed: f64) -> World {
        world.clock = Clock::accelerated(speed);
        world.secrets.insert("certificate_password", PASSWORD.as_bytes().to_vec());
        let time = json!({ "Time": world.clock.now().as_secs_f64(), "Speed": speed });
        self.0.ask("POST", "/clock", &time);
        world
    }
}

#[test]
fn each_kind_of_certificate_file_signs_in() {
    let online = Online::start();
    let world = online.world();
    let files = ["modern.pfx", "3des.pfx", "legacy.pfx", "chain.pfx", "pkcs8.pem", "pkcs1.pem"];
    for file in files {
        let token = world.sign_in(&online.with_file(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let left = token.expires().0 - world.clock.timestamp().0;
        assert!((3590..=3600).contains(&left), "{file}: {left} s");
    }
    let statistics = online.0.statistics();
    assert_eq!(statistics["TokensIssued"], files.len(), "{statistics}");
    assert_eq!(statistics["SignInsRefused"], 0, "no assertion was used twice: {statistics}");
}

#[test]
fn a_key_in_the_caller_s_store_signs_in_with_both_algorithms() {
    let online = Online::start();
    for (able, taken) in [(&["PS256"][..], "PS256"), (&["RS256"], "RS256")] {
        online.0.settings(json!({ "AssertionAlgorithms": [taken] }));
        let world = online.in_its_time(World::answering(store("app", able).0), 1.0);
        let mut settings = online.settings();
        settings.certificate_thumbprint = Some(thumbprint("app"));
        world.sign_in(&settings).unwrap_or_else(|error| panic!("{taken}: {error}"));
    }
}

#[test]
fn managed_identities_sign_in() {
    let online = Online::start();
    let client_id = "99999999-2222-3333-4444-555555555555";
    online.0.settings(json!({ "ManagedIdentity": { "ClientId": client_id } }));
    let metadata = |path| format!("{}{path}", online.0.metadata);
    for (variables, id) in [
        (vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata(""))], None),
        (vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata(""))], Some(client_id)),
        (
            vec![
                ("IDENTITY_ENDPOINT", metadata("/msi/token")),
                ("IDENTITY_HEADER", "identity-header".into()),
            ],
            None,
        ),
    ] {
        let mut world = online.world();
        world.environment.extend(variables.clone());
        let mut settings = online.settings();
        (settings.managed_identity, settings.managed_identity_account_id) = (true, id.map(str::to_owned));
        world.sign_in(&settings).unwrap_or_else(|error| panic!("{variables:?}: {error}"));
    }
    let mut world = online.world();
    world.environment.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata(""));
    online.0.settings(json!({ "ManagedIdentity": { "Assigned": false } }));
    let mut settings = online.settings();
    settings.managed_identity = true;
    let error = world.sign_in(&settings).unwrap_err();
    assert_eq!(error.id, ErrorId::ManagedIdentityUnavailable);
    assert!(error.message.contains("Identity not found"), "{error}");
}

#[test]
fn what_the_stand_in_refuses_is_explained() {
    let online = Online::start();
    let world = online.world();
    let right = || online.with_file("pkcs8.pem");
    let mut unknown = right();
    unknown.app_id = Some("00000000-8b86-d011-b42d-00c04fc964ff".into());
    let mut elsewhere = right();
    elsewhere.organization = "fabrikam.onmicrosoft.com".into();
    let mut other_cloud = right();
    other_cloud.exchange_environment_name = ExchangeEnvironment::O365USGovGCCHigh;
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("other.pem"),
        ["other.crt", "other.key"].map(|file| fs::read_to_string(workshop().join(file)).unwrap()).concat(),
    )
    .unwrap();
    let mut unregistered = online.settings();
    unregistered.certificate_file_path = Some(folder.path().join("other.pem"));
    for (settings, number) in
        [(unregistered, "700027"), (unknown, "700016"), (elsewhere, "90002"), (other_cloud, "70011")]
    {
        let error = world.sign_in(&settings).unwrap_err();
        assert_eq!(error.id, ErrorId::SignInRefused, "{error}");
        assert!(error.message.contains(&format!("(AADSTS{number})")), "{error}");
        let native = error.native.unwrap();
        assert!(native.text.unwrap().starts_with(&format!("AADSTS{number}: ")));
        assert_eq!(native.request_id.unwrap().len(), 36, "the trace id");
    }
}

#[test]
fn a_clock_that_is_wrong_is_named_as_the_reason() {
    let online = Online::start();
    for seconds in [3600.0, -3600.0] {
        let world = online.world();
        online.0.advance(seconds);
        let error = world.sign_in(&online.with_file("pkcs8.pem")).unwrap_err();
        assert_eq!(error.id, ErrorId::ClockSkew, "{seconds} s: {error}");
        assert!(error.message.contains("seconds apart"), "{error}");
    }
}

#[test]
fn tokens_of_a_short_life_are_renewed_in_time_once_for_twenty_tasks() {
    let _undisturbed = undisturbed();
    let online = Online::start();
    let world = online.in_its_time(World::new(), 20.0);
    online.0.settings(json!({ "TokenLifetime": 40 }));
    let source = world.source(&online.with_file("pkcs8.pem")).unwrap();
    let (clock, end) = (world.clock.clone(), Instant::now() + Duration::from_secs(4));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (source, clock) = (source.clone(), clock.clone());
            runtime().unwrap().spawn(async move {
                while Instant::now() < end {
                    let token = source.token().await.unwrap();
                    assert!(clock.timestamp() < token.expires(), "a token was given out that is over");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        world.context.block_on(task).unwrap().unwrap();
    }
    let statistics = online.0.statistics();
    // 80 seconds of its clock, a new token every 20.
    let issued = statistics["TokensIssued"].as_u64().unwrap();
    assert!((3..=6).contains(&issued), "{statistics}");
    assert_eq!(statistics["SignInsRefused"], 0, "{statistics}");
}
