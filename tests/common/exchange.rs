//! Starts and steers the Exchange Online stand-in (`tests/lab/exchange/`) for tests.
//!
//! ```ignore
//! let stand_in = exchange::StandIn::start();              // its own process; it ends when this is dropped
//! let application = stand_in.register_application();      // client id, tenant, certificate and key (PEM)
//! stand_in.set_time(certificates::NOW.0);                 // its clock; `advance`, `set_speed`
//! stand_in.settings(json!({ "ByteEncoding": "IntegerArray", "RateLimit": { "Limit": 50, "Window": 60 } }));
//! stand_in.add(&[json!({ "PrimarySmtpAddress": "a@contoso.test", "RecipientTypeDetails": "UserMailbox" })]);
//! stand_in.faults(7, json!([{ "Kind": "Reset", "Probability": 0.02, "When": "After" }]));
//! // … the client under test talks to stand_in.https with the CA in stand_in.authority …
//! assert_eq!(stand_in.certificates("a@contoso.test").len(), 1);
//! assert_eq!(stand_in.statistics()["BeyondAnnouncedLimit"], 0);
//! ```
//!
//! All settings: `tests/lab/exchange/settings.rs`; recipients: `directory.rs`; faults: `faults.rs`; the control
//! side's requests: `control.rs`. `stand_in.control` is what `ExchangeSession.psm1` wants in
//! `SMIME_SYNC_STAND_IN_CONTROL`.

pub mod http;

use std::{
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use der::{EncodePem as _, pem::LineEnding};
use rsa_of_lab::{
    RsaPrivateKey,
    pkcs8::{DecodePrivateKey as _, EncodePublicKey as _},
};
use serde_json::{Value, json};
use x509_cert::der::Decode as _;

use crate::common::certificates::{Draft, root};

/// The stand-in as a child process.
pub struct StandIn {
    child: Child,
    directory: tempfile::TempDir,
    /// `https://localhost:PORT`: the sign-in and the gateway.
    pub https: String,
    /// `http://127.0.0.1:PORT`.
    pub control: String,
    /// `http://127.0.0.1:PORT`: managed identities.
    pub metadata: String,
    /// The CA of its HTTPS certificate, PEM.
    pub authority: String,
}

/// The registered application.
pub struct Application {
    pub client_id: String,
    pub tenant_id: String,
    pub key: RsaPrivateKey,
    /// PKCS#8, PEM.
    pub key_pem: String,
    pub certificate: Vec<u8>,
    pub certificate_pem: String,
}

const KEY: &str = include_str!("../lab/generate/keys/rsa-2048-1.pem");
pub const TENANT: &str = "11111111-aaaa-4bbb-8ccc-222222222222";
pub const DOMAIN: &str = "contoso.onmicrosoft.com";

impl StandIn {
    /// Builds it if need be, starts it and waits until it listens.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(binary())
            .arg("--directory")
            .arg(directory.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("the stand-in starts");
        let addresses = directory.path().join("stand-in.json");
        let began = Instant::now();
        while !addresses.exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "the stand-in does not listen");
            assert!(child.try_wait().unwrap().is_none(), "the stand-in ended at its start");
            std::thread::sleep(Duration::from_millis(5));
        }
        let addresses: Value = serde_json::from_slice(&std::fs::read(addresses).unwrap()).unwrap();
        let address = |name: &str| addresses[name].as_str().unwrap().to_owned();
        let authority = std::fs::read_to_string(directory.path().join("ca.pem")).unwrap();
        let (https, control, metadata) = (address("Https"), address("Control"), address("Metadata"));
        Self { child, directory, https, control, metadata, authority }
    }

    /// The file with the CA's certificate.
    pub fn authority_path(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A request to the control side; panics if it is refused.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let reply = plain(&self.control, method, path, &[], body.to_string().as_bytes());
        assert_eq!(reply.status, 200, "{method} {path}: {}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    /// Registers an application with a certificate.
    pub fn register_application(&self) -> Application {
        self.register_application_of(TENANT, &[DOMAIN])
    }

    /// The same for a tenant with this id and these domains.
    pub fn register_application_of(&self, tenant: &str, domains: &[&str]) -> Application {
        let key = RsaPrivateKey::from_pkcs8_pem(KEY).unwrap();
        let spki = key.to_public_key().to_public_key_der().unwrap().into_vec();
        let certificate = Draft::bare("CN=SmimeSync").key(spki).valid_today().sign(&root());
        let parsed = x509_cert::Certificate::from_der(&certificate).unwrap();
        let application = Application {
            client_id: "33333333-dddd-4eee-8fff-444444444444".into(),
            tenant_id: tenant.into(),
            key,
            key_pem: KEY.into(),
            certificate_pem: parsed.to_pem(LineEnding::LF).unwrap(),
            certificate,
        };
        let body = json!({
            "ClientId": application.client_id, "TenantId": tenant, "Domains": domains,
            "Certificates": [application.certificate_pem],
        });
        self.ask("PUT", "/application", &body);
        application
    }

    /// Changes the settings that are named.
    pub fn settings(&self, settings: Value) {
        self.ask("PUT", "/settings", &settings);
    }

    /// Adds or replaces recipients.
    pub fn add(&self, recipients: &[Value]) {
        self.ask("POST", "/recipients", &json!(recipients));
    }

    /// A new plan of what goes wrong.
    pub fn faults(&self, seed: u64, faults: Value) {
        self.ask("PUT", "/faults", &json!({ "Seed": seed, "Faults": faults }));
    }

    /// Sets its clock, in seconds since 1970.
    pub fn set_time(&self, time: i64) {
        self.ask("POST", "/clock", &json!({ "Time": time }));
    }

    pub fn advance(&self, seconds: f64) {
        self.ask("POST", "/clock", &json!({ "Advance": seconds }));
    }

    /// So many of its seconds pass in a real one.
    pub fn set_speed(&self, speed: f64) {
        self.ask("POST", "/clock", &json!({ "Speed": speed }));
    }

    /// Its time, in seconds since 1970.
    pub fn now(&self) -> f64 {
        self.ask("GET", "/clock", &Value::Null)["Time"].as_f64().unwrap()
    }

    pub fn statistics(&self) -> Value {
        self.ask("GET", "/statistics", &Value::Null)
    }

    /// What came so far, oldest first.
    pub fn requests(&self) -> Vec<Value> {
        self.ask("GET", "/requests", &Value::Null).as_array().unwrap().clone()
    }

    /// A recipient as it is now, whatever reads show.
    pub fn recipient(&self, address: &str) -> Option<Value> {
        let all = self.ask("GET", "/recipients", &Value::Null);
        all.as_array().unwrap().iter().find(|one| one["PrimarySmtpAddress"] == address).cloned()
    }

    /// Its values of UserCertificate.
    pub fn certificates(&self, address: &str) -> Vec<Vec<u8>> {
        values(&self.recipient(address).unwrap()["UserCertificate"])
    }

    /// Closes the pipe that keeps it alive.
    pub fn close_standard_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for its end; whether it was a good one.
    pub fn wait(&mut self) -> bool {
        // `Child::wait` would close standard input itself.
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A cmdlet as the admin's session runs it.
    pub fn session(&self, cmdlet: &str, parameters: Value) -> Value {
        self.ask("POST", "/session", &json!({ "CmdletName": cmdlet, "Parameters": parameters }))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Values in base64.
pub fn values(list: &Value) -> Vec<Vec<u8>> {
    list.as_array().unwrap().iter().map(|one| STANDARD.decode(one.as_str().unwrap()).unwrap()).collect()
}

/// A request over plain HTTP on a connection of its own.
pub fn plain(base: &str, method: &str, path: &str, headers: &[(String, String)], body: &[u8]) -> http::Reply {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    http::send(&mut stream, method, path, headers, body).unwrap()
}

/// The binary, built once a test process, with the features of the test so that nothing is built twice.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        build.args(["build", "--quiet", "--example", "exchange-online-stand-in", "--manifest-path"]);
        build.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        build.arg("--target-dir").arg(profile.parent().unwrap());
        // Variables that cargo sets for this test would make it build dependencies anew.
        let of_test = |name: &std::ffi::OsString| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_")
                && !name.starts_with("CARGO_PROFILE_")
                && !matches!(&*name, "CARGO_HOME" | "CARGO_TARGET_DIR")
        };
        std::env::vars_os().map(|(name, _)| name).filter(of_test).for_each(|name| {
            build.env_remove(name);
        });
        for (feature, on) in [
            ("lab", cfg!(feature = "lab")),
            ("lab-pair", cfg!(feature = "lab-pair")),
            ("openldap", cfg!(feature = "openldap")),
            ("fault-injection", cfg!(feature = "fault-injection")),
        ] {
            if on {
                build.args(["--features", feature]);
            }
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "the stand-in does not build");
        profile.join("examples").join(format!("exchange-online-stand-in{}", std::env::consts::EXE_SUFFIX))
    })
}

/// Each kind of fault with that probability for a request.
pub fn faults_of_every_kind(probability: f64) -> Value {
    let kinds = [
        ("TooManyRequests", "Before"),
        ("ServiceUnavailable", "Before"),
        ("GatewayTimeout", "After"),
        ("Reset", "After"),
        ("Truncated", "After"),
        ("Duplicate", "After"),
        ("Slow", "After"),
        ("TokenExpiry", "Before"),
    ];
    let rule = |(kind, when)| json!({ "Kind": kind, "When": when, "Probability": probability, "Seconds": 2 });
    kinds.into_iter().map(rule).collect()
}
