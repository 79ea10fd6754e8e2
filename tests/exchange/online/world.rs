//! A stand-in, a channel to it, and a clock that both share.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::{Value, json};
use smime_sync::{
    error::Result,
    event::Context,
    exchange::{
        CmdletChannel, Command, Output, Parameter, Property,
        clock::Clock,
        cloud::Cloud,
        http::HttpClient,
        online::ExchangeOnline,
        sign_in::{AccessToken, Surroundings, TokenFuture, TokenSource, token_source},
    },
    model::Timestamp,
    profile::ExchangeOnlineSettings,
};

use crate::common::{
    certificates::{Draft, NOW, root},
    events::{Recorder, context},
    exchange::{Application, DOMAIN, StandIn},
};

/// Stand-in seconds in a real one.
pub const SPEED: f64 = 20.0;

pub struct World {
    pub stand_in: StandIn,
    pub settings: ExchangeOnlineSettings,
    pub context: Context,
    pub log: Arc<Recorder>,
    pub clock: Clock,
    application: Application,
    /// The application's certificate and key, as a file.
    _key: tempfile::NamedTempFile,
}

impl World {
    pub fn new() -> Self {
        Self::at_speed(SPEED)
    }

    pub fn at_speed(speed: f64) -> Self {
        let stand_in = StandIn::start();
        let application = stand_in.register_application();
        let key = tempfile::Builder::new().suffix(".pem").tempfile().unwrap();
        std::fs::write(key.path(), format!("{}{}", application.certificate_pem, application.key_pem))
            .unwrap();
        let mut settings = settings(&stand_in.https, stand_in.authority_path());
        settings.azure_ad_authorization_endpoint_uri = Some(stand_in.https.clone());
        settings.app_id = Some(application.client_id.clone());
        settings.certificate_file_path = Some(key.path().to_owned());
        let (context, log) = context();
        let clock = Clock::starting_at(Duration::from_secs(NOW.0.unsigned_abs()), speed);
        let time = json!({ "Time": clock.now().as_secs_f64(), "Speed": speed });
        stand_in.ask("POST", "/clock", &time);
        Self { stand_in, settings, context, log, clock, application, _key: key }
    }

    /// Adds as many mailboxes, `u0@contoso.test` and so on.
    pub fn mailboxes(&self, count: usize) {
        let mailbox = |n| json!({ "PrimarySmtpAddress": address(n), "RecipientTypeDetails": "UserMailbox" });
        let all: Vec<Value> = (0..count).map(mailbox).collect();
        all.chunks(500).for_each(|some| self.stand_in.add(some));
    }

    /// A channel that signs in with the application's certificate.
    pub fn channel(&self) -> ExchangeOnline {
        let http = HttpClient::new(&self.settings, &|_| None, &self.context).unwrap();
        let surroundings = Surroundings {
            http: &http,
            clock: &self.clock,
            secrets: &|_| None,
            environment: &|_| None,
            context: &self.context,
        };
        let tokens = token_source(&self.settings, &surroundings).unwrap();
        ExchangeOnline::connect(&self.settings, http, tokens, self.clock.clone()).unwrap()
    }

    /// Runs commands on a new channel.
    pub fn run(&self, commands: &[Command]) -> Result<Vec<Result<Output>>> {
        self.channel().invoke(commands, &self.context)
    }

    /// Whether no secret is in the log.
    pub fn is_discreet(&self) -> bool {
        let key = self.application.key_pem.lines().nth(1).unwrap().to_owned();
        !self.log.lines().iter().any(|line| line.contains("eyJ") || line.contains(&key))
    }
}

/// Settings of a service at `address`.
pub fn settings(address: &str, authority: PathBuf) -> ExchangeOnlineSettings {
    let mut settings = ExchangeOnlineSettings {
        connection_uri: Some(address.into()),
        ..ExchangeOnlineSettings::new(DOMAIN)
    };
    settings.connection.server_certificate_path.push(authority);
    settings.connection.timeout = Some(240);
    settings
}

/// Always the same token, for servers that look at none.
pub struct OneToken;

impl TokenSource for OneToken {
    fn token(&self) -> TokenFuture<'_> {
        let text = String::from("the-one-token").into();
        let token = AccessToken::new(text, Timestamp(0), Timestamp(i64::MAX)).unwrap();
        Box::pin(async { Ok(token) })
    }

    fn invalidate(&self, _: &AccessToken) {}
}

/// A channel to a server of this test's own, at fifty times the speed.
pub fn channel_to(port: u16, context: &Context) -> ExchangeOnline {
    let settings = settings(&format!("https://localhost:{port}"), crate::server::authority().1.clone());
    assert!(Cloud::of(&settings).is_ok());
    let http = HttpClient::new(&settings, &|_| None, context).unwrap();
    ExchangeOnline::connect(&settings, http, Arc::new(OneToken), Clock::accelerated(50.0)).unwrap()
}

pub fn address(number: usize) -> String {
    format!("u{number}@contoso.test")
}

fn command(
    cmdlet: &'static str,
    select: &'static [&'static str],
    parameters: Vec<(&'static str, Parameter)>,
) -> Command {
    Command { select, ..Command::new(cmdlet, parameters) }
}

fn identity(identity: &str) -> (&'static str, Parameter) {
    ("Identity", Parameter::Text(identity.into()))
}

/// Reads a mailbox's certificates.
pub fn get(who: &str) -> Command {
    command("Get-Mailbox", &["PrimarySmtpAddress", "UserCertificate"], vec![identity(who)])
}

/// Writes a recipient's certificates with `cmdlet`.
pub fn set_with(cmdlet: &'static str, who: &str, values: &[Vec<u8>]) -> Command {
    let values = Parameter::BinaryList(values.to_vec());
    Command {
        anchor: Some(who.to_owned()),
        ..command(cmdlet, &[], vec![identity(who), ("UserCertificate", values)])
    }
}

pub fn set(who: &str, values: &[Vec<u8>]) -> Command {
    set_with("Set-Mailbox", who, values)
}

/// Takes a mailbox's certificates away.
pub fn clear(who: &str) -> Command {
    command("Set-Mailbox", &[], vec![identity(who), ("UserCertificate", Parameter::Clear)])
}

/// Lists all mailboxes.
pub fn list() -> Command {
    let unlimited = Parameter::Text("Unlimited".into());
    command("Get-Mailbox", &["PrimarySmtpAddress"], vec![("ResultSize", unlimited)])
}

/// Makes a contact, which must not be done twice.
pub fn new_contact(name: &str) -> Command {
    let parameters = vec![
        ("Name", Parameter::Text(name.into())),
        ("ExternalEmailAddress", Parameter::Text(format!("{name}@partner.test"))),
    ];
    Command { repeatable: false, ..command("New-MailContact", &["Guid"], parameters) }
}

/// Some certificate; the same number is the same one.
pub fn certificate(number: usize) -> Vec<u8> {
    static ALL: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let make = |n| Draft::bare(&format!("CN=u{n}")).sign(&root());
    let all = ALL.get_or_init(|| (0..8).map(make).collect());
    all[number % all.len()].clone()
}

/// The certificates that a command's only object has.
pub fn certificates_of(output: &Output) -> Vec<Vec<u8>> {
    assert_eq!(output.objects.len(), 1);
    match output.objects[0].get("UserCertificate") {
        Some(Property::List(list)) => list
            .iter()
            .map(|one| match one {
                Property::Binary(bytes) => bytes.clone(),
                other => panic!("{other:?} is no binary value"),
            })
            .collect(),
        Some(Property::Binary(one)) => vec![one.clone()],
        None => Vec::new(),
        other => panic!("{other:?} is no list"),
    }
}
