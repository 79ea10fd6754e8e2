//! Answers that say nothing, or something of somebody else: nobody is taken for absent, or for cleared, because of one.

use serde_json::{Value as Json, json};
use smime_sync::{
    directory::Selection,
    error::{ErrorId, Result},
    event::Context,
    exchange::{CmdletChannel, Command, Location, Object, Output, dialect::Dialect},
    model::{Recipient, RunResult, Timestamp},
    targets::{Target, exchange::Exchange},
};

use super::{
    engine::{Office, Outcome, Way},
    organisation::*,
};

/// What comes instead of the answers, once it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Instead {
    /// Success, and nothing.
    Nothing,
    /// What was answered about somebody else.
    OfOthers,
}

/// A channel between which and the service something else answers, from the first command that begins with `from` on.
struct Odd {
    inner: Box<dyn CmdletChannel>,
    instead: Instead,
    from: &'static str,
    begun: bool,
}

impl CmdletChannel for Odd {
    fn name(&self) -> String {
        self.inner.name()
    }
    fn location(&mut self, context: &Context) -> Result<Location> {
        self.inner.location(context)
    }
    fn batch_size(&self) -> usize {
        self.inner.batch_size()
    }
    fn invoke(&mut self, commands: &[Command], context: &Context) -> Result<Vec<Result<Output>>> {
        self.begun |= commands.iter().any(|command| command.cmdlet.starts_with(self.from));
        let is_one = |command: &Command| command.cmdlet == "Get-OrganizationConfig";
        match self.instead {
            Instead::Nothing if self.begun && !commands.iter().any(is_one) => {
                Ok(commands.iter().map(|_| Ok(Output::default())).collect())
            }
            Instead::OfOthers if self.begun && commands.iter().all(|one| one.cmdlet.starts_with("Get-")) => {
                let mut answers = self.inner.invoke(commands, context)?;
                answers.rotate_left(1);
                Ok(answers)
            }
            _ => self.inner.invoke(commands, context),
        }
    }
    fn has_pages(&self) -> bool {
        self.inner.has_pages()
    }
    fn list(
        &mut self,
        command: &Command,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<()> {
        match self.instead {
            Instead::Nothing if self.begun => Ok(()),
            _ => self.inner.list(command, context, sink),
        }
    }
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        self.inner.clock(context)
    }
    fn dialect(&mut self) -> Option<&mut Dialect> {
        self.inner.dialect()
    }
}

fn run_oddly(office: &Office, way: Way, instead: Instead, from: &'static str) -> Outcome {
    let host = office.host();
    let inner = office.channel(way, &host);
    let odd = Odd { inner, instead, from, begun: false };
    let mut target = Exchange::new(Box::new(odd), &office.settings.contacts);
    office.run_with(way, &mut target, host)
}

const KINDS: [&str; 3] = ["UserMailbox", "MailUser", "MailContact"];

/// As many people with a certificate each, of all kinds in turn, whom the organisation has.
fn office(people: usize) -> Office {
    let organisation: Vec<Json> =
        (0..people).map(|n| recipient(&format!("u{n}"), KINDS[n % 3], json!({}))).collect();
    Office::at_speed(source_of(people), organisation, 200.0)
}

fn source_of(people: usize) -> Vec<Recipient> {
    (0..people).map(|n| person(&format!("u{n}"))).collect()
}

/// How many of them have values.
fn published(office: &Office, people: usize) -> usize {
    let has = |n: &usize| office.published(&format!("u{n}@contoso.test")).is_some_and(|all| !all.is_empty());
    (0..people).filter(has).count()
}

#[test]
fn a_removal_that_nothing_reads_back_is_not_done_and_is_done_by_the_next_run() {
    for way in Way::ALL {
        let mut office = office(6);
        assert_eq!(office.run(way).exported(), 6, "{way:?}");
        (0..3).for_each(|n| office.source[n] = source(&format!("u{n}"), &[]));
        let odd = run_oddly(&office, way, Instead::Nothing, "Set-");
        let error = odd.run.unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeProtocol, "{way:?}: {error}");
        assert!(error.message.contains("can't be read back, so the run stops"), "{way:?}: {error}");
        assert_eq!(published(&office, 6), 6, "{way:?}");
        let good = office.run(way);
        assert_eq!(good.ok().result, RunResult::Success, "{way:?}");
        assert_eq!(published(&office, 6), 3, "{way:?}");
    }
}

#[test]
fn nobody_is_absent_because_an_answer_says_nothing() {
    for way in Way::ALL {
        // A few are asked for one by one, many are listed.
        for new in [3, 25] {
            let mut office = office(6 + new);
            office.source = source_of(6);
            assert_eq!(office.run(way).exported(), 6, "{way:?}");
            office.source = source_of(6 + new);
            let odd = run_oddly(&office, way, Instead::Nothing, "Get-");
            match &odd.run {
                Ok(run) => {
                    let numbers = &run.numbers;
                    assert_eq!((numbers.excluded, numbers.errors), (0, 3), "{way:?}");
                    assert_eq!(odd.host.error_ids(), [ErrorId::ExchangeProtocol], "{way:?}: told once");
                }
                Err(error) => {
                    assert_eq!(error.id, ErrorId::ExchangeProtocol, "{way:?}: {error}");
                    assert!(error.message.contains("lists nobody at all, though 6"), "{way:?}: {error}");
                }
            }
            assert_eq!(odd.run.is_err(), new > 20, "{way:?}");
            assert_eq!(office.run(way).exported(), new as u64, "{way:?}: they are looked for at once");
        }
    }
}

#[test]
fn a_target_that_lists_nobody_is_no_empty_one_where_some_are_known_to_be_there() {
    for way in Way::ALL {
        let office = office(3);
        let host = office.host();
        for (published, fails) in [(0, false), (3, true)] {
            let odd = Odd {
                inner: office.channel(way, &host),
                instead: Instead::Nothing,
                from: "Get-",
                begun: true,
            };
            let mut target = Exchange::new(Box::new(odd), &office.settings.contacts);
            target.expect(published);
            let read = target.read_all(&Selection::All, &host.context(), &mut |_| panic!("nobody is there"));
            assert_eq!(read.map_err(|error| error.id).is_err(), fails, "{way:?} {published}");
        }
    }
}

#[test]
fn an_answer_about_somebody_else_is_an_error_and_changes_nothing() {
    for way in Way::ALL {
        let mut office = office(9);
        assert_eq!(office.run(way).exported(), 9, "{way:?}");
        office.options.verify = true;
        let odd = run_oddly(&office, way, Instead::OfOthers, "Get-");
        let numbers = &odd.ok().numbers;
        assert_eq!((numbers.drifted, numbers.excluded, numbers.exported), (0, 0, 0), "{way:?}");
        assert_eq!(numbers.errors, 9, "{way:?}");
        let errors = odd.host.errors();
        assert_eq!(errors.len(), 1, "{way:?}: {errors:?}");
        assert!(errors[0].message.contains("8 other recipients"), "{way:?}: {errors:?}");
        assert!(errors[0].message.contains("another recipient"), "{way:?}: {errors:?}");
        office.source.clear();
        office.options.verify = false;
        office.source = (0..9).map(|n| source(&format!("u{n}"), &[])).collect();
        office.run(way).ok();
        assert_eq!(published(&office, 9), 0, "{way:?}: everything is still known");
    }
}

#[test]
fn values_that_can_be_read_in_no_form_end_the_run_before_more_than_the_first_are_written() {
    for settings in
        [json!({ "BinaryInClixml": "TypeName" }), json!({ "MissingInClixml": ["UserCertificate"] })]
    {
        let office = office(45);
        office.stand_in.settings(settings.clone());
        for _ in 0..3 {
            let outcome = office.run(Way::Online);
            let error = outcome.run.unwrap_err();
            assert_eq!(error.id, ErrorId::ExchangeProtocol, "{settings}: {error}");
            let came = ["'System.Byte[]'", "left out 'UserCertificate'; what came is "];
            assert!(came.iter().any(|came| error.message.contains(came)), "{settings}: {error}");
            assert!(error.message.contains("writes anything more") || error.message.contains("nothing more"));
            assert!(error.advice.contains("ExchangeSession"), "{settings}: {error:?}");
            assert!(outcome.host.errors().is_empty(), "{settings}: one error: {:?}", outcome.host.errors());
            let written = published(&office, 45);
            assert!((1..=3).contains(&written), "{settings}: {written}");
        }
        office.stand_in.settings(json!({ "BinaryInClixml": "Bytes", "MissingInClixml": [] }));
        assert_eq!(office.run(Way::Online).ok().result, RunResult::Success);
        assert_eq!(published(&office, 45), 45);
    }
}
