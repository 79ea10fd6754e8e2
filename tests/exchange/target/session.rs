//! The caller's session as a channel: what is asked, what answers mean, and how it ends.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use smime_sync::{
    error::{ErrorId, Result},
    event::{Answer, Context, Question, QuestionKind, SessionFailure},
    exchange::{CmdletChannel, Command, Location, Object, Parameter, Property, session::ExchangeSession},
    model::RunResult,
    targets::Target,
};

use super::{
    engine::{Office, Way},
    organisation::*,
};
use crate::common::events::{Answering, Recorder};

/// Answers that are given beforehand, whatever is asked.
struct Scripted(Mutex<Vec<Answer>>);

impl Answering for Scripted {
    fn answer(&self, question: &Question) -> Answer {
        panic!("asked together: {question:?}")
    }

    fn answer_all(&self, _: &[Question]) -> Vec<Answer> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn scripted(answers: Vec<Answer>) -> (Arc<Recorder<Scripted>>, Context) {
    let host = Recorder::new(Scripted(Mutex::new(answers)));
    let context = host.context();
    (host, context)
}

fn output(object: Value) -> Answer {
    let Value::Object(object) = object else { panic!("{object}") };
    Answer { output: vec![object], ..Answer::default() }
}

fn failure(failure: SessionFailure) -> Answer {
    Answer { failure: Some(failure), ..Answer::default() }
}

fn command() -> Command {
    Command {
        select: &["Guid"],
        anchor: Some("alice".into()),
        counts_only: true,
        ..Command::new(
            "Set-Mailbox",
            vec![
                ("Identity", Parameter::Text("alice".into())),
                ("Force", Parameter::Flag(true)),
                ("One", Parameter::Binary(vec![1, 2, 3])),
                ("Many", Parameter::BinaryList(vec![vec![0xff], vec![]])),
                ("None", Parameter::Clear),
                ("Less", Parameter::Remove(vec![vec![1]])),
            ],
        )
    }
}

fn invoke_with(answer: Answer) -> Result<Object> {
    let (_, context) = scripted(vec![answer]);
    let result = ExchangeSession::new().invoke(&[command()], &context)?.pop().unwrap();
    Ok(result?.objects.pop().unwrap_or_default())
}

#[test]
fn a_command_is_asked_for_in_the_forms_of_the_interface() {
    let (host, context) = scripted(vec![Answer::default()]);
    ExchangeSession::new().invoke(&[command()], &context).unwrap();
    let questions = host.questions();
    let question = &questions[0];
    assert_eq!(
        (question.kind, question.target.as_str(), question.action.as_str()),
        (QuestionKind::Apply, "alice", "Set-Mailbox")
    );
    let expected = json!({
        "Name": "Set-Mailbox",
        "Parameters": {
            "Identity": "alice",
            "Force": true,
            "One": { "Binary": "AQID" },
            "Many": { "BinaryList": ["/w==", ""] },
            "None": null,
            "Less": { "Remove": ["AQ=="] },
        },
        "Select": ["Guid"],
        "CountsOnly": true,
    });
    assert_eq!(serde_json::to_value(&question.command).unwrap(), expected);
}

#[test]
fn properties_are_read_in_the_forms_of_the_interface() {
    let list =
        |items: &[&[u8]]| Property::List(items.iter().map(|one| Property::Binary(one.to_vec())).collect());
    for (json, expected) in [
        (json!("text"), Some(Property::Text("text".into()))),
        (json!(true), Some(Property::Flag(true))),
        (json!(-7), Some(Property::Number(-7))),
        (json!(null), None),
        (
            json!(["a", null, "b"]),
            Some(Property::List(vec![Property::Text("a".into()), Property::Text("b".into())])),
        ),
        (json!({ "Binary": "AQID" }), Some(Property::Binary(vec![1, 2, 3]))),
        (json!({ "BinaryList": ["AQ==", "Ag=="] }), Some(list(&[&[1], &[2]]))),
        (json!({ "BinaryCount": 2 }), Some(Property::Count(2))),
    ] {
        let object = invoke_with(output(json!({ "Value": json.clone() }))).unwrap();
        assert_eq!(object.get("value"), expected.as_ref(), "{json}");
    }
}

#[test]
fn answers_of_another_form_are_refused() {
    for json in [
        json!(1.5),
        json!({}),
        json!({ "Binary": "?" }),
        json!({ "Binary": 1 }),
        json!({ "BinaryList": "AQ==" }),
        json!({ "BinaryList": [1] }),
        json!({ "BinaryCount": -1 }),
        json!({ "Binary": "AQ==", "BinaryCount": 1 }),
        json!([{ "Unknown": 1 }]),
    ] {
        let error = invoke_with(output(json!({ "Value": json.clone() }))).unwrap_err();
        assert_eq!(error.id, ErrorId::InvalidAnswer, "{json}");
    }
    let (_, context) = scripted(vec![Answer::default(), Answer::default()]);
    let error = ExchangeSession::new().invoke(&[command()], &context).unwrap_err();
    assert_eq!(error.id, ErrorId::InvalidAnswer, "one command, two answers");
}

#[test]
fn failures_of_the_session_say_what_they_are() {
    let said = |message: &str, exception: &str, missing| SessionFailure {
        message: message.into(),
        exception: exception.into(),
        missing,
        ..SessionFailure::default()
    };
    for (failed, expected) in [
        (said("The term 'Set-Mailbox' is not recognized.", "", true), ErrorId::SessionNotConnected),
        (
            said(
                "You must call the Connect-ExchangeOnline cmdlet before calling any other cmdlets.",
                "",
                false,
            ),
            ErrorId::SessionNotConnected,
        ),
        (
            said(
                "Processing data failed.",
                "System.Management.Automation.Remoting.PSRemotingTransportException",
                false,
            ),
            ErrorId::SessionNotConnected,
        ),
        (
            said(
                "The operation couldn't be performed because object 'x' couldn't be found on 'y'.",
                "",
                false,
            ),
            ErrorId::RecipientNotFound,
        ),
        (said("It is too hot today.", "", false), ErrorId::ExchangeRefused),
    ] {
        let error = invoke_with(failure(failed.clone())).unwrap_err();
        assert_eq!(error.id, expected, "{failed:?}");
        assert!(error.message.starts_with("Set-Mailbox failed in the Exchange session: "), "{error}");
    }
}

#[test]
fn the_place_is_told_by_a_cmdlet_that_only_one_of_them_has() {
    let missing = || failure(SessionFailure { missing: true, ..SessionFailure::default() });
    let refused = || failure(SessionFailure { message: "no".into(), ..SessionFailure::default() });
    let some = || output(json!({ "Guid": "g" }));
    for (answers, expected) in [
        (vec![some(), missing()], Ok(Location::Cloud)),
        (vec![some(), some()], Ok(Location::OnPremises)),
        (vec![some(), refused()], Ok(Location::OnPremises)),
        (vec![missing(), missing()], Err(ErrorId::SessionNotConnected)),
        (vec![refused(), missing()], Err(ErrorId::ExchangeRefused)),
    ] {
        let (_, context) = scripted(answers.clone());
        let location = ExchangeSession::new().location(&context).map_err(|error| error.id);
        assert_eq!(location, expected, "{answers:?}");
    }
}

#[test]
fn a_session_that_ends_in_the_middle_ends_the_run_and_the_next_goes_on() {
    let names: Vec<String> = (0..40).map(|number| format!("person{number}")).collect();
    for cmdlets in [0, 2, 10, 60] {
        let office = Office::new(
            names.iter().map(|name| person(name)).collect(),
            names.iter().map(|name| mailbox(name)).collect(),
        );
        let host = office.host();
        *host.ends_after.lock().unwrap() = Some(cmdlets);
        let mut target = office.target(Way::Session, &host);
        let outcome = office.run_with(Way::Session, &mut target, host);
        let error = outcome.run.unwrap_err();
        assert_eq!(error.id, ErrorId::SessionNotConnected, "{cmdlets}: {error}");

        let next = office.run(Way::Session);
        assert_eq!(next.ok().result, RunResult::Success, "{cmdlets}");
        for name in &names {
            let address = format!("{name}@contoso.test");
            assert_eq!(office.published(&address), Some(vec![certificate(&address, 1)]), "{cmdlets}");
        }
    }
}

#[test]
fn a_canceled_run_asks_for_no_further_batch() {
    let names: Vec<String> = (0..120).map(|number| format!("person{number}")).collect();
    let office = Office::new(
        names.iter().map(|name| person(name)).collect(),
        names.iter().map(|name| mailbox(name)).collect(),
    );
    let host = office.host();
    *host.cancels_after.lock().unwrap() = Some(60);
    let mut target = office.target(Way::Session, &host);
    let outcome = office.run_with(Way::Session, &mut target, host);
    assert_eq!(outcome.run.unwrap_err().id, ErrorId::Canceled);
    let batches = outcome.host.batches.lock().unwrap();
    assert!(batches.iter().all(|size| *size <= 50), "{batches:?}");
    assert!(batches.iter().sum::<usize>() <= 60 + 50, "{batches:?}");
}

#[test]
fn who_is_not_connected_hears_it_before_anything_is_written() {
    let office = Office::new(Vec::new(), Vec::new());
    let host = office.host();
    *host.ends_after.lock().unwrap() = Some(0);
    let error = office.target(Way::Session, &host).check_writable(&host.context()).unwrap_err();
    assert_eq!(error.id, ErrorId::SessionNotConnected);

    let host = office.host();
    office.target(Way::Session, &host).check_writable(&host.context()).unwrap();
    let changed = |name: &String| name.starts_with("Set-") || name.starts_with("New-");
    assert!(!host.commands.lock().unwrap().iter().any(|command| changed(&command.name)));
}

#[test]
fn an_empty_object_has_no_properties() {
    assert_eq!(invoke_with(output(Value::Object(Map::new()))).unwrap(), Object::default());
}
