//! Whatever way the service is, everybody is published and cleared, or an error says why not and what to do.

mod list;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value as Json, json};
use smime_sync::{
    error::Error,
    model::{Attribute, Recipient, RunResult, Value},
    profile::SelectionName,
};

pub use self::list::{Flavour, all};
use super::{
    engine::{Office, Outcome, Way},
    organisation::*,
};
use crate::common::{certificates::SignedData, exchange::values};

const GOLDEN: &str = "tests/data/exchange-flavours.md";
const PEOPLE: usize = 45;
/// So many of them lose their certificates.
const LOSERS: usize = 20;
/// Seconds within which an error is told.
const PATIENCE: f64 = 10.0;

const HEAD: &str = "\
What a run of 45 recipients, and one in which 20 of them lose their certificates, does in each flavour of the service
(`tests/exchange/target/flavours/`). Written by the tests.

| flavour | published | cleared | result | error |
|---|---|---|---|---|
";

/// One to three values: of the one property, of the other, and of both.
fn values_of(number: usize) -> Vec<Value> {
    let address = format!("person{number}@contoso.test");
    let certificate = |serial| certificate(&address, serial);
    let user = |serial| Value::new(Attribute::UserCertificate, certificate(serial).as_slice());
    let smime = |serial| {
        let signed = SignedData::certs_only(&[&certificate(serial)]);
        Value::new(Attribute::UserSmimeCertificate, signed.as_slice())
    };
    match number % 3 {
        0 => vec![user(1)],
        1 => vec![smime(1), smime(2)],
        _ => vec![user(1), user(2), smime(3)],
    }
}

fn someone(number: usize) -> Recipient {
    Recipient { values: values_of(number), ..source(&format!("person{number}"), &[]) }
}

fn office(flavour: &Flavour) -> Office {
    let kind = |number: usize| ["UserMailbox", "MailUser", "MailContact"][number / (PEOPLE / 3)];
    let organisation = (0..PEOPLE).map(|number| {
        let is_refused = flavour.synced_unseen && number == PEOPLE - 1;
        recipient(&format!("person{number}"), kind(number), json!({ "SyncedUnseen": is_refused }))
    });
    let mut office = Office::new((0..PEOPLE).map(someone).collect(), organisation.collect());
    office.selection = SelectionName::AllUsable;
    flavour.apply(&office.stand_in);
    office
}

/// How many of them have exactly what they should.
fn right(office: &Office, numbers: impl Iterator<Item = usize>, wanted: fn(usize) -> Vec<Value>) -> usize {
    let all = office.stand_in.ask("GET", "/recipients", &Json::Null);
    let by_name: BTreeMap<&str, &Json> =
        all.as_array().unwrap().iter().map(|one| (one["Name"].as_str().unwrap(), one)).collect();
    let is_right = |number: &usize| {
        let one = by_name[format!("person{number}").as_str()];
        let of = |attribute| {
            let mut values: Vec<Vec<u8>> = wanted(*number)
                .into_iter()
                .filter(|value: &Value| value.attribute == attribute)
                .map(|value| value.bytes.to_vec())
                .collect();
            values.sort();
            values
        };
        let has = |name: &str| {
            let mut values = values(&one[name]);
            values.sort();
            values
        };
        has("UserCertificate") == of(Attribute::UserCertificate)
            && has("UserSMimeCertificate") == of(Attribute::UserSmimeCertificate)
    };
    numbers.filter(is_right).count()
}

/// The errors that a run told, the one that ended it first.
fn errors(outcome: &Outcome) -> Vec<Error> {
    outcome.run.as_ref().err().cloned().into_iter().chain(outcome.host.errors()).collect()
}

struct Row {
    flavour: &'static str,
    published: usize,
    cleared: Option<usize>,
    result: RunResult,
    errors: Vec<Error>,
    seconds: f64,
}

impl Row {
    /// Runs twice: everybody is published, then some lose what they have. The second run is left out where the first one
    /// left somebody without.
    fn of(flavour: &Flavour) -> Self {
        let mut office = office(flavour);
        let way = if flavour.session { Way::Session } else { Way::Online };
        let began = office.stand_in.now();
        let mut outcome = office.run(way);
        let published = right(&office, 0..PEOPLE, values_of);
        let mut cleared = None;
        let wanted = if flavour.synced_unseen { PEOPLE - 1 } else { PEOPLE };
        let first = errors(&outcome);
        assert_eq!(published == PEOPLE, succeeded(&outcome), "{}: {:?}", flavour.name, outcome.run);
        if published == wanted {
            for number in 0..LOSERS {
                // A third of each kind.
                office.source[number * 2].values.clear();
            }
            outcome = office.run(way);
            cleared = Some(right(&office, (0..LOSERS).map(|number| number * 2), |_| Vec::new()));
            let others = (0..PEOPLE).filter(|number| number % 2 == 1 || *number >= 2 * LOSERS);
            assert_eq!(
                right(&office, others, values_of),
                wanted - LOSERS,
                "{}: others keep theirs",
                flavour.name
            );
            let all_cleared = cleared == Some(LOSERS) && wanted == PEOPLE;
            assert_eq!(all_cleared, succeeded(&outcome), "{}: {:?}", flavour.name, outcome.run);
        }
        let seconds = office.stand_in.now() - began;
        let result = outcome.run.as_ref().map_or(RunResult::Stopped, |run| run.result);
        let errors = first.into_iter().chain(errors(&outcome)).collect();
        Self { flavour: flavour.name, published, cleared, result, errors, seconds }
    }

    /// Everything is done, or an error says what isn't, why, and what to do, soon.
    fn check(&self) {
        let name = self.flavour;
        if self.result == RunResult::Success {
            assert!(self.errors.is_empty(), "{name}: {:?}", self.errors);
            return;
        }
        assert!(!self.errors.is_empty(), "{name}: a run without success names what is wrong");
        for error in &self.errors {
            assert!(!error.message.is_empty() && !error.advice.is_empty(), "{name}: {error:?}");
        }
        assert!(self.seconds < PATIENCE, "{name}: {:.1} s until it is known", self.seconds);
    }

    fn line(&self) -> String {
        let mut ids: BTreeMap<String, usize> = BTreeMap::new();
        for error in &self.errors {
            *ids.entry(format!("{:?}", error.id)).or_default() += 1;
        }
        let ids: Vec<String> = ids.into_iter().map(|(id, count)| format!("{count} {id}")).collect();
        let cleared = self.cleared.map_or(String::new(), |count| format!("{count} of {LOSERS}"));
        format!(
            "| {} | {} of {PEOPLE} | {cleared} | {:?} | {} |",
            self.flavour,
            self.published,
            self.result,
            ids.join(", ")
        )
    }
}

fn succeeded(outcome: &Outcome) -> bool {
    outcome.run.as_ref().is_ok_and(|run| run.result == RunResult::Success)
}

/// All with `SMIME_SYNC_FLAVOURS=all`, as in the full tests; those whose names hold its text; without, the default and
/// one that is another each day.
fn chosen() -> Vec<Flavour> {
    let all = all();
    match std::env::var("SMIME_SYNC_FLAVOURS").as_deref() {
        Ok("all") => all,
        Ok(part) => all.into_iter().filter(|flavour| flavour.name.contains(part)).collect(),
        Err(_) => {
            let days = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
            let today = 1 + days as usize % (all.len() - 1);
            all.into_iter().enumerate().filter(|(n, _)| *n == 0 || *n == today).map(|(_, one)| one).collect()
        }
    }
}

#[test]
fn in_every_flavour_all_are_published_and_cleared_or_an_error_says_why_not() {
    let flavours = chosen();
    let is_whole = flavours.len() == all().len();
    let names: Vec<&str> = flavours.iter().map(|flavour| flavour.name).collect();
    println!("flavours: {}", if is_whole { "all".to_owned() } else { names.join(", ") });
    let mut table = HEAD.to_owned();
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    let mut wrong = Vec::new();
    for flavour in &flavours {
        let row = match std::panic::catch_unwind(|| Row::of(flavour)) {
            Ok(row) => row,
            Err(_) => {
                wrong.push(format!("{}: see above", flavour.name));
                continue;
            }
        };
        println!("{} {:.1} s |", row.line(), row.seconds);
        for error in row.errors.iter().take(2) {
            println!(
                "    {}: {} {}",
                error.target.as_deref().unwrap_or_default(),
                error.message,
                error.advice
            );
        }
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| row.check())).is_err() {
            wrong.push(format!("{}: see above", flavour.name));
        }
        writeln!(table, "{}", row.line()).unwrap();
        if !is_whole && !golden.lines().any(|line| line == row.line()) {
            wrong.push(format!("{GOLDEN} has another line for {}", flavour.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    if is_whole {
        crate::common::generated::compare_or_bless(GOLDEN, "exchange target::flavours", &table);
    }
}
