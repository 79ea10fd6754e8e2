//! Each way of signing in, at the stand-in for Exchange Online, which was written from the facts by others.

use std::{
    fs,
    io::ErrorKind,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Url;
use serde_json::{Value, json};
use smime_sync::{
    error::ErrorId,
    exchange::{
        clock::Clock,
        http::{HttpClient, HttpRequest, wait},
    },
    profile::{ExchangeEnvironment, Profile},
    runtime::runtime,
};

use crate::{
    certificate_files::workshop,
    host_signs::{store, thumbprint},
    surroundings::{APP_ID, PASSWORD, TENANT, World, profile},
};

/// A stand-in that runs while this lives.
struct Online {
    process: Child,
    folder: tempfile::TempDir,
    addresses: Value,
}

impl Drop for Online {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Online {
    /// Starts it and registers the application with its certificate.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let program = program.parent().unwrap().with_file_name("examples").join("exchange-online-stand-in");
        let started =
            Command::new(&program).arg("--directory").arg(folder.path()).stdin(Stdio::piped()).spawn();
        let process = started.unwrap_or_else(|error| {
            let advice = "build it with 'cargo build --example exchange-online-stand-in'";
            panic!("{}: {error}; {advice}", program.display())
        });
        let addresses = wait_for(&folder.path().join("stand-in.json"));
        let online = Self { process, folder, addresses: serde_json::from_str(&addresses).unwrap() };
        let certificate = fs::read_to_string(workshop().join("app.crt")).unwrap();
        online.control(
            "/application",
            json!({
                "ClientId": APP_ID, "TenantId": "11111111-2222-3333-4444-555555555555", "Domains": [TENANT],
                "Certificates": [certificate],
            }),
        );
        online
    }

    fn control(&self, path: &str, body: Value) -> Value {
        self.ask(HttpRequest::post(self.address("Control", path), body.to_string().into_bytes()))
    }

    fn statistics(&self) -> Value {
        self.ask(HttpRequest::get(self.address("Control", "/statistics")))
    }

    fn ask(&self, request: HttpRequest) -> Value {
        let world = World::new();
        let client = HttpClient::local(&world.context).unwrap();
        let answer = wait(&world.context, client.send(request, Duration::from_secs(20))).unwrap().unwrap();
        assert_eq!(answer.status.as_u16(), 200, "{}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn address(&self, side: &str, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.addresses[side].as_str().unwrap())).unwrap()
    }

    /// A profile whose sign-in is here.
    fn profile(&self) -> Profile {
        let mut profile = profile(1);
        profile.azure_ad_authorization_endpoint_uri = Some(self.addresses["Https"].as_str().unwrap().into());
        profile.server_certificate_path = vec![self.folder.path().join("ca.pem")];
        profile
    }

    fn with_file(&self, file: &str) -> Profile {
        let mut profile = self.profile();
        profile.certificate_file_path = Some(workshop().join(file));
        profile
    }

    /// A world in the stand-in's time.
    fn world(&self) -> World {
        self.in_its_time(World::new(), 1.0)
    }

    fn in_its_time(&self, mut world: World, speed: f64) -> World {
        world.clock = Clock::accelerated(speed);
        world.secrets.insert("certificate_password", PASSWORD.as_bytes().to_vec());
        self.control("/clock", json!({ "Time": world.clock.now().as_secs_f64(), "Speed": speed }));
        world
    }
}

fn wait_for(path: &PathBuf) -> String {
    let start = Instant::now();
    loop {
        match fs::read_to_string(path) {
            Ok(text) => return text,
            Err(error)
                if error.kind() == ErrorKind::NotFound && start.elapsed() < Duration::from_secs(30) =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => panic!("{}: {error}", path.display()),
        }
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
    let statistics = online.statistics();
    assert_eq!(statistics["TokensIssued"], files.len(), "{statistics}");
    assert_eq!(statistics["SignInsRefused"], 0, "no assertion was used twice: {statistics}");
}

#[test]
fn a_key_in_the_caller_s_store_signs_in_with_both_algorithms() {
    let online = Online::start();
    for (able, taken) in [(&["PS256"][..], "PS256"), (&["RS256"], "RS256")] {
        online.control("/settings", json!({ "AssertionAlgorithms": [taken] }));
        let world = online.in_its_time(World::answering(store("app", able).0), 1.0);
        let mut profile = online.profile();
        profile.certificate_thumbprint = Some(thumbprint("app"));
        world.sign_in(&profile).unwrap_or_else(|error| panic!("{taken}: {error}"));
    }
}

#[test]
fn managed_identities_sign_in() {
    let online = Online::start();
    let client_id = "99999999-2222-3333-4444-555555555555";
    online.control("/settings", json!({ "ManagedIdentity": { "ClientId": client_id } }));
    let metadata = |path| online.address("Metadata", path).to_string();
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
        let mut profile = online.profile();
        (profile.managed_identity, profile.managed_identity_account_id) = (true, id.map(str::to_owned));
        world.sign_in(&profile).unwrap_or_else(|error| panic!("{variables:?}: {error}"));
    }
    let mut world = online.world();
    world.environment.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata(""));
    online.control("/settings", json!({ "ManagedIdentity": { "Assigned": false } }));
    let mut profile = online.profile();
    profile.managed_identity = true;
    let error = world.sign_in(&profile).unwrap_err();
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
    elsewhere.organization = Some("fabrikam.onmicrosoft.com".into());
    let mut other_cloud = right();
    other_cloud.exchange_environment_name = ExchangeEnvironment::O365USGovGCCHigh;
    fs::write(
        online.folder.path().join("other.pem"),
        ["other.crt", "other.key"].map(|file| fs::read_to_string(workshop().join(file)).unwrap()).concat(),
    )
    .unwrap();
    let mut unregistered = online.profile();
    unregistered.certificate_file_path = Some(online.folder.path().join("other.pem"));
    for (profile, number) in
        [(unregistered, "700027"), (unknown, "700016"), (elsewhere, "90002"), (other_cloud, "70011")]
    {
        let error = world.sign_in(&profile).unwrap_err();
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
    for seconds in [3600, -3600] {
        let world = online.world();
        online.control("/clock", json!({ "Advance": seconds }));
        let error = world.sign_in(&online.with_file("pkcs8.pem")).unwrap_err();
        assert_eq!(error.id, ErrorId::ClockSkew, "{seconds} s: {error}");
        assert!(error.message.contains("seconds apart"), "{error}");
    }
}

#[test]
fn tokens_of_a_short_life_are_renewed_in_time_once_for_twenty_tasks() {
    let online = Online::start();
    let world = online.in_its_time(World::new(), 20.0);
    online.control("/settings", json!({ "TokenLifetime": 40 }));
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
        wait(&world.context, task).unwrap().unwrap();
    }
    let statistics = online.statistics();
    // 80 seconds of its clock, a new token every 20.
    let issued = statistics["TokensIssued"].as_u64().unwrap();
    assert!((3..=6).contains(&issued), "{statistics}");
    assert_eq!(statistics["SignInsRefused"], 0, "{statistics}");
}
