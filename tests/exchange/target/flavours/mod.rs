//! Whatever way the service is, everybody is published and cleared, or an error says why not and what to do.

mod list;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::{Value as Json, json};
use smime_sync::{
    error::{Error, ErrorId},
    model::{Attribute, Fingerprint, Recipient, RunResult, Value},
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
/// The same where it may only be late.
const PATIENCE_FOR_LATE: f64 = 130.0;

const HEAD: &str = "\
What a run of 45 recipients, and one in which 20 of them lose their certificates, does in each flavour of the service
(`tests/exchange/target/flavours/`). Written by the tests.

| flavour | published | cleared | result | error |
|---|---|---|---|---|
";

/// One to three values: of one property, or of both.
fn values_of(number: usize) -> Vec<Value> {
    let address = format!("person{number}@contoso.test");
    // Of two as good ones that of the lower fingerprint is the best, and only the best is passed on in the other property.
    let mut certificates = [1, 2].map(|serial| certificate(&address, serial));
    certificates.sort_by_key(|der| Fingerprint::of(der));
    let [best, other] = certificates;
    let user = |der: &[u8]| Value::new(Attribute::UserCertificate, der);
    let smime = Value::new(Attribute::UserSmimeCertificate, SignedData::certs_only(&[&best]).as_slice());
    match number % 3 {
        0 => vec![user(&best)],
        1 => vec![user(&best), smime],
        _ => vec![user(&best), user(&other), smime],
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
    flavour.disturb(&office.stand_in);
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

/// The errors that a run told, each once.
fn errors(outcome: &Outcome) -> Vec<Error> {
    let mut errors = outcome.host.errors();
    errors.extend(outcome.run.as_ref().err().cloned());
    let mut seen = BTreeSet::new();
    errors.retain(|error| seen.insert(error.message.clone()));
    errors
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
        let mut told = errors(&outcome);
        let first_result = result(&outcome);
        assert!(
            !succeeded(&outcome) || published == PEOPLE,
            "{}: {published}, {:?}",
            flavour.name,
            outcome.run
        );
        if published == wanted {
            for number in 0..LOSERS {
                // A third of each kind.
                office.source[number * 2].values.clear();
            }
            outcome = office.run(way);
            told.extend(errors(&outcome));
            cleared = Some(right(&office, (0..LOSERS).map(|number| number * 2), |_| Vec::new()));
            let others = (0..PEOPLE).filter(|number| number % 2 == 1 || *number >= 2 * LOSERS);
            assert_eq!(
                right(&office, others, values_of),
                wanted - LOSERS,
                "{}: others keep theirs",
                flavour.name
            );
            let all_cleared = cleared == Some(LOSERS) && wanted == PEOPLE;
            assert!(!succeeded(&outcome) || all_cleared, "{}: {cleared:?}, {:?}", flavour.name, outcome.run);
        }
        let seconds = office.stand_in.now() - began;
        let results = [first_result, result(&outcome)];
        let result = results.into_iter().find(|one| *one != RunResult::Success).unwrap_or(RunResult::Success);
        Self { flavour: flavour.name, published, cleared, result, errors: told, seconds }
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
        // A service that shows nothing may show it late; that is not known sooner.
        let is_waiting = self.errors.iter().all(|error| error.id == ErrorId::TargetUnreadable);
        let patience = if is_waiting { PATIENCE_FOR_LATE } else { PATIENCE };
        assert!(self.seconds < patience, "{name}: {:.1} s until it is known", self.seconds);
    }

    fn line(&self) -> String {
        // Each error counts once a recipient.
        let mut ids: BTreeMap<String, BTreeSet<&Option<String>>> = BTreeMap::new();
        for error in &self.errors {
            ids.entry(format!("{:?}", error.id)).or_default().insert(&error.target);
        }
        let ids: Vec<String> =
            ids.into_iter().map(|(id, targets)| format!("{} {id}", targets.len())).collect();
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

fn result(outcome: &Outcome) -> RunResult {
    outcome.run.as_ref().map_or(RunResult::Stopped, |run| run.result)
}

fn succeeded(outcome: &Outcome) -> bool {
    result(outcome) == RunResult::Success
}

/// All with `SMIME_SYNC_FLAVOURS=all`, as in the full tests; those of its names, with `;` between; without, the default and one that is another
/// each day. `among` says which of them there are to choose from.
pub fn chosen(among: impl Fn(&Flavour) -> bool) -> Vec<Flavour> {
    let all: Vec<Flavour> = all().into_iter().filter(among).collect();
    let flavours: Vec<Flavour> = match std::env::var("SMIME_SYNC_FLAVOURS").as_deref() {
        Ok("all") => all,
        Ok(names) => {
            let named = |flavour: &Flavour| names.split(';').any(|name| name.trim() == flavour.name);
            all.into_iter().filter(named).collect()
        }
        Err(_) => {
            let days = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
            let today = 1 + days as usize % (all.len() - 1);
            all.into_iter().enumerate().filter(|(n, _)| *n == 0 || *n == today).map(|(_, one)| one).collect()
        }
    };
    assert!(!flavours.is_empty(), "SMIME_SYNC_FLAVOURS names no flavour");
    println!("flavours: {}", flavours.iter().map(|one| one.name).collect::<Vec<_>>().join("; "));
    flavours
}

fn golden() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Whether everybody is published and cleared in this flavour, over REST.
pub fn publishes(flavour: &Flavour) -> bool {
    let line = format!("| {} | {PEOPLE} of {PEOPLE} | {LOSERS} of {LOSERS} | Success |", flavour.name);
    !flavour.session && golden().lines().any(|one| one.starts_with(&line))
}

#[test]
fn in_every_flavour_all_are_published_and_cleared_or_an_error_says_why_not() {
    let flavours = chosen(|_| true);
    let is_whole = flavours.len() == all().len();
    let mut table = HEAD.to_owned();
    let mut wrong = Vec::new();
    for flavour in &flavours {
        let checked = std::panic::catch_unwind(|| {
            let row = Row::of(flavour);
            println!("{} {:.1} s |", row.line(), row.seconds);
            for error in row.errors.iter().take(2) {
                let target = error.target.as_deref().unwrap_or_default();
                println!("    {target}: {} {}", error.message, error.advice);
            }
            row.check();
            row.line()
        });
        match checked {
            Ok(line) if is_whole || golden().lines().any(|one| one == line) => {
                writeln!(table, "{line}").unwrap();
            }
            Ok(_) => wrong.push(format!("{GOLDEN} has another line for {}", flavour.name)),
            Err(_) => wrong.push(format!("{}: see above", flavour.name)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    if is_whole {
        crate::common::generated::compare_or_bless(GOLDEN, "exchange target::flavours", &table);
    }
}
