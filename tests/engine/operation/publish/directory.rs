//! A directory in memory that is both source and target, and a profile that reads from it.

use std::sync::{Arc, Mutex};

use smime_sync::{
    certificate::Certificate,
    directory::{Presence, Selection, Source, SourceItem},
    error::{Error, ErrorId, Result},
    event::{Context, ResultType},
    model::{Attribute, Change, Exclusion, PublishedRecipient, Recipient, Run, Timestamp, Value},
    policy::{Policy, evaluate},
    profile::{PolicyName, Profile, SelectionName},
    state::State,
    sync::{
        Job, Options,
        mode::{InPlace, Mode},
        request::{self, Publication, Withdrawal},
    },
    targets::{Match, Target, TargetQuery, TargetRecipient, TargetWrite},
    trust::TrustAnchors,
};

use crate::common::{
    certificates::*,
    events::{Declining, Recorder},
};

pub use crate::common::judging::{SMIME, USER, thumbprint};

/// The directory.
#[derive(Clone, Default)]
pub struct Directory(pub Arc<Mutex<Inside>>);

#[derive(Default)]
pub struct Inside {
    pub recipients: Vec<Recipient>,
    /// Somebody else adds this value to everybody right before a write.
    pub intruder: Option<Value>,
    /// These are skipped (by their anchor).
    pub quiet: Vec<String>,
    pub dies_before_write: bool,
    pub dies_after_write: bool,
    pub writes: usize,
}

impl Source for Directory {
    fn read(
        &mut self,
        selection: &Selection,
        _context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let all = self.0.lock().unwrap().recipients.clone();
        let wanted = all.into_iter().filter(|recipient| selection.includes(recipient));
        wanted.map(SourceItem::Recipient).try_for_each(sink)
    }
    fn look_up(&mut self, anchors: &[String], _context: &Context) -> Result<Vec<Presence>> {
        Ok(anchors.iter().map(|_| Presence::Absent).collect())
    }
    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(Some(NOW))
    }
}

impl Target for Directory {
    fn name(&self) -> String {
        "the directory".into()
    }
    fn batch_size(&self) -> usize {
        2
    }
    fn check_writable(&mut self, _context: &Context) -> Result<()> {
        Ok(())
    }
    fn read(&mut self, queries: &[TargetQuery<'_>], _context: &Context) -> Result<Vec<Result<Match>>> {
        let inside = self.0.lock().unwrap();
        let found = |query: &TargetQuery<'_>| {
            let recipient = inside.recipients.iter().find(|one| one.anchor == query.anchor)?;
            let key = recipient.anchor.clone();
            Some(TargetRecipient {
                key,
                values: recipient.values.clone(),
                findings: Vec::new(),
                incomplete: Vec::new(),
                damage: None,
            })
        };
        let matched = |query: &TargetQuery<'_>| match found(query) {
            Some(found) if inside.quiet.contains(&found.key) => {
                Match::Excluded(Exclusion::QuietPeriod, Some(found))
            }
            Some(found) => Match::One(found),
            None => Match::None,
        };
        Ok(queries.iter().map(|query| Ok(matched(query))).collect())
    }
    fn write(&mut self, writes: &[TargetWrite<'_>], _context: &Context) -> Result<Vec<Result<String>>> {
        let mut inside = self.0.lock().unwrap();
        if inside.dies_before_write {
            return Err(Error::new(ErrorId::Internal, "the process died"));
        }
        inside.writes += 1;
        let intruder = inside.intruder.clone();
        let write_one = |write: &TargetWrite<'_>| {
            let current = &write.current.as_ref().unwrap().values;
            let recipient =
                inside.recipients.iter_mut().find(|one| one.anchor == write.query.anchor).unwrap();
            let there = &mut recipient.values;
            there.extend(intruder.clone());
            there.retain(|value| write.values.contains(value) || !current.contains(value));
            let added: Vec<Value> = write.values.iter().filter(|one| !there.contains(one)).cloned().collect();
            there.extend(added);
            Ok(write.query.anchor.to_owned())
        };
        let written = writes.iter().map(write_one).collect();
        if inside.dies_after_write {
            return Err(Error::new(ErrorId::Internal, "the process died"));
        }
        Ok(written)
    }
    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }
    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        Source::read(self, selection, context, sink)
    }
    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        Some(query.anchor.to_owned())
    }
    fn finish(
        &mut self,
        _next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        _context: &Context,
    ) -> Result<()> {
        Ok(())
    }
}

/// What a run told.
pub type Told = Recorder<Declining>;

/// How a run ended, and what it told.
pub struct Outcome {
    pub run: Result<Run>,
    pub told: Arc<Told>,
}

impl Outcome {
    pub fn ok(&self) -> &Run {
        self.run.as_ref().unwrap_or_else(|error| panic!("the run stopped: {error}"))
    }

    pub fn errors(&self) -> Vec<(ErrorId, String)> {
        self.told.errors().into_iter().map(|error| (error.id, error.message)).collect()
    }

    pub fn changes(&self) -> Vec<Change> {
        let change = |object| serde_json::from_value(object).unwrap();
        self.told.results_of(ResultType::Change).into_iter().map(change).collect()
    }
}

/// A profile that reads from the directory and publishes to a folder, with its state.
pub struct World {
    pub home: tempfile::TempDir,
    pub profile: Profile,
    pub directory: Directory,
    pub options: Options,
    pub declines: Vec<&'static str>,
}

impl World {
    pub fn new(recipients: Vec<Recipient>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let profile = serde_json::from_value(serde_json::json!({
            "Name": "corp", "Source": "ActiveDirectory", "Server": "dc1.contoso.test",
            "SearchBase": ["DC=contoso,DC=test"], "Target": "Folder", "OutputPath": home.path().join("out"),
        }))
        .unwrap();
        let directory = Directory::default();
        directory.0.lock().unwrap().recipients = recipients;
        let options = Options { pass_thru: true, ..Options::default() };
        Self { home, profile, directory, options, declines: Vec::new() }
    }

    /// One run of `work` on the directory.
    pub fn run(&self, work: impl FnOnce(Job<'_>) -> Result<Run>) -> Outcome {
        let (mut source, mut target) = (self.directory.clone(), self.directory.clone());
        self.run_as(&InPlace, &mut source, &mut target, work)
    }

    pub fn run_as(
        &self,
        mode: &dyn Mode,
        source: &mut dyn Source,
        target: &mut dyn Target,
        work: impl FnOnce(Job<'_>) -> Result<Run>,
    ) -> Outcome {
        let path = self.home.path().join("state").join("corp.db");
        let state = if self.options.what_if { State::open_preview(&path) } else { State::open(&path, NOW) };
        let state = state.unwrap();
        let told = Recorder::new(Declining(self.declines.iter().map(|name| (*name).to_owned()).collect()));
        let context = told.context();
        let policy = Policy::new(PolicyName::Standard, SelectionName::Best, false);
        let anchors = TrustAnchors::new([Certificate::from_der(&root().der).unwrap()]);
        let run = work(Job {
            profile: &self.profile,
            options: &self.options,
            source,
            target,
            mode,
            state: &state,
            evaluate: &|recipient| evaluate(recipient, &policy, &anchors, NOW),
            policy: policy.fingerprint(&anchors.fingerprint()),
            now: NOW,
            host: "admin@test".into(),
            context: &context,
        });
        state.close().unwrap();
        Outcome { run, told }
    }

    pub fn publish(&self, publication: Publication) -> Outcome {
        self.run(|job| request::publish(job, publication))
    }

    pub fn unpublish(&self, withdrawal: Withdrawal) -> Outcome {
        self.run(|job| request::unpublish(job, withdrawal))
    }

    pub fn state(&self) -> State {
        State::open_to_read(&self.home.path().join("state").join("corp.db")).unwrap().unwrap()
    }

    /// The values that the directory has for a recipient.
    pub fn values(&self, anchor: &str) -> Vec<(Attribute, Vec<u8>)> {
        let inside = self.directory.0.lock().unwrap();
        let recipient = inside.recipients.iter().find(|one| one.anchor == anchor).unwrap();
        recipient.values.iter().map(|value| (value.attribute, value.bytes.to_vec())).collect()
    }

    pub fn inside<T>(&self, look: impl FnOnce(&mut Inside) -> T) -> T {
        look(&mut self.directory.0.lock().unwrap())
    }
}

/// A recipient with these values.
pub fn person(name: &str, values: &[(Attribute, Vec<u8>)]) -> Recipient {
    let address = format!("{name}@contoso.test");
    Recipient {
        anchor: format!("id-{name}"),
        distinguished_name: format!("CN={name},DC=contoso,DC=test"),
        display_name: Some(name.to_uppercase()),
        mail: Some(address.clone()),
        proxy_addresses: vec![address.clone(), format!("{name}.old@contoso.test")],
        primary_smtp_address: Some(address),
        user_principal_name: Some(format!("{name}@corp.contoso.test")),
        sam_account_name: Some(name.into()),
        untrimmed: Vec::new(),
        ..alice_with(values)
    }
}

pub fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

/// A good certificate of somebody, from the CA that is trusted.
pub fn good(name: &str) -> Vec<u8> {
    Draft::person(&format!("{name}@contoso.test")).sign(&root())
}

pub fn expired(name: &str) -> Vec<u8> {
    Draft::person(&format!("{name}@contoso.test")).serial(&[0x51]).valid(-400, -1).sign(&root())
}
