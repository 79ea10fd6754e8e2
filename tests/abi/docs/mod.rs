//! The committed `docs/abi.md` is what header, types and error table say. `SMIME_SYNC_BLESS=1` writes it anew.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use smime_sync::{
    error::{Error, ErrorId},
    event::{Answer, ErrorBody, Event, Progress, Question, ResultType},
    ffi::contract::{
        SMIME_ANSWERS_LIMIT, SMIME_CONFIG_LIMIT, SMIME_REQUEST_LIMIT, SMIME_SECRET_LIMIT,
        SMIME_SECRET_NAME_LIMIT,
    },
    model::{Change, Difference, RecipientCertificate, Run, TrustStore},
    operation::{EngineConfig, Request, request::RESULT_TYPES, test_profile::ProfileTest},
    policy::Rule,
    profile::Profile,
};
use strum::VariantArray as _;

use render::{Types, drop_variant, keep_reachable};

mod header;
mod render;

/// Adds the schema of a result object, with its fields' types, and returns its name.
fn result_schema(kind: ResultType, generator: &mut SchemaGenerator) -> &'static str {
    match kind {
        ResultType::Run => add::<Run>(generator, "Run"),
        ResultType::Change => add::<Change>(generator, "Change"),
        ResultType::Certificate => add::<RecipientCertificate>(generator, "RecipientCertificate"),
        ResultType::Difference => add::<Difference>(generator, "Difference"),
        ResultType::Profile => add::<Profile>(generator, "Profile"),
        ResultType::ProfileTest => add::<ProfileTest>(generator, "ProfileTest"),
        ResultType::Rule => add::<Rule>(generator, "Rule"),
        ResultType::TrustStore => add::<TrustStore>(generator, "TrustStore"),
    }
}

fn add<T: schemars::JsonSchema>(generator: &mut SchemaGenerator, name: &'static str) -> &'static str {
    generator.subschema_for::<T>();
    assert_eq!(T::schema_name(), name);
    name
}

const INTRODUCTION: &str = "\
# The C interface and its JSON

Generated from `include/smime_sync.h`, the types in `src/` and the table of errors; \
after a change there: `SMIME_SYNC_BLESS=1 cargo test --test abi docs`.

A host loads the library `smime_sync` (`libsmime_sync.so`, `smime_sync.dll`), creates an engine, starts a task with \
a request, and pulls events until it is finished. `tests/c/drive.c` is a complete host.
";

const JSON_RULES: &str = "\
## JSON

UTF-8, fields in any order. In requests, answers and the configuration an unknown field is an error, and a field \
that is not required has the default shown, or stands for nothing. In events and result objects new fields may \
appear with any version: skip what you don't know; a field without a value is `null` or left out. Times are RFC 3339 in UTC, to the second. A `?` after a type \
says that the value may be `null`.
";

fn document() -> String {
    let types = &mut types();
    let header = header::Header::read();
    let mut parts = vec![INTRODUCTION.to_owned(), header.rules(), calls(&header), JSON_RULES.to_owned()];
    parts.push(types.variants("Request", "Requests", "Operation") + &example(&request_example()));
    parts.push(types.section("EngineConfig", "##", "Configuration of an engine"));
    parts.push(types.section("Answer", "##", "Answers") + &example(&[Answer::approval(1, true)]));
    parts.push(types.variants("Event", "Events", "Event") + &example(&event_example()));
    parts.push("## Result objects\n".to_owned());
    parts.extend(results().map(|(title, name)| types.section(name, "###", &title)));
    parts.push("## Errors\n".to_owned());
    parts.push(types.section("ErrorBody", "###", "ErrorBody") + &example(&error_example()) + &error_table());
    types.drop_type("ErrorId");
    parts.push("## Other types\n".to_owned());
    parts.push(types.rest());
    parts.join("\n")
}

fn types() -> Types {
    let mut inputs = SchemaSettings::draft2020_12().into_generator();
    add::<Request>(&mut inputs, "Request");
    add::<EngineConfig>(&mut inputs, "EngineConfig");
    add::<Answer>(&mut inputs, "Answer");
    let mut outputs = SchemaSettings::draft2020_12().for_serialize().into_generator();
    add::<Event>(&mut outputs, "Event");
    add::<ErrorBody>(&mut outputs, "ErrorBody");
    for kind in RESULT_TYPES {
        result_schema(*kind, &mut outputs);
    }
    let mut inputs = inputs.take_definitions(true);
    // What a caller of a release can't ask for, whether the tests were built like one or not.
    drop_variant(&mut inputs, "Request", "Fault");
    keep_reachable(&mut inputs, &["Request", "EngineConfig", "Answer"]);
    Types::new(inputs, outputs.take_definitions(true))
}

/// The types of results as events name them, with the names of their schemas.
fn results() -> impl Iterator<Item = (String, &'static str)> {
    let mut generator = SchemaGenerator::default();
    RESULT_TYPES.iter().map(move |kind| (format!("{kind:?}"), result_schema(*kind, &mut generator)))
}

/// The schemas of results: their names, in the order of [`RESULT_TYPES`], and all types by name.
pub fn result_schemas() -> (Vec<&'static str>, serde_json::Map<String, serde_json::Value>) {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let names = RESULT_TYPES.iter().map(|kind| result_schema(*kind, &mut generator)).collect();
    (names, generator.take_definitions(true))
}

fn calls(header: &header::Header) -> String {
    let limits = [
        ("the configuration of an engine", SMIME_CONFIG_LIMIT),
        ("a request", SMIME_REQUEST_LIMIT),
        ("a batch of answers", SMIME_ANSWERS_LIMIT),
        ("a secret's name", SMIME_SECRET_NAME_LIMIT),
        ("a secret", SMIME_SECRET_LIMIT),
    ];
    let limits: String = limits.iter().map(|(what, limit)| format!("| {what} | {limit} |\n")).collect();
    format!(
        "All functions but the first return an `smime_status`: `SMIME_STATUS_OK` (0), from `smime_task_next` \
         `SMIME_STATUS_EVENTS` (1), `SMIME_STATUS_TIMEOUT` (2) or `SMIME_STATUS_FINISHED` (3), and on failure \
         `SMIME_STATUS_ERROR` (-1). The header has the details.\n\n{}\n| at most | bytes |\n|---|---|\n{limits}",
        header.functions()
    )
}

fn example(value: &impl serde::Serialize) -> String {
    format!("\n```json\n{}\n```\n", serde_json::to_string_pretty(value).unwrap())
}

fn request_example() -> serde_json::Value {
    let request = serde_json::json!({
        "Operation": "Sync", "ProfileName": "corp", "Credential": {"UserName": "sync@contoso.test"}, "WhatIf": true
    });
    serde_json::from_value::<Request>(request.clone()).unwrap();
    request
}

fn event_example() -> [Event; 3] {
    let activity = "Import".to_owned();
    let target = "alice@contoso.test".to_owned();
    let action = "Add 1 certificate".to_owned();
    [
        Event::Progress(Progress {
            activity,
            done: 500,
            total: Some(2000),
            rate: 250.0,
            seconds_left: Some(6),
        }),
        Event::Question(Question { id: 1, ..Question::approve(target, action) }),
        Event::Finished { error: None },
    ]
}

fn error_example() -> ErrorBody {
    Error::new(ErrorId::ProfileNotFound, "There is no profile 'corp'.").target("corp").into()
}

fn error_table() -> String {
    let row = |id: &ErrorId| {
        format!("| {} | `{}` | `{}` | {} |\n", id.code(), id.name(), id.category(), id.advice())
    };
    let rows: String = ErrorId::VARIANTS.iter().map(row).collect();
    format!(
        "\n### ErrorId\nNumbers go by area: 1000 calls, 2000 configuration, 3000 certificates, 4000 trust, 5000 directory, \
         6000 Exchange Online, 7000 state, 8000 sync, 9000 bugs of the library. A number is never used again \
         for something else.\n\n| `Code` | `Id` | `Category` | what to do |\n|---|---|---|---|\n{rows}"
    )
}

#[test]
fn the_committed_page_is_that_of_the_sources() {
    crate::common::generated::compare_or_bless("docs/abi.md", "abi docs", &document());
}

#[test]
fn error_numbers_rise_and_no_id_is_without_advice() {
    let codes: Vec<u32> = ErrorId::VARIANTS.iter().map(|id| id.code()).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    for id in ErrorId::VARIANTS {
        assert!(id.advice().ends_with('.'), "{id:?}");
    }
}

#[test]
fn every_field_and_value_is_described() {
    let page = document();
    let bare: Vec<&str> = page.lines().filter(|line| line.ends_with("|  |")).collect();
    assert_eq!(bare, Vec::<&str>::new());
}
