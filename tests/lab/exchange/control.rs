//! The control side: plain HTTP on the loopback interface, JSON in and out, for tests only.
//!
//! | request | does |
//! |---|---|
//! | `PUT /settings` | changes the settings that it names; `GET` shows all |
//! | `PUT /application` | registers the application with its certificates |
//! | `POST /recipients` | adds or replaces the recipients of a list; `GET` shows all, `DELETE` removes all |
//! | `PUT /faults` | a new plan, counted from now on |
//! | `POST /clock` | `Time`, `Advance` (seconds) and `Speed`; `GET` shows the time |
//! | `GET /requests[?count]` | what came, or only how much; `DELETE` forgets it and the statistics |
//! | `GET /statistics` | counters |
//! | `POST /session` | a cmdlet as the admin's session runs it |
//! | `POST /stop` | ends the stand-in |

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    clock::rfc3339,
    directory::Recipient,
    faults::{Faults, Plan},
    session,
    settings::{Application, Settings},
    world::{Request, Statistics, World},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ClockChange {
    /// Seconds since 1970.
    time: Option<f64>,
    advance: Option<f64>,
    speed: Option<f64>,
}

/// Answers on the control port; `/stop` is the listener's business.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    if (request.method.as_str(), request.path.as_str()) == ("POST", "/session") {
        return session::answer(world, request);
    }
    match change(world, request) {
        Ok(shown) => Answer::json(200, &shown),
        Err(message) => Answer::json(400, &json!({ "Error": message })),
    }
}

fn change(world: &mut World, request: &Request) -> Result<Value, String> {
    let text = |error: serde_json::Error| error.to_string();
    let done = || Ok(json!({}));
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/settings") => serde_json::to_value(&world.settings).map_err(text),
        ("PUT" | "POST", "/settings") => {
            let mut merged = serde_json::to_value(&world.settings).map_err(text)?;
            merge(&mut merged, request.json().map_err(text)?);
            world.settings = serde_json::from_value::<Settings>(merged).map_err(text)?;
            done()
        }
        ("PUT" | "POST", "/application") => {
            world.application = Some(serde_json::from_slice::<Application>(&request.body).map_err(text)?);
            done()
        }
        ("GET", "/recipients") => {
            serde_json::to_value(world.directory.all().collect::<Vec<_>>()).map_err(text)
        }
        ("PUT" | "POST", "/recipients") => {
            let recipients: Vec<Recipient> = serde_json::from_slice(&request.body).map_err(text)?;
            for recipient in recipients {
                world.directory.add(recipient, f64::NEG_INFINITY);
            }
            Ok(json!({ "Count": world.directory.len() }))
        }
        ("DELETE", "/recipients") => {
            world.directory.clear();
            done()
        }
        ("PUT" | "POST", "/faults") => {
            let plan: Plan = serde_json::from_slice(&request.body).map_err(text)?;
            world.faults = Faults::new(plan)?;
            done()
        }
        ("GET", "/clock") => Ok(clock(world)),
        ("PUT" | "POST", "/clock") => {
            let change: ClockChange = serde_json::from_slice(&request.body).map_err(text)?;
            world.clock.set(change.time, change.advance, change.speed);
            Ok(clock(world))
        }
        ("GET", "/requests") if request.query == "count" => Ok(json!({ "Count": world.records.len() })),
        ("GET", "/requests") => serde_json::to_value(&world.records).map_err(text),
        ("DELETE", "/requests") => {
            world.records.clear();
            world.statistics = Statistics::default();
            done()
        }
        ("GET", "/statistics") => serde_json::to_value(&world.statistics).map_err(text),
        (method, path) => Err(format!("There is no {method} {path}.")),
    }
}

fn clock(world: &World) -> Value {
    json!({ "Time": world.now(), "Text": rfc3339(world.now()), "Speed": world.clock.speed() })
}

/// Puts the fields of one object over those of another, objects inside them too.
fn merge(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                merge(below.entry(name).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
