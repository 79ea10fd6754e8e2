//! Where the company's runs are made: its clock, its exported file, its state and its folder.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use smime_sync::{
    directory::ldif::LdifSource,
    error::Result,
    model::{Fingerprint, Recipient, Run, Timestamp},
    policy::{Policy, evaluate},
    profile::{PolicyName, Profile, SelectionName},
    state::State,
    sync::{self, Job, Options, mode},
    targets::folder::Folder,
    trust::TrustAnchors,
};
use tokio_util::sync::CancellationToken;

use super::company::Company;
use crate::{
    common::{
        events::{Declining, Recorder},
        judging::anchors,
    },
    sync::world::{Fault, FaultyTarget},
};

/// Which file a run finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Export {
    /// A new one, whole.
    Whole,
    /// The one of some runs before, with its old date.
    Stale(usize),
    /// A new one that ends between two records.
    Cut(usize),
    /// A new one by an account that may not read certificates.
    WithoutCertificates,
}

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Seconds by which the machine's clock is wrong.
    pub clock: i64,
    pub export: Export,
    /// The people of `-Identity`; none: all.
    pub named: Vec<usize>,
    pub verify: bool,
    pub fault: Option<Fault>,
}

impl Conditions {
    /// As it should be.
    pub fn good() -> Self {
        Self { clock: 0, export: Export::Whole, named: Vec::new(), verify: false, fault: None }
    }
}

/// What a run came to.
pub struct Outcome {
    pub run: Result<Run>,
    pub warnings: Vec<String>,
    pub errors: Vec<String>,
}

pub struct Office {
    home: tempfile::TempDir,
    pub company: Company,
    profile: Profile,
    anchors: TrustAnchors,
    /// Files of earlier runs, with their dates.
    exports: Vec<(i64, String)>,
    lost_states: usize,
}

impl Office {
    pub fn new(company: Company) -> Self {
        let home = tempfile::tempdir().unwrap();
        let profile = serde_json::from_value(serde_json::json!({
            "Name": "corp", "Source": "Ldif", "Path": home.path().join("directory.ldif"),
            "Target": "Folder", "OutputPath": home.path().join("out"), "AllowUntrusted": true,
        }))
        .unwrap();
        Self { home, company, profile, anchors: anchors(), exports: Vec::new(), lost_states: 0 }
    }

    fn out(&self) -> PathBuf {
        self.home.path().join("out")
    }

    fn state_path(&self) -> PathBuf {
        self.home.path().join("state").join("corp.db")
    }

    /// The state's files are lost.
    pub fn lose_state(&mut self) {
        self.lost_states += 1;
        let _ = fs::remove_dir_all(self.home.path().join("state"));
    }

    /// Everything that is published is lost.
    pub fn wipe_target(&self) {
        let _ = fs::remove_dir_all(self.out());
    }

    /// What is published for one address is lost.
    pub fn lose_published(&self, address: &str) {
        for extension in ["json", "cer"] {
            let _ = fs::remove_file(self.out().join(format!("{address}.{extension}")));
        }
    }

    /// What is published first, by address: the JSON, which has to agree with the certificate beside it.
    pub fn published(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.out()).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let keys = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
        let one = |key: String| {
            let text = fs::read(self.out().join(format!("{key}.json"))).unwrap();
            let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let values = file["Values"].as_array().unwrap();
            // A state that is lost forgets which values it published: what the source no longer has stays, behind.
            assert!(values.len() == 1 || self.lost_states > 0, "{key} has {} values", values.len());
            let value = BASE64.decode(values[0]["Data"].as_str().unwrap()).unwrap();
            assert_eq!(fs::read(self.out().join(format!("{key}.cer"))).ok().as_ref(), Some(&value), "{key}");
            (key, value)
        };
        keys.filter(|key| key != "index").map(one).collect()
    }

    /// The addresses that the index lists.
    pub fn listed(&self) -> Vec<String> {
        let Ok(text) = fs::read(self.out().join("index.json")) else { return Vec::new() };
        let lines: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let mut listed: Vec<String> =
            lines.iter().map(|line| line["Recipient"].as_str().unwrap().to_owned()).collect();
        listed.sort();
        listed
    }

    fn export(&mut self, export: &Export) {
        let (company, now) = (&self.company, self.company.now);
        let (date, text) = match export {
            Export::Whole => (now, company.ldif(usize::MAX, true)),
            Export::Cut(records) => (now, company.ldif(*records, true)),
            Export::WithoutCertificates => (now, company.ldif(usize::MAX, false)),
            Export::Stale(before) => {
                let place = self.exports.len().saturating_sub(1 + before);
                self.exports.get(place).cloned().unwrap_or((now, company.ldif(usize::MAX, true)))
            }
        };
        let path = self.home.path().join("directory.ldif");
        fs::write(&path, &text).unwrap();
        let modified = UNIX_EPOCH + Duration::from_secs(date as u64);
        fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        self.exports.push((date, text));
    }

    pub fn run(&mut self, conditions: &Conditions) -> Outcome {
        self.export(&conditions.export);
        let now = Timestamp(self.company.now + conditions.clock);
        let state = State::open(&self.state_path(), now).unwrap();
        let cancel = CancellationToken::new();
        let told = Recorder::canceled_by(Declining::default(), cancel.clone());
        let run = self.run_on(&state, now, conditions, &told, cancel);
        if !matches!(&run, Err(error) if error.message == "the process died") {
            state.close().unwrap();
        }
        let errors = told.errors().iter().map(|error| error.message.clone()).collect();
        Outcome { run, warnings: told.warnings(), errors }
    }

    fn run_on(
        &self,
        state: &State,
        now: Timestamp,
        conditions: &Conditions,
        told: &Arc<Recorder<Declining>>,
        cancel: CancellationToken,
    ) -> Result<Run> {
        let mut target = FaultyTarget {
            folder: Folder::new(&self.out()),
            faults: conditions.fault.clone().into_iter().collect(),
            batch: 3,
            writes: 0,
            cancel,
        };
        let named = conditions.named.iter().map(|number| format!("p{number}@corp.contoso.test"));
        let options = Options {
            identity: named.map(Into::into).collect(),
            verify: conditions.verify,
            ..Options::default()
        };
        let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
        let judge = |recipient: &Recipient| evaluate(recipient, &policy, &self.anchors, now);
        sync::run(Job {
            profile: &self.profile,
            options: &options,
            source: &mut LdifSource::open(&self.home.path().join("directory.ldif"))?,
            target: &mut target,
            mode: mode::of(&self.profile).as_ref(),
            state,
            evaluate: &judge,
            policy: Fingerprint::of(b"policy"),
            now,
            host: "admin@test".into(),
            context: &told.context(),
        })
    }

    /// Approves a held plan, as the cmdlet does.
    pub fn approve(&self, run: i64) {
        let state = State::open(&self.state_path(), Timestamp(self.company.now)).unwrap();
        let _ = state.approve(run);
        state.close().unwrap();
    }
}
