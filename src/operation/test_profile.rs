//! Checks whether a profile would work, and what to fix.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    engine::Engine,
    open::{Opening, watch},
    request::TestProfileRequest,
    test_write::{self, Sample},
    trace,
};
use crate::{
    directory::{Selection, Source, SourceItem},
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel, ResultType},
    exchange::trace::Trace,
    model::{Timestamp, counted, into_printable},
    profile::{Profile, Target as ProfileTarget},
    state::{State, check_rights, history::LEARNED, lock::RunLock},
    sync,
    targets::Target,
};

/// Whether a run would get past what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CheckResult {
    /// A run would get past it.
    Passed,
    /// A run would get past it, but something is worth a look.
    Warning,
    /// A run would fail, or publish nothing.
    Failed,
}

/// One check of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ProfileTest {
    /// The profile that was checked.
    pub profile_name: String,
    /// What was checked: `TrustAnchor`, `Source`, `SignIn` (who signed in to it and how), `Clock`, `Recipient`, `Value`, `Target`, `Write` (a way of writing that
    /// was tried), `Service` (how the service wants to be asked, as an answer has shown), `State`.
    pub check: String,
    /// Whether a run would get past it.
    pub result: CheckResult,
    /// What was found, in a sentence.
    pub message: String,
    /// What to do about it; empty where nothing is to be done.
    pub advice: String,
}

/// Recipients that the check of the source reads.
const SAMPLE: u64 = 1000;

#[derive(Clone)]
pub(super) struct Tester<'a> {
    profile: &'a Profile,
    pub(super) context: &'a Context,
    trace: Option<&'a Trace>,
    /// Stands before all that is told of one of several sources.
    whose: String,
}

pub(super) fn run(engine: &Engine, request: &TestProfileRequest, context: &Context) -> Result<()> {
    let opening = Opening::of(engine, &request.profile_name, request.credential.as_ref(), context)?;
    let trace = trace::begin(engine, request, opening.profile())?;
    let opening = opening.traced(trace.clone());
    check(engine, &opening, trace.as_deref(), context)?;
    trace.map_or(Ok(()), |trace| trace::end(request, &trace))
}

fn check(engine: &Engine, opening: &Opening<'_>, trace: Option<&Trace>, context: &Context) -> Result<()> {
    let tester = Tester { profile: opening.profile(), context, trace, whose: String::new() };
    let path = opening.stored.places.state_file(&opening.profile().name);
    let mut looked = look_at_state(&path, context);
    let mut sample = Sample::default();
    let anchors = opening.judge(Timestamp::now());
    tester.tell("TrustAnchor", anchors.map(|_| "The trust anchors can be read.".to_owned()))?;
    let sources = opening.sources();
    let is_alone = sources.len() == 1;
    for (name, source) in sources {
        let whose = if is_alone { String::new() } else { format!("{name}: ") };
        Tester { whose, ..tester.clone() }.source(source, &mut sample)?;
    }
    let state = looked.as_mut().ok().and_then(|(_, state)| state.take());
    let learned = tester.target(opening, &sample, state.as_ref())?;
    let exists = state.is_some();
    drop(state);
    tester.tell("State", looked.map(|(told, _)| told))?;
    match learned.filter(|_| exists) {
        Some(learned) => keep_learned(engine, &path, &learned, context),
        None => Ok(()),
    }
}

fn check_target(opening: &Opening<'_>, target: &mut dyn Target, context: &Context) -> Result<String> {
    target.check_writable(context)?;
    let organisation = opening.organisation(target)?.filter(|_| opening.is_session());
    if let Some(theirs) = target.clock(context)? {
        sync::compare_clocks(Timestamp::now(), theirs, "the target")?;
    }
    let name = target.name();
    Ok(match organisation {
        Some(organisation) => format!("The target can be written: {name}, connected to {organisation}."),
        None => format!("The target can be written: {name}."),
    })
}

/// Whether the folder that is written to can be listed, which a run needs to take away what it left unfinished.
fn listable(profile: &Profile) -> Result<()> {
    let ProfileTarget::Folder(folder) = &profile.target else { return Ok(()) };
    let path = &folder.output.output_path;
    match std::fs::read_dir(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            let error = Error::io(ErrorId::TargetUnreadable, "Cannot list", path, &e);
            Err(error.advice("Give the account that runs it the right to list the folder."))
        }
        _ => Ok(()),
    }
}

/// Reads the state as a whole, and whether a run could work on it; one that a run works on is not looked through.
fn look_at_state(path: &Path, context: &Context) -> Result<(String, Option<State>)> {
    if let Some(held) = RunLock::holder(path) {
        return Ok((held.sentence("A run"), None));
    }
    let checked = State::open_to_check(path, &mut watch(context))?;
    check_rights(path)?;
    let told = match &checked {
        Some(state) => match state.recipients_with_managed()? {
            0 => "The state is whole; no recipient has managed values.".into(),
            some => format!(
                "The state is whole; {} managed values.",
                counted(some, "recipient has", "recipients have")
            ),
        },
        None => "There is no state yet; the first run creates it.".into(),
    };
    Ok((told, checked))
}

/// Keeps what the target has shown of how it wants to be asked. A run that works by now finds it out by itself.
fn keep_learned(engine: &Engine, path: &Path, learned: &str, context: &Context) -> Result<()> {
    let Ok(_lock) = RunLock::take(path, &engine.holder()) else { return Ok(()) };
    let kept = State::open(path, Timestamp::now())
        .and_then(|state| state.set_setting(LEARNED, learned).and_then(|()| state.close()));
    match kept {
        Ok(()) => Ok(()),
        Err(error) => {
            let what =
                format!("What the target has shown could not be kept, and is found out again: {error}");
            context.log(LogLevel::Verbose, what)
        }
    }
}

impl Tester<'_> {
    fn source(&self, source: Result<Box<dyn Source>>, sample: &mut Sample) -> Result<()> {
        match source.and_then(|mut source| Ok((source.sign_in(self.context)?, source))) {
            Ok((signed_in, mut source)) => {
                self.tell("Source", Ok("The source can be opened.".into()))?;
                if let Some(told) = signed_in {
                    self.tell("SignIn", Ok(told))?;
                }
                let clock = self.clock(source.as_mut());
                self.tell("Clock", clock)?;
                self.recipients(source.as_mut(), sample)
            }
            Err(error) => self.tell("Source", Err(error)),
        }
    }

    fn clock(&self, source: &mut dyn Source) -> Result<String> {
        let now = Timestamp::now();
        let Some(theirs) = source.clock(self.context)? else {
            return sync::check_source(self.profile, source, now);
        };
        let apart = sync::compare_clocks(now, theirs, "the directory")?;
        Ok(format!("The clocks are {} apart.", counted(apart, "second", "seconds")))
    }

    /// Tries whether the target can be written, and each way of writing it. What a run should know of it.
    fn target(
        &self,
        opening: &Opening<'_>,
        sample: &Sample,
        state: Option<&State>,
    ) -> Result<Option<String>> {
        let mut target = match opening.target() {
            Ok(target) => target,
            Err(error) => return self.tell("Target", Err(error)).map(|()| None),
        };
        if let Some(learned) = state.map(|state| state.setting(LEARNED)).transpose()?.flatten() {
            target.recall(&learned);
        }
        let writable = check_target(opening, target.as_mut(), self.context);
        let writable = writable.and_then(|told| listable(self.profile).map(|()| told));
        let is_writable = writable.is_ok();
        match (writable, target.doubt()) {
            (Ok(told), Some(doubt)) => {
                let advice = "Check which organisation the profile names, the role of its account, and whether a proxy \
                              answers; a run finds nobody to publish for like this.";
                self.emit("Target", CheckResult::Warning, format!("{told} But {doubt}"), advice.into())?;
            }
            (writable, _) => self.tell("Target", writable)?,
        }
        if is_writable {
            test_write::run(self, target.as_mut(), sample, state)?;
        }
        Ok(target.learned())
    }

    pub(super) fn tell(&self, check: &str, outcome: Result<String>) -> Result<()> {
        let (result, message, advice) = match outcome {
            Ok(message) => (CheckResult::Passed, message, String::new()),
            Err(error) if error.id == ErrorId::Canceled => return Err(error),
            Err(error) => (CheckResult::Failed, error.message, error.advice),
        };
        self.emit(check, result, message, advice)
    }

    pub(super) fn emit(
        &self,
        check: &str,
        result: CheckResult,
        message: String,
        advice: String,
    ) -> Result<()> {
        let test = ProfileTest {
            profile_name: self.profile.name.clone(),
            check: check.into(),
            result,
            message: into_printable(format!("{}{message}", self.whose)),
            advice: into_printable(advice),
        };
        if let Some(trace) = self.trace {
            trace.note(format!("{check}: {result:?}. {} {}", test.message, test.advice).trim_end());
        }
        self.context.result(ResultType::ProfileTest, &test)
    }

    /// Reads a sample, since a right that is missing shows only in what comes back.
    fn recipients(&self, source: &mut dyn Source, sample: &mut Sample) -> Result<()> {
        let (mut recipients, mut with_values, mut invalid) = (0_u64, 0_u64, 0_u64);
        let enough = || Error::new(ErrorId::Canceled, "enough");
        let read = source.read(&Selection::All, self.context, &mut |item| {
            match item {
                SourceItem::Recipient(recipient) => {
                    recipients += 1;
                    sample.add(&recipient);
                    with_values += u64::from(!recipient.values.is_empty());
                }
                SourceItem::Invalid(_) => invalid += 1,
            }
            if recipients >= SAMPLE { Err(enough()) } else { Ok(()) }
        });
        self.context.check()?;
        match read {
            Err(error) if recipients < SAMPLE => return self.tell("Recipient", Err(error)),
            _ => {}
        }
        let many = if recipients >= SAMPLE { "at least " } else { "" };
        if recipients == 0 {
            let advice = "Check the search base, the filter, and the account's right to read the objects.";
            return self.emit(
                "Recipient",
                CheckResult::Failed,
                "The source shows no recipients.".into(),
                advice.into(),
            );
        }
        let mut message =
            format!("The source shows {many}{}", counted(recipients, "recipient", "recipients"));
        if invalid > 0 {
            let objects = counted(invalid, "object", "objects");
            message.push_str(&format!("; {objects} can't be understood"));
        }
        message.push('.');
        let result = if invalid == 0 { CheckResult::Passed } else { CheckResult::Warning };
        self.emit(
            "Recipient",
            result,
            message,
            if invalid == 0 { "" } else { ErrorId::RecipientInvalid.advice() }.into(),
        )?;
        if with_values == 0 {
            return self.emit(
                "Value",
                CheckResult::Failed,
                sync::without_values(recipients),
                ErrorId::ValuesNotReadable.advice().into(),
            );
        }
        let recipients = counted(recipients, "recipient", "recipients");
        let message = format!("Certificate values were found for {with_values} of {recipients}.");
        self.emit("Value", CheckResult::Passed, message, String::new())
    }
}
