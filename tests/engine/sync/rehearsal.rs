//! What a run has its target try before the first write in each way.

use std::collections::VecDeque;

use smime_sync::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Attribute, ChangeState, RunResult, Value},
    targets::{
        Match, Target, TargetQuery, TargetWrite,
        folder::Folder,
        rehearsal::{Rehearsal, Rehearsed, Tried, Verb, Way, try_ways},
    },
};
use tokio_util::sync::CancellationToken;

use super::{harness::*, through_folder::through_folder};

const VERBS: [Verb; 2] = [
    Verb { name: "Set-Person", keys: "p", whom: "person" },
    Verb { name: "Set-Room", keys: "r", whom: "room" },
];

/// What the target makes of a rehearsal; `Checked` where nothing is left to say.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Says {
    Checked,
    /// Success without a word, and nothing done.
    Silent,
    /// Success without a word, and it was carried out.
    Executed,
    /// The same, with somebody else's value.
    Garbled,
    Refused(ErrorId),
    /// The process dies, with everything carried out.
    Dies,
}

/// A folder that can try writes.
struct Trying {
    folder: Folder,
    says: VecDeque<Says>,
    /// Whether what a recipient is can be told without reading it.
    tells: bool,
    /// `try` and `write`, with whom and, of what was tried, the values.
    done: Vec<String>,
}

impl Trying {
    fn new(harness: &Harness, says: &[Says]) -> Self {
        let says = says.iter().copied().collect();
        Self { folder: Folder::new(&harness.out()), says, tells: true, done: Vec::new() }
    }
}

fn words<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let words = values.into_iter().map(|value| String::from_utf8_lossy(&value.bytes).into_owned());
    words.collect::<Vec<_>>().join("+")
}

impl Target for Trying {
    fn name(&self) -> String {
        "the service".into()
    }
    fn batch_size(&self) -> usize {
        10
    }
    through_folder!();
    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        self.folder.read(queries, context)
    }
    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        let names: Vec<&str> = writes.iter().map(|write| name(&write.query)).collect();
        self.done.push(format!("write {}", names.join(" ")));
        self.folder.write(writes, context)
    }
    /// It is the target that gives keys.
    fn key(&self, _query: &TargetQuery<'_>) -> Option<String> {
        None
    }
    fn has(&mut self, key: &str) -> Result<Option<bool>> {
        self.folder.has(key)
    }
    fn verbs(&mut self) -> &'static [Verb] {
        &VERBS
    }
    fn verb(&mut self, query: &TargetQuery<'_>) -> Option<&'static str> {
        let verb = VERBS.iter().find(|verb| name(query).starts_with(verb.keys))?;
        (self.tells || query.link.is_some()).then_some(verb.name)
    }
    fn rehearse(
        &mut self,
        rehearsals: &[Rehearsal<'_>],
        context: &Context,
    ) -> Result<Vec<Result<Rehearsed>>> {
        let mut answers = Vec::new();
        for Rehearsal { write, attribute } in rehearsals {
            let values = write.values.iter().filter(|value| value.attribute == *attribute);
            self.done.push(format!("try {} {}", name(&write.query), words(values)));
            let says = self.says.pop_front().unwrap_or(Says::Checked);
            let mut done = write.clone();
            if says == Says::Garbled {
                done.values = vec![value("x")];
            }
            if matches!(says, Says::Executed | Says::Garbled | Says::Dies) {
                self.folder.write(std::slice::from_ref(&done), context)?.remove(0)?;
            }
            answers.push(match says {
                Says::Checked => Ok(Rehearsed::Checked),
                Says::Silent | Says::Executed | Says::Garbled => Ok(Rehearsed::Unsure),
                Says::Refused(id) => Err(Error::new(id, "No.").advice("Ask for the role.")),
                Says::Dies => return Err(Error::new(ErrorId::Internal, "the process died")),
            });
        }
        Ok(answers)
    }
}

fn name<'a>(query: &TargetQuery<'a>) -> &'a str {
    query.recipient.label.split('@').next().unwrap()
}

/// Three people and a room, at the target with somebody else's value, since only who is there can be tried.
fn office() -> Harness {
    let names = ["p0", "p1", "p2", "r0"];
    let mut harness = Harness::new(names.iter().map(|name| person(name, &["f"])).collect());
    harness.profile.limits.removal_percent = 100;
    harness.run().ok();
    std::fs::remove_file(harness.state_path()).unwrap();
    harness.source.recipients = names.iter().map(|name| person(name, &["a"])).collect();
    harness
}

fn run(harness: &mut Harness, target: &mut Trying) -> Outcome {
    harness.run_to(target, CancellationToken::new())
}

#[test]
fn each_way_is_tried_once_with_what_is_to_be_there_before_anything_is_written() {
    for tells in [true, false] {
        let mut harness = office();
        let mut target = Trying { tells, ..Trying::new(&harness, &[]) };
        assert_eq!(run(&mut harness, &mut target).ok().result, RunResult::Success);
        assert_eq!(target.done, ["try p0 a+f", "try r0 a+f", "write p0 p1 p2 r0"], "{tells}");

        harness.source.recipients[1] = person("p1", &["b"]);
        let mut target = Trying::new(&harness, &[]);
        run(&mut harness, &mut target).ok();
        assert_eq!(target.done, ["write p1"], "the state remembers it");
    }
}

#[test]
fn a_refusal_stops_the_run_before_anything_was_written_and_the_next_one_tries_again() {
    let mut harness = office();
    let mut target = Trying::new(&harness, &[Says::Refused(ErrorId::ExchangeAccessDenied)]);
    let error = run(&mut harness, &mut target).run.unwrap_err();
    assert_eq!((error.id, error.target.as_deref()), (ErrorId::ExchangeAccessDenied, Some("p0@contoso.test")));
    let what = "the service would refuse what this run writes, and nothing was written (tried with p0@contoso.test): No.";
    assert_eq!((error.message.as_str(), error.advice.as_str()), (what, "Ask for the role."));
    assert_eq!(target.done, ["try p0 a+f", "try r0 a+f"]);
    assert_eq!(harness.changes(ChangeState::Pending).len(), 4, "nothing is in flight");

    let mut target = Trying::new(&harness, &[]);
    assert_eq!(run(&mut harness, &mut target).ok().result, RunResult::Success);
    assert_eq!(target.done, ["try p0 a+f", "try r0 a+f", "write p0 p1 p2 r0"]);
}

#[test]
fn one_recipient_that_is_refused_stops_nothing() {
    for id in [ErrorId::ExchangeRefused, ErrorId::RecipientDirectorySynced, ErrorId::RecipientNotFound] {
        let mut harness = office();
        let mut target = Trying::new(&harness, &[Says::Refused(id)]);
        assert_eq!(run(&mut harness, &mut target).ok().result, RunResult::Success, "{id:?}");
        assert_eq!(target.done[..3], ["try p0 a+f", "try r0 a+f", "try p1 a+f"], "{id:?}");
    }
    let mut harness = office();
    let refused = Says::Refused(ErrorId::ExchangeRefused);
    let mut target = Trying::new(&harness, &[refused, Says::Checked, refused, refused]);
    let error = run(&mut harness, &mut target).run.unwrap_err();
    assert_eq!((error.id, error.target.as_deref()), (ErrorId::ExchangeRefused, Some("p0@contoso.test")));
    assert!(!target.done.iter().any(|one| one.starts_with("write")), "{:?}", target.done);
}

#[test]
fn success_without_a_word_is_read_back() {
    for (says, expected) in
        [(Says::Silent, None), (Says::Executed, None), (Says::Garbled, Some(ErrorId::VerifyFailed))]
    {
        let mut harness = office();
        let mut target = Trying::new(&harness, &[says]);
        let outcome = run(&mut harness, &mut target);
        assert_eq!(outcome.run.as_ref().err().map(|error| error.id), expected, "{says:?}");
        if expected.is_none() {
            assert_eq!(harness.published("p0"), ["a", "f"], "{says:?}");
            assert_eq!(outcome.ok().numbers.exported, 4, "{says:?}");
        }
    }
}

#[test]
fn what_a_trial_has_carried_out_when_the_process_died_is_known_by_the_next_run() {
    let mut harness = office();
    let mut target = Trying::new(&harness, &[Says::Dies]);
    run(&mut harness, &mut target).run.unwrap_err();
    assert_eq!(harness.published("p0"), ["a", "f"]);
    harness.source.recipients[0].values.clear();
    let mut target = Trying::new(&harness, &[]);
    run(&mut harness, &mut target).ok();
    assert_eq!(harness.published("p0"), ["f"], "what the trial left was ours");
}

#[test]
fn what_nobody_agreed_to_is_not_even_tried() {
    let mut harness = office();
    harness.options.confirm = true;
    harness.decline = vec!["p0".into(), "p1".into(), "r0".into()];
    let mut target = Trying::new(&harness, &[]);
    run(&mut harness, &mut target).ok();
    assert_eq!(target.done, ["try p2 a+f", "write p2"]);

    let mut harness = office();
    harness.options.what_if = true;
    let mut target = Trying::new(&harness, &[]);
    run(&mut harness, &mut target).ok();
    assert!(target.done.is_empty(), "a preview tries nothing: {:?}", target.done);
}

#[test]
fn where_nobody_is_there_to_try_it_with_the_first_write_goes_alone() {
    let mut harness = Harness::new(["p0", "p1", "p2"].iter().map(|name| person(name, &["a"])).collect());
    let mut target = Trying::new(&harness, &[]);
    run(&mut harness, &mut target).ok();
    assert_eq!(target.done, ["write p0", "write p1 p2"]);
}

#[test]
fn another_target_is_tried_anew() {
    let mut harness = office();
    let mut target = Trying::new(&harness, &[]);
    run(&mut harness, &mut target).ok();
    let other = harness.home.path().join("other");
    std::fs::rename(harness.out(), &other).unwrap();
    harness.folder_mut().output.output_path = other;
    harness.source.recipients[0] = person("p0", &["b"]);
    let mut target = Trying::new(&harness, &[]);
    run(&mut harness, &mut target).ok();
    assert!(target.done[0].starts_with("try p0 b"), "{:?}", target.done);
}

#[test]
fn a_way_without_anybody_stays_untried() {
    let (context, _) = crate::common::events::context();
    let harness = office();
    let mut target = Trying::new(&harness, &[]);
    let way = Way { verb: "Set-Room", attribute: Attribute::UserCertificate };
    assert_eq!(try_ways(&mut target, &[(way, Vec::new())], &context).unwrap(), [Tried::Untried]);
}
