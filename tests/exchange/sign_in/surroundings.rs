//! What signing in gets from outside, for tests.

use std::{collections::HashMap, path::Path, process::Command, sync::Arc};

use smime_sync::{
    error::Result,
    event::{Answer, Context, Question},
    exchange::{
        clock::Clock,
        http::HttpClient,
        sign_in::{AccessToken, Surroundings, TokenSource, token_source},
    },
    profile::ExchangeOnlineSettings,
};
use zeroize::Zeroizing;

use crate::{common::events::Recorder, server::authority};

pub const TENANT: &str = "contoso.onmicrosoft.com";
pub const APP_ID: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
pub const PASSWORD: &str = "Pa55-wörd-4711";

/// How a caller answers questions.
pub type Answering = Box<dyn Fn(&Question) -> Answer + Send + Sync>;

/// The world around a sign-in.
pub struct World {
    pub clock: Clock,
    pub context: Context,
    pub caller: Arc<Recorder<Answering>>,
    pub secrets: HashMap<&'static str, Vec<u8>>,
    pub environment: HashMap<&'static str, String>,
}

impl World {
    pub fn new() -> Self {
        Self::answering(Box::new(|question| panic!("nothing is to be asked: {question:?}")))
    }

    pub fn answering(answering: Answering) -> Self {
        let caller = Recorder::new(answering);
        Self {
            // Waits between attempts are short then.
            clock: Clock::accelerated(100.0),
            context: caller.context(),
            caller,
            secrets: HashMap::new(),
            environment: HashMap::new(),
        }
    }

    pub fn source(&self, settings: &ExchangeOnlineSettings) -> Result<Arc<dyn TokenSource>> {
        let secrets = |name: &str| self.secrets.get(name).cloned().map(Zeroizing::new);
        let http = HttpClient::new(settings, &secrets, &self.context)?;
        let environment = |name: &str| self.environment.get(name).cloned();
        let from = Surroundings {
            http: &http,
            clock: &self.clock,
            secrets: &secrets,
            environment: &environment,
            context: &self.context,
        };
        token_source(settings, &from)
    }

    /// A token of the settings's, from a new sign-in.
    pub fn sign_in(&self, settings: &ExchangeOnlineSettings) -> Result<AccessToken> {
        self.context.block_on(self.source(settings)?.token())?
    }

    /// Everything that was said, as JSON.
    pub fn said(&self) -> String {
        serde_json::to_string(&self.caller.events()).unwrap()
    }
}

/// Settings whose sign-in is at this port of `localhost`.
pub fn settings(port: u16) -> ExchangeOnlineSettings {
    let mut settings = ExchangeOnlineSettings {
        app_id: Some(APP_ID.into()),
        azure_ad_authorization_endpoint_uri: Some(format!("https://localhost:{port}")),
        ..ExchangeOnlineSettings::new(TENANT)
    };
    settings.connection.timeout = Some(20);
    settings.connection.server_certificate_path.push(authority().1.clone());
    settings
}

/// The header that a token becomes.
pub fn text(token: &AccessToken) -> String {
    token.authorization().to_str().unwrap().to_owned()
}

/// Runs openssl in `folder`; what it printed.
pub fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {error}");
    output.stdout
}
