//! A profile whose target is the stand-in, over either channel, and the very engine between.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};
use smime_sync::{
    directory::{Presence, Selection, Source, SourceItem},
    error::{ErrorId, Result},
    event::{Answer, Context, Event, EventSink, LogLevel, Question, QuestionKind, SessionCommand, SessionFailure},
    exchange::{CmdletChannel, session::ExchangeSession},
    policy::{Policy, evaluate},
    profile::{PolicyName, Profile, SelectionName},
    recipient::{Fingerprint, Recipient},
    state::{State, record::Run},
    sync::{self, Job, Options},
    target::{Exclusion, Target, exchange::Exchange},
    timestamp::Timestamp,
    trust::TrustAnchors,
};
use tokio_util::sync::CancellationToken;

use crate::{
    certificates::NOW,
    organisation::bytes,
    stand_in::{StandIn, control},
};

/// A host that runs cmdlets at the stand-in, as a PowerShell session would.
pub struct Host {
    control: String,
    /// The session ends after so many cmdlets.
    pub ends_after: Mutex<Option<usize>>,
    pub cancel: CancellationToken,
    /// The caller cancels after so many cmdlets.
    pub cancels_after: Mutex<Option<usize>>,
    pub commands: Mutex<Vec<SessionCommand>>,
    pub batches: Mutex<Vec<usize>>,
    pub events: Mutex<Vec<Event>>,
}

impl Host {
    pub fn new(stand_in: &StandIn) -> Arc<Self> {
        Arc::new(Self {
            control: stand_in.address(),
            ends_after: Mutex::new(None),
            cancel: CancellationToken::new(),
            cancels_after: Mutex::new(None),
            commands: Mutex::default(),
            batches: Mutex::default(),
            events: Mutex::default(),
        })
    }

    pub fn context(self: &Arc<Self>) -> Context {
        Context::new(self.clone(), self.cancel.clone())
    }

    pub fn errors(&self) -> Vec<(ErrorId, String)> {
        let events = self.events.lock().unwrap();
        let error = |event: &Event| match event {
            Event::Error { error } => {
                Some((error.error.id, error.error.target.clone().unwrap_or_default()))
            }
            _ => None,
        };
        events.iter().filter_map(error).collect()
    }

    /// The messages of errors, warnings and the log.
    pub fn messages(&self, wanted: LogLevel) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let message = |event: &Event| match event {
            Event::Log { level, message } if *level == wanted => Some(message.clone()),
            _ => None,
        };
        events.iter().filter_map(message).collect()
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
        let answer = control(&self.control, "POST", "/session", &body);
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

impl EventSink for Host {
    fn emit(&self, event: Event) -> Result<()> {
        self.events.lock().unwrap().push(event);
        Ok(())
    }

    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>> {
        self.batches.lock().unwrap().push(questions.len());
        let answer = |question: &Question| match question.kind {
            QuestionKind::Apply => self.apply(question.command.as_ref().unwrap()),
            _ => Answer::approval(question.id, true),
        };
        Ok(questions.iter().map(answer).collect())
    }
}

/// Which way the cmdlets take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    Session,
}

impl Way {
    pub const ALL: [Way; 1] = [Way::Session];

    fn channel(self, _office: &Office, _host: &Arc<Host>) -> Box<dyn CmdletChannel> {
        match self {
            Way::Session => Box::new(ExchangeSession::new()),
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
    pub profile: Profile,
    home: tempfile::TempDir,
}

pub struct Outcome {
    pub run: Result<Run>,
    pub host: Arc<Host>,
}

impl Outcome {
    pub fn ok(&self) -> &Run {
        self.run.as_ref().unwrap_or_else(|error| panic!("the run stopped: {error}"))
    }

    pub fn exported(&self) -> u64 {
        self.ok().numbers.exported
    }

    /// How many recipients were left alone, by reason.
    pub fn exclusions(&self) -> Vec<(Exclusion, u64)> {
        self.ok().exclusions.iter().map(|count| (count.reason, count.recipients)).collect()
    }
}

impl Office {
    pub fn new(source: Vec<Recipient>, organisation: Vec<Value>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let profile = serde_json::from_value(json!({
            "Name": "corp", "Source": "Ldif", "Path": home.path().join("unused.ldif"),
            "Target": "ExchangeSession", "AllowUntrusted": true,
            "RemovalLimit": 1_000_000, "RemovalPercent": 100,
        }));
        let office = Self {
            stand_in: StandIn::start(),
            source,
            options: Options::default(),
            profile: profile.unwrap(),
            home,
        };
        office.add(organisation);
        office
    }

    /// Adds or replaces recipients of the organisation.
    pub fn add(&self, recipients: Vec<Value>) {
        self.stand_in.control("POST", "/recipients", &Value::Array(recipients));
    }

    pub fn host(&self) -> Arc<Host> {
        Host::new(&self.stand_in)
    }

    pub fn target(&self, way: Way, host: &Arc<Host>) -> Exchange {
        Exchange::new(way.channel(self, host), &self.profile)
    }

    pub fn run(&self, way: Way) -> Outcome {
        let host = self.host();
        let mut target = self.target(way, &host);
        self.run_with(&mut target, host)
    }

    pub fn run_with(&self, target: &mut dyn Target, host: Arc<Host>) -> Outcome {
        let path = self.home.path().join("corp.db");
        let state = State::open(&path, NOW).unwrap();
        let policy = Policy::new(PolicyName::Standard, SelectionName::Best, true);
        let anchors = TrustAnchors::new([]);
        let mut source = Memory { recipients: self.source.clone(), ..Memory::default() };
        let context = host.context();
        let run = sync::run(Job {
            profile: &self.profile,
            options: &self.options,
            source: &mut source,
            target,
            state: &state,
            evaluate: &|recipient| evaluate(recipient, &policy, &anchors, NOW),
            policy: Fingerprint::of(b"policy"),
            now: NOW,
            host: "admin@test".into(),
            context: &context,
        });
        state.close().unwrap();
        Outcome { run, host }
    }

    pub fn lose_state(&self) {
        std::fs::remove_file(self.home.path().join("corp.db")).unwrap();
    }

    /// The values of `userCertificate` that Exchange has for a primary address now; `None`: no such recipient.
    pub fn published(&self, address: &str) -> Option<Vec<Vec<u8>>> {
        let all = self.stand_in.control("GET", "/recipients", &json!(null));
        let found = all.as_array().unwrap().iter().find(|one| one["PrimarySmtpAddress"] == address)?;
        Some(found["UserCertificate"].as_array().unwrap().iter().map(bytes).collect())
    }
}
