//! A profile whose target is the stand-in, over either channel, and the very engine between.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};
use smime_sync::{
    certificate::Certificate,
    directory::{Presence, Selection, Source, SourceItem},
    error::Result,
    event::{Answer, Context, Question, QuestionKind, SessionCommand, SessionFailure},
    exchange::{
        CmdletChannel,
        clock::Clock,
        http::HttpClient,
        online::ExchangeOnline,
        session::ExchangeSession,
        sign_in::{Surroundings, token_source},
    },
    model::{Exclusion, Fingerprint, Recipient, Run, Timestamp},
    policy::{Policy, evaluate},
    profile::{
        self, ExchangeOnlineSettings, ExchangeSessionSettings, FileSettings, PolicyName, Profile,
        SelectionName,
    },
    state::State,
    sync::{self, Job, Options, mode},
    targets::{Target, exchange::Exchange},
    trust::TrustAnchors,
};
use tokio_util::sync::CancellationToken;

use super::flavours::Flavour;
use crate::common::{
    events::{Answering, Recorder},
    exchange::{DOMAIN, StandIn, plain, values},
};

/// Names the flavour in which the tests of the target run.
const FLAVOUR: &str = "SMIME_SYNC_FLAVOUR";

/// A host that runs cmdlets at the stand-in, as a PowerShell session would.
pub struct Host {
    control: String,
    /// The session ends after so many cmdlets.
    pub ends_after: Mutex<Option<usize>>,
    cancel: CancellationToken,
    /// The caller cancels after so many cmdlets.
    pub cancels_after: Mutex<Option<usize>>,
    pub commands: Mutex<Vec<SessionCommand>>,
    pub batches: Mutex<Vec<usize>>,
}

impl Host {
    pub fn new(stand_in: &StandIn) -> Arc<Recorder<Self>> {
        let cancel = CancellationToken::new();
        let host = Self {
            control: stand_in.control.clone(),
            ends_after: Mutex::new(None),
            cancel: cancel.clone(),
            cancels_after: Mutex::new(None),
            commands: Mutex::default(),
            batches: Mutex::default(),
        };
        Recorder::canceled_by(host, cancel)
    }

    fn apply(&self, command: &SessionCommand) -> Answer {
        self.commands.lock().unwrap().push(command.clone());
        if let Some(left) = self.cancels_after.lock().unwrap().as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.cancel.cancel();
            }
        }
        if let Some(left) = self.ends_after.lock().unwrap().as_mut() {
            if *left == 0 {
                let message = "The term is not recognized as the name of a cmdlet.".to_owned();
                let failure = SessionFailure { message, missing: true, ..SessionFailure::default() };
                return Answer { failure: Some(failure), ..Answer::default() };
            }
            *left -= 1;
        }
        let parameters: Map<String, Value> =
            command.parameters.iter().map(|(name, value)| (name.clone(), to_stand_in(value))).collect();
        let body = json!({ "CmdletName": command.name, "Parameters": parameters });
        let answer = plain(&self.control, "POST", "/session", &[], body.to_string().as_bytes()).json();
        if let Some(error) = answer.get("Error") {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            let failure = SessionFailure {
                message: text("Message"),
                error_id: text("FullyQualifiedErrorId"),
                exception: text("Type"),
                missing: text("Type").ends_with("CommandNotFoundException"),
            };
            return Answer { failure: Some(failure), ..Answer::default() };
        }
        let objects = answer["Value"].as_array().unwrap();
        let warnings = answer["Warnings"].as_array().unwrap();
        Answer {
            output: objects.iter().map(|object| selected(command, object)).collect(),
            warnings: warnings.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
            ..Answer::default()
        }
    }
}

fn to_stand_in(value: &Value) -> Value {
    match value.as_object().and_then(|fields| fields.iter().next()) {
        Some((form, value)) if form == "Binary" => json!({ "Bytes": value }),
        Some((form, value)) if form == "BinaryList" => json!({ "ByteList": value }),
        _ => value.clone(),
    }
}

/// What `Select-Object` leaves, in the forms of docs/abi.md.
fn selected(command: &SessionCommand, object: &Value) -> Map<String, Value> {
    let property = |name: &String| {
        let value = object.get(name)?;
        let form = value.as_object().and_then(|fields| fields.iter().next());
        let value = match form.map(|(form, value)| (form.as_str(), value)) {
            Some(("ByteList", list)) if command.counts_only => {
                json!({ "BinaryCount": list.as_array().unwrap().len() })
            }
            Some(("ByteList", list)) => json!({ "BinaryList": list }),
            Some(("Bytes", bytes)) => json!({ "Binary": bytes }),
            Some((_, other)) => other.clone(),
            None => value.clone(),
        };
        Some((name.clone(), value))
    };
    command.select.iter().filter_map(property).collect()
}

impl Answering for Host {
    fn answer(&self, question: &Question) -> Answer {
        match question.kind {
            QuestionKind::Apply => self.apply(question.command.as_ref().unwrap()),
            _ => Answer::approval(question.id, true),
        }
    }

    fn answer_all(&self, questions: &[Question]) -> Vec<Answer> {
        self.batches.lock().unwrap().push(questions.len());
        questions.iter().map(|question| self.answer(question)).collect()
    }
}

/// Which way the cmdlets take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    Session,
    Online,
}

impl Way {
    pub const ALL: [Way; 2] = [Way::Session, Way::Online];

    /// The same target this way.
    fn target(self, online: &ExchangeOnlineSettings) -> profile::Target {
        match self {
            Way::Session => profile::Target::ExchangeSession(ExchangeSessionSettings {
                contacts: online.contacts.clone(),
                publication: online.publication.clone(),
                ..ExchangeSessionSettings::default()
            }),
            Way::Online => profile::Target::ExchangeOnline(online.clone()),
        }
    }
}

/// A source in memory.
#[derive(Default)]
struct Memory {
    recipients: Vec<Recipient>,
    presences: BTreeMap<String, Presence>,
}

impl Source for Memory {
    fn read(
        &mut self,
        selection: &Selection,
        _context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let wanted = self.recipients.iter().filter(|recipient| selection.includes(recipient));
        wanted.cloned().map(SourceItem::Recipient).try_for_each(sink)
    }
    fn look_up(&mut self, anchors: &[String], _context: &Context) -> Result<Vec<Presence>> {
        let presence = |anchor| self.presences.get(anchor).cloned().unwrap_or(Presence::Deleted);
        Ok(anchors.iter().map(presence).collect())
    }
    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }
}

/// A stand-in, a source and the state between.
pub struct Office {
    pub stand_in: StandIn,
    pub source: Vec<Recipient>,
    pub options: Options,
    pub settings: ExchangeOnlineSettings,
    pub clock: Clock,
    /// DER; everything is allowed without.
    pub trust_anchors: Vec<Vec<u8>>,
    pub selection: SelectionName,
    /// As many may lose everything in a run.
    pub removal_limit: u32,
    home: tempfile::TempDir,
}

pub struct Outcome {
    pub run: Result<Run>,
    pub host: Arc<Recorder<Host>>,
}

impl Outcome {
    pub fn ok(&self) -> &Run {
        self.run.as_ref().unwrap_or_else(|error| panic!("the run stopped: {error}"))
    }

    pub fn exported(&self) -> u64 {
        self.ok().numbers.exported
    }

    /// How many recipients were skipped, by reason.
    pub fn exclusions(&self) -> Vec<(Exclusion, u64)> {
        self.ok().exclusions.iter().map(|count| (count.reason, count.recipients)).collect()
    }
}

impl Office {
    pub fn new(source: Vec<Recipient>, organisation: Vec<Value>) -> Self {
        Self::at_speed(source, organisation, 1.0)
    }

    /// With a clock by which `speed` seconds pass in a real one, for the stand-in and the channel alike.
    pub fn at_speed(source: Vec<Recipient>, organisation: Vec<Value>, speed: f64) -> Self {
        let stand_in = StandIn::start();
        let application = stand_in.register_application();
        let home = tempfile::tempdir().unwrap();
        let key = home.path().join("application.pem");
        std::fs::write(&key, format!("{}{}", application.certificate_pem, application.key_pem)).unwrap();
        let mut settings = ExchangeOnlineSettings {
            app_id: Some(application.client_id.clone()),
            certificate_file_path: Some(key),
            connection_uri: Some(stand_in.https.clone()),
            azure_ad_authorization_endpoint_uri: Some(stand_in.https.clone()),
            ..ExchangeOnlineSettings::new(DOMAIN)
        };
        settings.connection.server_certificate_path.push(stand_in.authority_path());
        settings.connection.timeout = Some(240);
        let clock = Clock::accelerated(speed);
        let time = json!({ "Time": clock.now().as_secs_f64(), "Speed": speed });
        stand_in.ask("POST", "/clock", &time);
        organisation.chunks(500).for_each(|some| stand_in.add(some));
        // The same tests in another flavour of the service: `sh tests/exchange/flavours.sh`.
        if let Ok(name) = std::env::var(FLAVOUR) {
            Flavour::named(&name).apply(&stand_in);
        }
        Self {
            stand_in,
            source,
            options: Options::default(),
            settings,
            clock,
            trust_anchors: Vec::new(),
            selection: SelectionName::Best,
            removal_limit: 1_000_000,
            home,
        }
    }

    pub fn is_in_default_flavour(&self) -> bool {
        std::env::var_os(FLAVOUR).is_none()
    }

    pub fn host(&self) -> Arc<Recorder<Host>> {
        Host::new(&self.stand_in)
    }

    pub fn target(&self, way: Way, host: &Arc<Recorder<Host>>) -> Exchange {
        Exchange::new(self.channel(way, host), &self.settings.contacts)
    }

    pub fn channel(&self, way: Way, host: &Arc<Recorder<Host>>) -> Box<dyn CmdletChannel> {
        match way {
            Way::Session => Box::new(ExchangeSession::new()),
            Way::Online => Box::new(self.online(host)),
        }
    }

    /// A channel that signs in with the application's certificate.
    fn online(&self, host: &Arc<Recorder<Host>>) -> ExchangeOnline {
        let context = host.context();
        let http = HttpClient::new(&self.settings, &|_| None, &context).unwrap();
        let surroundings = Surroundings {
            http: &http,
            clock: &self.clock,
            secrets: &|_| None,
            environment: &|_| None,
            context: &context,
        };
        let tokens = token_source(&self.settings, &surroundings).unwrap();
        ExchangeOnline::connect(&self.settings, http, tokens, self.clock.clone()).unwrap()
    }

    /// A profile whose target this is.
    pub fn profile(&self, way: Way) -> Profile {
        let unused = profile::Source::Ldif(FileSettings::new(self.home.path().join("unused.ldif")));
        let mut profile = Profile::new("corp", unused, way.target(&self.settings));
        profile.trust.allow_untrusted = true;
        (profile.limits.removal_limit, profile.limits.removal_percent) = (self.removal_limit, 100);
        profile
    }

    pub fn run(&self, way: Way) -> Outcome {
        let host = self.host();
        let mut target = self.target(way, &host);
        self.run_with(way, &mut target, host)
    }

    pub fn run_with(&self, way: Way, target: &mut dyn Target, host: Arc<Recorder<Host>>) -> Outcome {
        let now = self.clock.timestamp();
        let state = State::open(&self.home.path().join("corp.db"), now).unwrap();
        let policy = Policy::new(PolicyName::Standard, self.selection, true);
        let anchors = self.trust_anchors.iter().map(|der| Certificate::from_der(der).unwrap());
        let anchors = TrustAnchors::new(anchors);
        let mut source = Memory { recipients: self.source.clone(), ..Memory::default() };
        let context = host.context();
        let profile = self.profile(way);
        let mode = mode::of(&profile);
        let run = sync::run(Job {
            profile: &profile,
            options: &self.options,
            source: &mut source,
            target,
            mode: mode.as_ref(),
            state: &state,
            evaluate: &|recipient| evaluate(recipient, &policy, &anchors, now),
            policy: Fingerprint::of(b"policy"),
            now,
            host: "admin@test".into(),
            context: &context,
        });
        state.close().unwrap();
        Outcome { run, host }
    }

    /// A state of a version that did not remember the organisation.
    pub fn forget_organisation(&self) {
        let state = State::open(&self.home.path().join("corp.db"), self.clock.timestamp()).unwrap();
        state.remove_setting("target_identity").unwrap();
        state.close().unwrap();
    }

    pub fn lose_state(&self) {
        std::fs::remove_file(self.home.path().join("corp.db")).unwrap();
    }

    /// How often a cmdlet ran.
    pub fn count(&self, cmdlet: &str) -> u64 {
        self.stand_in.statistics()["CommandsByName"][cmdlet].as_u64().unwrap_or(0)
    }

    /// The values of `userCertificate` that Exchange has for a primary address now; `None`: no such recipient.
    pub fn published(&self, address: &str) -> Option<Vec<Vec<u8>>> {
        Some(values(&self.stand_in.recipient(address)?["UserCertificate"]))
    }
}
