//! A caller with an Exchange session: it keeps the organisation's trust store.

use std::sync::Mutex;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use smime_sync::event::{Answer, Question, QuestionKind, ResultType, SessionCommand, SessionFailure};

use crate::common::events::{Answering, Recorder};

/// How the session misbehaves.
#[derive(Debug, Default, Clone, PartialEq)]
pub enum Misbehaviour {
    #[default]
    None,
    /// Reads show what was there at first.
    Stale,
    /// Something else is written than what was given.
    Garbles(Vec<u8>),
    /// `Set-SmimeConfig` fails.
    Refuses,
}

pub struct Organisation {
    pub guid: &'static str,
    pub store: Mutex<Option<Vec<u8>>>,
    pub misbehaviour: Misbehaviour,
    /// The answer to `Approve`.
    pub refuses_approval: bool,
    /// The property's value, in place of the store.
    pub property: Option<Value>,
    pub commands: Mutex<Vec<String>>,
    pub approvals: Mutex<Vec<(String, String)>>,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            guid: "6F0A8F0E-0000-4000-8000-0000000000C0",
            store: Mutex::default(),
            misbehaviour: Misbehaviour::default(),
            refuses_approval: false,
            property: None,
            commands: Mutex::default(),
            approvals: Mutex::default(),
        }
    }
}

impl Organisation {
    pub fn with(store: Vec<u8>) -> Self {
        Self { store: Mutex::new(Some(store)), ..Self::default() }
    }

    pub fn store(&self) -> Option<Vec<u8>> {
        self.store.lock().unwrap().clone()
    }

    /// What was asked, without whose session it is.
    pub fn commands(&self) -> Vec<String> {
        let mut commands = self.commands.lock().unwrap().clone();
        commands.retain(|name| name != "Get-OrganizationConfig");
        commands
    }

    fn apply(&self, command: &SessionCommand) -> Answer {
        self.commands.lock().unwrap().push(command.name.clone());
        let mut store = self.store.lock().unwrap();
        match command.name.as_str() {
            "Get-SmimeConfig" => {
                assert_eq!(command.select, ["SMIMECertificateIssuingCA"]);
                let binary = |bytes: &Vec<u8>| json!({ "Binary": STANDARD.encode(bytes) });
                let value = self.property.clone().or_else(|| store.as_ref().map(binary));
                let properties = Map::from_iter([(command.select[0].clone(), value.unwrap_or_default())]);
                Answer { output: vec![properties], ..Answer::default() }
            }
            "Set-SmimeConfig" => {
                let text = command.parameters["SMIMECertificateIssuingCA"]["Binary"].as_str().unwrap();
                match &self.misbehaviour {
                    Misbehaviour::None => *store = Some(STANDARD.decode(text).unwrap()),
                    Misbehaviour::Stale => {}
                    Misbehaviour::Garbles(other) => *store = Some(other.clone()),
                    Misbehaviour::Refuses => {
                        let message = "The operation couldn't be performed.".to_owned();
                        let failure = Some(SessionFailure { message, ..SessionFailure::default() });
                        return Answer { failure, ..Answer::default() };
                    }
                }
                Answer { warnings: vec!["It can take a while.".into()], ..Answer::default() }
            }
            "Get-OrganizationConfig" => {
                let config = json!({ "Guid": self.guid, "Name": "contoso.onmicrosoft.com" });
                Answer { output: vec![config.as_object().unwrap().clone()], ..Answer::default() }
            }
            other => panic!("{other}"),
        }
    }
}

impl Answering for Organisation {
    fn answer(&self, question: &Question) -> Answer {
        match question.kind {
            QuestionKind::Apply => self.apply(question.command.as_ref().unwrap()),
            QuestionKind::Approve => {
                let asked = (question.target.clone(), question.action.clone());
                self.approvals.lock().unwrap().push(asked);
                Answer::approval(question.id, !self.refuses_approval)
            }
            QuestionKind::Sign => panic!("nothing is to be signed"),
        }
    }
}

/// The one `TrustStore` that came.
pub fn result_of(caller: &Recorder<Organisation>) -> Value {
    let results = caller.results_of(ResultType::TrustStore);
    let [result] = results.as_slice() else { panic!("{results:?}") };
    result.clone()
}
