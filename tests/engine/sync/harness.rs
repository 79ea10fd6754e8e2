//! A profile with a source in memory and a folder as target.
//!
//! The source's values are words such as `a` or `old@100`: `@100` is the second at which the value expires,
//! `a#100` is valid from the second 100 on, a value that starts with `bad` is unusable, one that starts with
//! `nameless` names no mail address, and one that starts with `stray` has an issuer that is missing. Of `doubt@100` nobody knows
//! from the second 100 on whether it is good, and of `doubt-beaten@100` that another one is better anyway; `unread` is a value
//! that nobody reads. Parsing and judging real certificates has its own tests.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use smime_sync::{
    directory::Source,
    error::Result,
    event::ResultType,
    model::{
        Attribute, CertificateState, CertificateSummary, Change, ChangeState, DesiredValue, Evaluation,
        Finding, Fingerprint, JudgedCertificate, Named, Purpose, Recipient, RecipientKind, Run, Severity,
        Timestamp, Value,
    },
    profile::{self, FolderSettings, Profile, TargetKind},
    state::State,
    sync::{self, Job, Options, mode},
    targets::{Target, folder::Folder},
};
use tokio_util::sync::CancellationToken;

use super::{halves::Halves, in_place, telling::Past};
use crate::common::events::{Declining, Recorder};

use super::world::crash;
pub use super::world::{Fault, FaultyTarget, Memory};

pub const DAY: i64 = 24 * 3600;

/// A recipient of the source.
pub fn person(name: &str, values: &[&str]) -> Recipient {
    Recipient {
        display_name: Some(name.to_uppercase()),
        mail: Some(format!("{name}@contoso.test")),
        values: values.iter().map(|word| value(word)).collect(),
        ..Recipient::new(format!("id-{name}"), format!("CN={name},DC=contoso,DC=test"), RecipientKind::User)
    }
}

pub fn value(word: &str) -> Value {
    Value::new(Attribute::UserCertificate, word.as_bytes())
}

/// The first value that is neither bad nor expired is desired.
pub fn evaluate(recipient: &Recipient, now: Timestamp) -> Evaluation {
    let mut evaluation = Evaluation {
        certificates: Vec::new(),
        findings: Vec::new(),
        desired: Vec::new(),
        next_evaluation: None,
        missing_issuers: Vec::new(),
        curation: Vec::new(),
    };
    for (position, value) in recipient.values.iter().enumerate() {
        let word = String::from_utf8_lossy(&value.bytes).into_owned();
        let expires = word.split_once('@').map_or(i64::MAX, |(_, at)| at.parse().unwrap());
        let begins = word.split_once('#').map_or(0, |(_, at)| at.parse().unwrap());
        let certificate = CertificateSummary {
            subject: format!("CN={word}"),
            issuer: "CN=CA".into(),
            serial_number: "01".into(),
            thumbprint: word.to_uppercase(),
            fingerprint: value.fingerprint(),
            not_before: Timestamp(begins),
            not_after: Timestamp(expires),
            addresses: Vec::new(),
            key_algorithm: "RSA".into(),
            key_size: Some(2048),
            signature_algorithm: "sha256WithRSAEncryption".into(),
            key_usage: Vec::new(),
            extended_key_usage: Vec::new(),
            purpose: Purpose::EncryptionAndSigning,
        };
        let why = if word.starts_with("bad") {
            Some(("broken", format!("{word} is broken.")))
        } else if word.starts_with("stray") {
            evaluation.missing_issuers.push(format!("CN={word} CA"));
            Some(("untrusted-issuer", format!("The issuer of {word} is missing.")))
        } else if word == "unread" {
            Some(("unread-value", "The value was not read.".to_owned()))
        } else if word.starts_with("doubt") && expires <= now.0 {
            Some(("unchecked-chain", format!("The chain of {word} was not checked.")))
        } else if expires <= now.0 {
            Some(("expired", format!("{word} expired at {}.", Timestamp(expires))))
        } else if begins > now.0 {
            Some(("not-yet-valid", format!("{word} is valid from {}.", Timestamp(begins))))
        } else {
            None
        };
        let usable = why.is_none();
        let chosen = usable && evaluation.desired.is_empty();
        if chosen {
            evaluation.desired.push(DesiredValue { value: value.clone(), certificate: certificate.clone() });
        }
        for time in [begins, expires].into_iter().filter(|time| (now.0 + 1..i64::MAX).contains(time)) {
            let next = evaluation.next_evaluation.map_or(time, |next| next.0.min(time));
            evaluation.next_evaluation = Some(Timestamp(next));
        }
        evaluation.certificates.push(JudgedCertificate {
            attribute: value.attribute,
            position,
            value: value.fingerprint(),
            form: "Certificate".into(),
            certificate: Some(certificate).filter(|_| word != "unread"),
            state: match (chosen, usable) {
                (true, _) => CertificateState::Chosen,
                (_, true) => CertificateState::Usable,
                _ => CertificateState::Unusable,
            },
            findings: why
                .into_iter()
                .map(|(rule, message)| Finding { rule: rule.into(), severity: Severity::Error, message })
                .chain(word.starts_with("nameless").then(|| Finding {
                    rule: "address-missing".into(),
                    severity: Severity::Warning,
                    message: format!("{word} names no mail address."),
                }))
                .chain(word.starts_with("doubt-beaten").then(|| Finding {
                    rule: "superseded".into(),
                    severity: Severity::Notice,
                    message: "Another certificate is better.".into(),
                }))
                .collect(),
            der: Vec::new(),
        });
    }
    evaluation
}

/// What the events of a run said.
pub type Told = Recorder<Declining>;

pub struct Harness {
    pub home: tempfile::TempDir,
    pub profile: Profile,
    pub source: Memory,
    /// Where it is set, the source's people with an odd letter at the end are in a directory of their own, which remembers this.
    pub other_past: Option<Past>,
    pub options: Options,
    pub faults: Vec<Fault>,
    pub batch: usize,
    pub now: i64,
    pub policy: &'static str,
    pub decline: Vec<String>,
}

pub struct Outcome {
    pub run: Result<Run>,
    pub told: Arc<Told>,
}

impl Outcome {
    pub fn ok(&self) -> &Run {
        self.run.as_ref().unwrap_or_else(|error| panic!("the run stopped: {error}"))
    }

    /// The changes that were handed over, as `Kind recipient State`.
    pub fn changes(&self) -> Vec<String> {
        let change = |object| {
            let change: Change = serde_json::from_value(object).unwrap();
            format!("{} {} {}", change.change.name(), change.recipient, change.state.name())
        };
        self.told.results_of(ResultType::Change).into_iter().map(change).collect()
    }

    /// The numbers of Add, Update and Remove, planned.
    pub fn planned(&self) -> (u64, u64, u64) {
        let numbers = &self.ok().numbers;
        (numbers.add, numbers.update, numbers.remove)
    }
}

impl Harness {
    pub fn new(recipients: Vec<Recipient>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let profile = serde_json::from_value(serde_json::json!({
            "Name": "corp", "Source": "Ldif", "Path": home.path().join("unused.ldif"),
            "Target": "Folder", "OutputPath": home.path().join("out"), "AllowUntrusted": true,
            // Who leaves is gone at once; the tests of the missing period give one.
            "MissingPeriod": 0,
        }))
        .unwrap();
        Self {
            home,
            profile,
            source: Memory { recipients, ..Memory::default() },
            other_past: None,
            options: Options { pass_thru: true, ..Options::default() },
            faults: Vec::new(),
            batch: 2,
            now: 1_000_000,
            policy: "first",
            decline: Vec::new(),
        }
    }

    fn folder(&self) -> &FolderSettings {
        match &self.profile.target {
            profile::Target::Folder(folder) => folder,
            other => panic!("{other:?}"),
        }
    }

    /// The settings of the folder, to change.
    pub fn folder_mut(&mut self) -> &mut FolderSettings {
        match &mut self.profile.target {
            profile::Target::Folder(folder) => folder,
            other => panic!("{other:?}"),
        }
    }

    pub fn out(&self) -> PathBuf {
        self.folder().output.output_path.clone()
    }

    pub fn state_path(&self) -> PathBuf {
        self.home.path().join("state").join("corp.db")
    }

    pub fn run(&mut self) -> Outcome {
        let cancel = CancellationToken::new();
        let mut target = FaultyTarget {
            folder: Folder::new(&self.folder().output.output_path),
            faults: self.faults.clone(),
            batch: self.batch,
            writes: 0,
            cancel: cancel.clone(),
        };
        self.run_to(&mut target, cancel)
    }

    pub fn run_to(&mut self, target: &mut dyn Target, cancel: CancellationToken) -> Outcome {
        let path = self.state_path();
        let now = Timestamp(self.now);
        crash::after(None);
        let state = if self.options.what_if { State::open_preview(&path) } else { State::open(&path, now) };
        let told = Recorder::canceled_by(Declining(self.decline.clone()), cancel);
        let context = told.context();
        let state = match state {
            Ok(state) => state,
            Err(error) => return Outcome { run: Err(error), told },
        };
        let in_place = self.profile.target.kind() == TargetKind::ActiveDirectory;
        let mode = mode::of(&self.profile);
        let mut halves = self.other_past.is_some().then(|| Halves::of(self));
        let source: &mut dyn Source = match &mut halves {
            Some(halves) => &mut halves.joined,
            None => &mut self.source,
        };
        let run = sync::run(Job {
            profile: &self.profile,
            options: &self.options,
            source,
            target,
            mode: mode.as_ref(),
            state: &state,
            evaluate: &|recipient| {
                let evaluation = evaluate(recipient, now);
                if in_place { in_place::curate(recipient, evaluation) } else { evaluation }
            },
            policy: Fingerprint::of(self.policy.as_bytes()),
            now,
            host: "admin@test".into(),
            context: &context,
        });
        drop(mode);
        if let Some(halves) = halves {
            halves.keep(self);
        }
        if matches!(&run, Err(error) if error.message == "the process died") {
            return Outcome { run, told };
        }
        // As the operation does: the first error is the one to tell.
        let closed = state.close();
        let run = run.and_then(|run| closed.map(|()| run));
        Outcome { run, told }
    }

    /// The values that the folder has for a person, as words.
    pub fn published(&self, name: &str) -> Vec<String> {
        published_in(&self.out(), &format!("{name}@contoso.test"))
    }

    pub fn state(&self) -> State {
        State::open_to_read(&self.state_path()).unwrap().unwrap()
    }

    pub fn changes(&self, state: ChangeState) -> Vec<Change> {
        self.state().changes_in(state, None, 0, 1000).unwrap()
    }
}

pub fn published_in(folder: &Path, key: &str) -> Vec<String> {
    let Ok(text) = fs::read(folder.join(format!("{key}.json"))) else { return Vec::new() };
    let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let data = |value: &serde_json::Value| {
        use base64::Engine as _;
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(value["Data"].as_str().unwrap()).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    file["Values"].as_array().unwrap().iter().map(data).collect()
}

/// Every file below a folder with its content.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

impl Harness {
    /// Approves the plan of a held run, as the cmdlet does.
    pub fn state_for_approval(&self, run_id: i64) {
        let state = State::open(&self.state_path(), Timestamp(self.now)).unwrap();
        state.approve(run_id).unwrap();
        state.close().unwrap();
    }
}
