//! The caller of an operation: keeps what it is told, and answers what it is asked.

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use smime_sync::{
    error::{Error, ErrorId, Result},
    event::{Answer, Context, Event, EventSink, LogLevel, Question, ResultType},
};
use tokio_util::sync::CancellationToken;

/// Who answers questions.
pub trait Answering: Send + Sync {
    fn answer(&self, question: &Question) -> Answer;

    /// The answers to questions that are asked together.
    fn answer_all(&self, questions: &[Question]) -> Vec<Answer> {
        questions.iter().map(|question| self.answer(question)).collect()
    }
}

impl<F: Fn(&Question) -> Answer + Send + Sync> Answering for F {
    fn answer(&self, question: &Question) -> Answer {
        self(question)
    }
}

/// Whom nobody should ask.
#[derive(Default)]
pub struct Unasked;

impl Answering for Unasked {
    fn answer(&self, question: &Question) -> Answer {
        panic!("nothing is to be asked: {question:?}")
    }
}

/// Approves of everything but what is about one of these.
#[derive(Default)]
pub struct Declining(pub Vec<String>);

impl Answering for Declining {
    fn answer(&self, question: &Question) -> Answer {
        Answer::approval(question.id, !self.0.iter().any(|name| question.target.contains(name)))
    }
}

/// The one sink of all tests. It stands for the one who answers.
#[derive(Default)]
pub struct Recorder<A = Unasked> {
    answering: A,
    events: Mutex<Vec<Event>>,
    questions: Mutex<Vec<Question>>,
    cancel: CancellationToken,
}

impl<A: Answering> EventSink for Recorder<A> {
    fn emit(&self, event: Event) -> Result<()> {
        self.events.lock().unwrap().push(event);
        Ok(())
    }

    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>> {
        let answers = self.answering.answer_all(&questions);
        self.questions.lock().unwrap().extend(questions);
        Ok(answers)
    }
}

impl<A> Deref for Recorder<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.answering
    }
}

impl<A: Answering + 'static> Recorder<A> {
    pub fn new(answering: A) -> Arc<Self> {
        Self::canceled_by(answering, CancellationToken::new())
    }

    pub fn canceled_by(answering: A, cancel: CancellationToken) -> Arc<Self> {
        Arc::new(Self { answering, events: Mutex::default(), questions: Mutex::default(), cancel })
    }

    /// A context whose events come here, and which ends with `cancel`.
    pub fn context(self: &Arc<Self>) -> Context {
        Context::new(self.clone(), self.cancel.clone())
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().clone()
    }

    fn pick<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        self.events.lock().unwrap().iter().filter_map(pick).collect()
    }

    /// The result objects.
    pub fn results(&self) -> Vec<(ResultType, Value)> {
        self.pick(|event| match event {
            Event::Result { kind, object } => Some((*kind, object.clone())),
            _ => None,
        })
    }

    pub fn results_of(&self, wanted: ResultType) -> Vec<Value> {
        let wanted = |(kind, object)| (kind == wanted).then_some(object);
        self.results().into_iter().filter_map(wanted).collect()
    }

    /// The errors of single objects.
    pub fn errors(&self) -> Vec<Error> {
        self.pick(|event| match event {
            Event::Error { error } => Some(error.error.clone()),
            _ => None,
        })
    }

    pub fn error_ids(&self) -> Vec<ErrorId> {
        self.errors().into_iter().map(|error| error.id).collect()
    }

    /// What they are, and of what.
    pub fn errors_of(&self) -> Vec<(ErrorId, Option<String>)> {
        self.errors().into_iter().map(|error| (error.id, error.target)).collect()
    }

    /// The log messages of this level.
    pub fn logged(&self, wanted: LogLevel) -> Vec<String> {
        self.pick(|event| match event {
            Event::Log { level, message } if *level == wanted => Some(message.clone()),
            _ => None,
        })
    }

    pub fn warnings(&self) -> Vec<String> {
        self.logged(LogLevel::Warning)
    }

    /// Whether this is part of a log message.
    pub fn has(&self, part: &str) -> bool {
        self.lines().iter().any(|line| line.contains(part))
    }

    /// The log messages of all levels.
    pub fn lines(&self) -> Vec<String> {
        self.pick(|event| match event {
            Event::Log { message, .. } => Some(message.clone()),
            _ => None,
        })
    }
}

/// A context and what comes out of it.
pub fn context() -> (Context, Arc<Recorder>) {
    let recorder = Recorder::new(Unasked);
    (recorder.context(), recorder)
}
