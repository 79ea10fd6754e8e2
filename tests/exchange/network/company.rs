//! A company with a profile that publishes to the stand-in, through a proxy.

use std::{fs, path::PathBuf, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use smime_sync::{
    error::Result,
    event::ResultType,
    operation::{Engine, EngineConfig, Request},
};

use super::proxy::Proxy;
use crate::common::{
    certificates::{Draft, root},
    events::{Recorder, Unasked},
    exchange::{Application, DOMAIN, StandIn},
};

/// Somebody who has a mailbox there.
pub const PERSON: &str = "alice@contoso.test";

pub struct Company {
    pub stand_in: StandIn,
    pub application: Application,
    home: tempfile::TempDir,
}

impl Company {
    /// A company whose profile `cloud` signs in with a certificate; `settings` go over its own.
    pub fn new(settings: Value) -> Self {
        let stand_in = StandIn::start();
        let application = stand_in.register_application();
        stand_in.add(&[json!({ "PrimarySmtpAddress": PERSON, "RecipientTypeDetails": "UserMailbox" })]);
        let company = Self { stand_in, application, home: tempfile::tempdir().unwrap() };
        let key = format!("{}{}", company.application.certificate_pem, company.application.key_pem);
        fs::write(company.path("application.pem"), key).unwrap();
        let certificate = BASE64_STANDARD.encode(Draft::bare("CN=alice").sign(&root()));
        let person = format!(
            "dn: CN=alice,DC=contoso,DC=test\nobjectClass: user\nmail: {PERSON}\nuserCertificate:: {certificate}\n"
        );
        fs::write(company.path("people.ldif"), person).unwrap();
        let mut profile = json!({
            "Name": "cloud", "Source": "Ldif", "Path": company.path("people.ldif"), "AllowUntrusted": true,
            "Target": "ExchangeOnline", "Organization": DOMAIN, "AppId": company.application.client_id,
            "CertificateFilePath": company.path("application.pem"), "ConnectionUri": company.stand_in.https,
            "AzureADAuthorizationEndpointUri": company.stand_in.https,
            "ServerCertificatePath": [company.stand_in.authority_path()],
        });
        profile.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        company.ask(&[], json!({ "Operation": "NewProfile", "Profile": profile })).0.unwrap();
        company
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs a request with these secrets.
    pub fn ask(&self, secrets: &[(&str, &str)], request: Value) -> (Result<()>, Arc<Recorder>) {
        let home = Some(self.home.path().to_str().unwrap().into());
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
        for (name, secret) in secrets {
            engine.set_secret(name, secret.as_bytes());
        }
        let caller = Recorder::new(Unasked);
        let request: Request = serde_json::from_value(request).unwrap();
        (engine.run(request, &caller.context()), caller)
    }

    /// Changes settings of the profile.
    pub fn set(&self, settings: Value) -> Result<()> {
        self.ask(&[], json!({ "Operation": "SetProfile", "Name": "cloud", "Settings": settings })).0
    }

    /// Sends everything through a proxy.
    pub fn uses(&self, proxy: &Proxy) {
        self.set(json!({ "Proxy": proxy.address })).unwrap();
    }

    /// Tests the profile; what it says of the target.
    pub fn target(&self, secrets: &[(&str, &str)]) -> Value {
        let (done, caller) = self.ask(secrets, json!({ "Operation": "TestProfile", "ProfileName": "cloud" }));
        done.unwrap();
        target(&caller)
    }
}

/// What a test of a profile says of the target, first.
pub fn target(caller: &Recorder) -> Value {
    let tests = caller.results().into_iter().filter(|(kind, _)| *kind == ResultType::ProfileTest);
    tests.map(|(_, test)| test).find(|test| test["Check"] == "Target").unwrap()
}
