//! Plans that a wrong clock made, and what the check of a profile says of the dates of its file.

use std::{
    fs::File,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use smime_sync::{error::ErrorId, event::ResultType};

use super::sync::{Home, generate, sync};

/// Dates the file so many seconds after now, or before it.
fn date_file(home: &Home, seconds: i64) {
    let (now, apart) = (SystemTime::now(), Duration::from_secs(seconds.unsigned_abs()));
    let time = if seconds < 0 { now - apart } else { now + apart };
    let file = File::options().write(true).open(home.path("directory.ldif")).unwrap();
    file.set_modified(time).unwrap();
}

fn approve(home: &Home, plan: i64) -> (ErrorId, String) {
    let (done, _) = home.ask(json!({"Operation": "ApprovePlan", "ProfileName": "corp", "Id": plan}));
    let error = done.unwrap_err();
    (error.id, error.message)
}

#[test]
fn a_plan_that_is_held_for_the_dates_of_the_source_cannot_be_approved() {
    for (settings, age, why) in [
        (json!({}), 3600, "This machine's clock ("),
        (json!({"MaximumSourceAge": 3600}), -7200, "longer ago than -MaximumSourceAge allows (1 hour)."),
    ] {
        let home = Home::new();
        generate(&home, 20, 1);
        home.results(ResultType::Profile, home.profile(settings));
        date_file(&home, age);
        let run = &home.results(ResultType::Run, sync(json!({})))[0];
        assert_eq!((&run["Result"], &run["HoldReasons"]), (&json!("Held"), &json!(["SourceTime"])), "{run}");
        let (id, message) = approve(&home, 1);
        assert_eq!(id, ErrorId::PlanNotApprovable);
        assert!(message.starts_with("The plan 1 can't be approved: ") && message.contains(why), "{message}");
        date_file(&home, 0);
        let run = &home.results(ResultType::Run, sync(json!({})))[0];
        assert_eq!(run["Result"], "Success", "{run}");
    }
}

#[test]
fn a_plan_from_the_future_cannot_be_approved() {
    let home = Home::new();
    generate(&home, 60, 1);
    home.results(ResultType::Profile, home.profile(json!({})));
    home.results(ResultType::Run, sync(json!({})));
    std::fs::write(home.path("directory.ldif"), "version: 1\n").unwrap();
    assert_eq!(home.results(ResultType::Run, sync(json!({})))[0]["Result"], "Held");
    // As a clock that is ahead would have dated it.
    let state = rusqlite::Connection::open(home.path("state").join("corp.db")).unwrap();
    let later = "UPDATE run SET record = json_set(record, '$.Started', '2090-01-01T00:00:00Z') WHERE id = 2";
    state.execute(later, []).unwrap();
    drop(state);
    let void =
        "Plan 2 can't be approved: the plan was made at 2090-01-01 00:00 UTC, by a clock that was wrong.";
    assert_eq!(approve(&home, 2), (ErrorId::PlanVoid, void.to_owned()));
}

#[test]
fn the_check_of_a_profile_compares_the_clock_with_the_date_of_its_file() {
    let home = Home::new();
    generate(&home, 20, 1);
    home.results(ResultType::Profile, home.profile(json!({"MaximumSourceAge": 172_800})));
    for (age, result, message, advice) in [
        (-3600, "Passed", "The source has no clock of its own; its file was written at ", ""),
        (3600, "Failed", "This machine's clock (", ErrorId::ClockSkew.advice()),
        (
            -180_000,
            "Failed",
            "longer ago than -MaximumSourceAge allows (2 days).",
            ErrorId::SourceTooOld.advice(),
        ),
    ] {
        date_file(&home, age);
        let checks =
            home.results(ResultType::ProfileTest, json!({"Operation": "TestProfile", "ProfileName": "corp"}));
        let clock: &Value = checks.iter().find(|check| check["Check"] == "Clock").unwrap();
        assert_eq!((&clock["Result"], &clock["Advice"]), (&json!(result), &json!(advice)), "{clock}");
        assert!(clock["Message"].as_str().unwrap().contains(message), "{clock}");
    }
}
