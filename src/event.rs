//! What an operation tells its caller while it runs, and what it asks. The caller pulls; nothing calls back.

use std::{sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    error::{Error, Result},
    model::into_printable,
    runtime::runtime,
};

/// One thing that a task tells its caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "Event")]
pub enum Event {
    /// How far the task is.
    Progress(Progress),
    /// One object for the caller's pipeline.
    Result {
        /// Its type: `Run`, `Change`, `Certificate`, `Difference`, `Profile`, `ProfileTest`, `Rule`, `TrustStore`.
        #[serde(rename = "Type")]
        kind: ResultType,
        /// The object; its fields are those of the type's schema.
        #[serde(rename = "Object")]
        object: serde_json::Value,
    },
    /// A message for the log.
    Log {
        /// PowerShell's stream for it.
        #[serde(rename = "Level")]
        level: LogLevel,
        /// One sentence for people.
        #[serde(rename = "Message")]
        message: String,
    },
    /// An error of one object; the task goes on.
    Error {
        /// Which object it concerns, what went wrong, and what to do.
        #[serde(rename = "Error")]
        error: ErrorBody,
    },
    /// Something that only the caller can answer, with `smime_task_send`.
    Question(Question),
    /// The task's last event.
    Finished {
        /// Why the task ended early; `null` if it did its work.
        #[serde(rename = "Error")]
        error: Option<ErrorBody>,
    },
}

/// The types of result objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ResultType {
    /// One run of a profile.
    Run,
    /// A planned or written change of one recipient.
    Change,
    /// One certificate of a recipient, judged.
    Certificate,
    /// One difference of source and target.
    Difference,
    /// A profile with all its settings.
    Profile,
    /// One check of a profile.
    ProfileTest,
    /// One rule of the policy.
    Rule,
    /// What a trust store holds.
    TrustStore,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Progress {
    /// The step: `Check` (of the whole state), `Import`, `Plan`, `Export`, `Compare`.
    pub activity: String,
    /// How many recipients are done.
    pub done: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
    /// Recipients per second since the step began.
    pub rate: f64,
    /// Seconds until the step ends, where that can be told.
    pub seconds_left: Option<u64>,
}

/// How important a log message is; each has its PowerShell stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LogLevel {
    /// Details for those who look for a bug.
    Debug,
    /// Each step, for those who watch.
    Verbose,
    /// What a person should see without asking for it.
    Warning,
}

/// An error as JSON carries it: an [`Error`] with its number and category spelt out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorBody {
    /// The number of the id.
    pub code: u32,
    /// PowerShell's `ErrorCategory`.
    pub category: String,
    /// Id, message, target, advice and native status.
    #[serde(flatten)]
    pub error: Error,
}

impl From<Error> for ErrorBody {
    fn from(error: Error) -> Self {
        let error = error.into_printable();
        Self { code: error.id.code(), category: error.id.category().to_owned(), error }
    }
}

/// Something that only the caller can answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Question {
    /// What the answer refers to.
    pub id: u64,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// The recipient, as an admin recognises it.
    pub target: String,
    /// What would be done to it, in words.
    pub action: String,
    /// `Apply`: the cmdlet to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<SessionCommand>,
    /// `Sign`: what to sign with which key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<Signing>,
}

impl Question {
    /// May `action` be done to `target`?
    pub fn approve(target: impl Into<String>, action: impl Into<String>) -> Self {
        Self {
            id: 0,
            kind: QuestionKind::Approve,
            target: target.into(),
            action: action.into(),
            command: None,
            signing: None,
        }
    }
}

/// The kinds of questions to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum QuestionKind {
    /// May this be done? (PowerShell's `ShouldProcess`)
    Approve,
    /// Run a cmdlet in the caller's Exchange session, without asking again, and hand back what it says.
    Apply,
    /// Sign a digest with a key that stays where it is.
    Sign,
}

/// A cmdlet of the caller's Exchange session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SessionCommand {
    /// Its name, without the session's prefix.
    pub name: String,
    /// Its parameters: text, number, `true`/`false`, list of texts; `null`, which clears a property; binary values as
    /// `{"Binary": base64}` and lists of them as `{"BinaryList": [base64]}`, which the cmdlet gets as an `ArrayList` of
    /// `byte[]`, or as `{"Remove": [base64]}`, which it gets as `@{ Remove = ... }` with such a list.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The properties of its output that are wanted, in the forms of `parameters`; none: no output.
    pub select: Vec<String>,
    /// Binary properties may come as the number of their values: `{"BinaryCount": 2}`.
    #[serde(default)]
    pub counts_only: bool,
}

/// What is to be signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Signing {
    /// The SHA-1 of the certificate whose key signs, in hexadecimal digits.
    pub thumbprint: String,
    /// `PS256` or `RS256` (RFC 7518, 3.3 and 3.5); the digest is SHA-256. `None`: only hand back the certificate.
    pub algorithm: Option<String>,
    /// The digest in base64.
    pub digest: String,
}

/// An answer to a [`Question`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Answer {
    /// The id of the question that is answered.
    pub id: u64,
    /// `Apply`: another answer to the same question follows, whose output and warnings are added to these. A long
    /// output comes in pieces, so that neither side holds its JSON at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// `Approve`: whether it may be done.
    #[serde(default)]
    pub approved: bool,
    /// `Apply`: the objects that the cmdlet returned, with the selected properties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<serde_json::Map<String, serde_json::Value>>,
    /// `Apply`: the warnings that it wrote.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// `Apply`, `Sign`: why it could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<SessionFailure>,
    /// `Sign`: the signature in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// `Sign`: the certificate (DER) in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

impl Answer {
    /// The answer to an `Approve` question.
    pub fn approval(id: u64, approved: bool) -> Self {
        Self { id, approved, ..Self::default() }
    }

    /// Adds the next piece of the same answer.
    pub fn append(&mut self, next: Answer) {
        let (mut output, mut warnings) =
            (std::mem::take(&mut self.output), std::mem::take(&mut self.warnings));
        output.extend(next.output);
        warnings.extend(next.warnings);
        *self = Self { output, warnings, ..next };
    }
}

/// Why the caller could not do what it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SessionFailure {
    /// PowerShell's message, as the cmdlet gave it.
    pub message: String,
    /// Its `FullyQualifiedErrorId`.
    #[serde(default)]
    pub error_id: String,
    /// The .NET type of the exception.
    #[serde(default)]
    pub exception: String,
    /// Whether the cmdlet itself does not exist in the session.
    #[serde(default)]
    pub missing: bool,
}

/// Where events go; the ABI's bounded queue, or a list in tests.
pub trait EventSink: Send + Sync {
    /// Hands over an event; waits while the caller is slow.
    /// Fails with `Canceled` when nobody will take it any more.
    fn emit(&self, event: Event) -> Result<()>;

    /// Asks and waits for the answers, which come back in the order of the questions.
    /// Fails with `Canceled` when the task is canceled meanwhile. The sink numbers the questions.
    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>>;
}

/// What every operation gets from its caller: where events go, and whether to go on.
#[derive(Clone)]
pub struct Context {
    sink: Arc<dyn EventSink>,
    /// Set when the caller wants the task to end.
    pub cancel: CancellationToken,
}

impl Context {
    /// A context whose events go to `sink`.
    pub fn new(sink: Arc<dyn EventSink>, cancel: CancellationToken) -> Self {
        Self { sink, cancel }
    }

    /// Fails with `Canceled` once the caller has canceled.
    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(Error::canceled()) } else { Ok(()) }
    }

    /// Waits for `time` on the calling thread. Fails with `Canceled` as soon as the caller has canceled.
    pub fn wait(&self, time: Duration) -> Result<()> {
        self.check()?;
        if time.is_zero() { Ok(()) } else { self.block_on(async { tokio::time::sleep(time).await }) }
    }

    /// Waits for `future` on the calling thread, which is none of the runtime's own.
    /// Fails with `Canceled` as soon as the caller has canceled, and with `Internal` where there is no runtime.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        runtime()?.block_on(unless_canceled(&self.cancel, future))
    }

    /// Hands over a result object.
    pub fn result(&self, kind: ResultType, object: &impl Serialize) -> Result<()> {
        let object = serde_json::to_value(object).map_err(|e| {
            Error::new(crate::error::ErrorId::Internal, format!("A result has no JSON form: {e}"))
        })?;
        self.sink.emit(Event::Result { kind, object })
    }

    /// Hands over an error of one object.
    pub fn error(&self, error: Error) -> Result<()> {
        self.sink.emit(Event::Error { error: error.into() })
    }

    /// Hands over a log message; it becomes one line that can be printed, whatever it quotes.
    pub fn log(&self, level: LogLevel, message: impl Into<String>) -> Result<()> {
        self.sink.emit(Event::Log { level, message: into_printable(message.into()) })
    }

    /// Hands over how far the task is.
    pub fn progress(&self, progress: Progress) -> Result<()> {
        self.sink.emit(Event::Progress(progress))
    }

    /// Asks and waits for the answers, in the order of the questions.
    pub fn ask(&self, mut questions: Vec<Question>) -> Result<Vec<Answer>> {
        for question in &mut questions {
            question.target = into_printable(std::mem::take(&mut question.target));
            question.action = into_printable(std::mem::take(&mut question.action));
        }
        self.sink.ask(questions)
    }
}

/// Waits for `future`; fails with `Canceled` as soon as `cancel` is set.
pub async fn unless_canceled<T>(cancel: &CancellationToken, future: impl Future<Output = T>) -> Result<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::canceled()),
        done = future => Ok(done),
    }
}

#[cfg(test)]
mod tests;
