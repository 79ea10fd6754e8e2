//! The caller's own Exchange session: cmdlets are questions that the caller answers by running them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{CmdletChannel, Command, Location, Object, Output, Parameter, Property, failure};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Answer, Context, Question, QuestionKind, SessionCommand, SessionFailure},
    model::{Timestamp, counted},
};

/// Cmdlets of one batch of questions; a canceled task ends after the batch at the latest.
const BATCH: usize = 50;
/// How messages name it.
const NAME: &str = "the Exchange session";

/// Runs cmdlets in the caller's session.
#[derive(Default)]
pub struct ExchangeSession {
    location: Option<Location>,
}

impl ExchangeSession {
    /// The session of whoever answers the questions; nothing is asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for each command to be run; the answers in their order.
    /// Fails with `Canceled`; `InvalidAnswer` where a number of answers is wrong.
    fn ask(commands: &[Command], context: &Context) -> Result<Vec<Answer>> {
        context.check()?;
        let answers = context.ask(commands.iter().map(question).collect())?;
        if answers.len() == commands.len() {
            return Ok(answers);
        }
        Err(invalid(format!(
            "{} {}",
            counted(commands.len(), "cmdlet has", "cmdlets have"),
            counted(answers.len(), "answer", "answers")
        )))
    }
}

impl CmdletChannel for ExchangeSession {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    /// Exchange on premises has `Get-RemoteMailbox`, and Exchange Online has not (Microsoft: Get-RemoteMailbox,
    /// "available only in on-premises Exchange").
    fn location(&mut self, context: &Context) -> Result<Location> {
        if let Some(location) = self.location {
            return Ok(location);
        }
        let probe = |cmdlet| Command {
            select: &["Guid"],
            counts_only: true,
            ..Command::new(cmdlet, vec![("ResultSize", Parameter::Text("1".into()))])
        };
        let commands = [probe("Get-Mailbox"), probe("Get-RemoteMailbox")];
        let mut answers = Self::ask(&commands, context)?.into_iter();
        let (mailbox, remote) = (answers.next().unwrap_or_default(), answers.next().unwrap_or_default());
        // A session without mailboxes is none, whatever else it has.
        if let (Some(failure), [command, _]) = (mailbox.failure, &commands) {
            return Err(refusal(command, &failure));
        }
        let missing = remote.failure.is_some_and(|failure| failure.missing);
        Ok(*self.location.insert(if missing { Location::Cloud } else { Location::OnPremises }))
    }

    /// Two batches of questions: what was written but not noted when a host ends is read back, and that is cheap.
    fn batch_size(&self) -> usize {
        2 * BATCH
    }

    fn invoke(&mut self, commands: &[Command], context: &Context) -> Result<Vec<Result<Output>>> {
        let mut results = Vec::with_capacity(commands.len());
        for batch in commands.chunks(BATCH) {
            for (command, answer) in batch.iter().zip(Self::ask(batch, context)?) {
                let result = output(command, answer);
                // Nothing that follows would find the session again.
                if let Err(error) = &result
                    && error.id == ErrorId::SessionNotConnected
                {
                    return result.map(|_| Vec::new());
                }
                results.push(result);
            }
        }
        Ok(results)
    }

    /// The objects come in one answer: a session has no pages.
    fn list(
        &mut self,
        command: &Command,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<()> {
        for answer in Self::ask(std::slice::from_ref(command), context)? {
            for object in output(command, answer)?.objects {
                context.check()?;
                sink(object)?;
            }
        }
        Ok(())
    }

    /// Cmdlets show no clock.
    fn clock(&mut self, _context: &Context) -> Result<Option<Timestamp>> {
        Ok(None)
    }
}

fn question(command: &Command) -> Question {
    let identity = command.parameters.iter().find(|(name, _)| *name == "Identity" || *name == "Name");
    let target = match identity {
        Some((_, Parameter::Text(text))) => text.clone(),
        _ => NAME.to_owned(),
    };
    let parameters: Map<String, Value> =
        command.parameters.iter().map(|(name, value)| ((*name).to_owned(), to_json(value))).collect();
    Question {
        id: 0,
        kind: QuestionKind::Apply,
        target,
        action: command.cmdlet.to_owned(),
        command: Some(SessionCommand {
            name: command.cmdlet.to_owned(),
            parameters,
            select: command.select.iter().map(|name| (*name).to_owned()).collect(),
            counts_only: command.counts_only,
        }),
        signing: None,
    }
}

fn to_json(parameter: &Parameter) -> Value {
    match parameter {
        Parameter::Text(text) => json!(text),
        Parameter::Flag(flag) => json!(flag),
        Parameter::Binary(bytes) => json!({ "Binary": STANDARD.encode(bytes) }),
        Parameter::BinaryList(list) => json!({ "BinaryList": encoded(list) }),
        Parameter::Clear => Value::Null,
        Parameter::Remove(list) => json!({ "Remove": encoded(list) }),
    }
}

fn encoded(list: &[Vec<u8>]) -> Vec<String> {
    list.iter().map(|bytes| STANDARD.encode(bytes)).collect()
}

fn refusal(command: &Command, failure: &SessionFailure) -> Error {
    let error = failure::classify_session(
        &failure.message,
        &failure.error_id,
        &failure.exception,
        failure.missing || is_disconnected(failure),
        &command.used(),
    );
    let message = format!("{} failed in {NAME}: {}", command.cmdlet, error.message.trim());
    Error { message, ..error }
}

/// What remote sessions say when they have ended (PowerShell's `PSSessionStateBroken`, `PSInvalidOperation` texts),
/// and ExchangeOnlineManagement before `Connect-ExchangeOnline`.
fn is_disconnected(failure: &SessionFailure) -> bool {
    const EXCEPTIONS: [&str; 2] = ["PSRemotingTransportException", "InvalidRunspaceStateException"];
    const TEXTS: [&str; 3] = [
        "the session is not connected",
        "session state is broken",
        "you must call the connect-exchangeonline",
    ];
    let message = failure.message.to_lowercase();
    EXCEPTIONS.iter().any(|name| failure.exception.contains(name))
        || TEXTS.iter().any(|text| message.contains(text))
}

fn output(command: &Command, answer: Answer) -> Result<Output> {
    if let Some(failure) = answer.failure {
        return Err(refusal(command, &failure));
    }
    let objects = answer.output.into_iter().map(object).collect::<Result<Vec<_>>>();
    let objects = objects.map_err(|error| error.target(command.cmdlet))?;
    Ok(Output { objects, warnings: answer.warnings, confirmation: None })
}

fn object(properties: Map<String, Value>) -> Result<Object> {
    let mut object = Object::default();
    for (name, value) in properties {
        if let Some(property) = property(&name, value)? {
            object.insert(&name, property);
        }
    }
    Ok(object)
}

/// The property that JSON stands for; `None` for one without a value.
fn property(name: &str, value: Value) -> Result<Option<Property>> {
    let wrong = || invalid(format!("the property '{name}' has a form that docs/abi.md does not show"));
    let binary = |value: &Value| {
        let text = value.as_str().ok_or_else(wrong)?;
        STANDARD.decode(text).map(Property::Binary).map_err(|_| wrong())
    };
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::String(text) => Property::Text(text),
        Value::Bool(flag) => Property::Flag(flag),
        Value::Number(number) => Property::Number(number.as_i64().ok_or_else(wrong)?),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| property(name, item)).collect::<Result<Vec<_>>>()?;
            Property::List(items.into_iter().flatten().collect())
        }
        Value::Object(fields) => {
            let mut fields = fields.iter();
            let (Some((form, value)), None) = (fields.next(), fields.next()) else { return Err(wrong()) };
            match (form.as_str(), value) {
                ("Binary", value) => binary(value)?,
                ("BinaryList", Value::Array(items)) => {
                    Property::List(items.iter().map(binary).collect::<Result<Vec<_>>>()?)
                }
                ("BinaryCount", Value::Number(count)) => {
                    let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
                    Property::Count(count.ok_or_else(wrong)?)
                }
                _ => return Err(wrong()),
            }
        }
    }))
}

fn invalid(what: String) -> Error {
    Error::new(ErrorId::InvalidAnswer, format!("An answer of {NAME} is not usable: {what}."))
}
