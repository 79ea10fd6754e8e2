//! `Fault`: does what a test of the ABI wants, in the order of the request's fields.

use std::time::Duration;

use crate::{
    error::{Error, Result},
    event::{Context, LogLevel, Question, QuestionKind, SessionCommand},
};

use super::request::FaultRequest;

/// Does what `request` says. Fails as it says, or with `Canceled`.
pub(super) fn run(request: &FaultRequest, context: &Context) -> Result<()> {
    for number in 1..=request.events {
        context.check()?;
        context.log(LogLevel::Debug, format!("Event {number} of {}.", request.events))?;
    }
    if request.questions > 0 {
        ask(request.questions, context)?;
    }
    if let Some(command) = &request.apply {
        apply(command, context)?;
    }
    if request.wait > 0 {
        context.wait(Duration::from_millis(request.wait))?;
    }
    std::thread::sleep(Duration::from_millis(request.stall));
    if let Some(id) = request.fail {
        return Err(Error::new(id, "The test asked for this error.").target("fault-injection"));
    }
    assert!(!request.panic, "the test asked for this panic");
    Ok(())
}

fn ask(count: u32, context: &Context) -> Result<()> {
    let question = |number: u32| Question::approve(format!("recipient {number}"), "test the questions");
    for answer in context.ask((1..=count).map(question).collect())? {
        context.log(LogLevel::Debug, format!("Question {}: {}.", answer.id, answer.approved))?;
    }
    Ok(())
}

fn apply(command: &SessionCommand, context: &Context) -> Result<()> {
    let question = Question {
        kind: QuestionKind::Apply,
        command: Some(command.clone()),
        ..Question::approve("recipient", "test the session")
    };
    for answer in context.ask(vec![question])? {
        let failure = answer.failure.map(|failure| failure.message).unwrap_or_default();
        let (objects, warnings) = (answer.output.len(), answer.warnings.len());
        context.log(LogLevel::Verbose, format!("{objects} objects, {warnings} warnings; {failure}"))?;
    }
    Ok(())
}
