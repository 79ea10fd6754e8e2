//! Several commands in one request (docs/design/exchange-online.md §1.6, "Batching"): ten at most, each with its own
//! headers; answers in any order.

use serde_json::{Map, Value, json};

use super::{
    access,
    answer::Answer,
    failure::Failure,
    faults, invoke,
    settings::{BatchOrder, ContinueOnError, InnerAuthorization, RestOfBatch},
    world::{Request, World},
};

/// The preference of the batch itself.
const GOES_ON: &str = "odata.continue-on-error";

pub fn answer(world: &mut World, request: &Request, tenant: &str) -> Answer {
    match read(world, request) {
        Ok(inner) => run(world, request, tenant, inner),
        Err(failure) => invoke::refuse(world, request, failure),
    }
}

struct Inner {
    id: String,
    request: Request,
}

fn read(world: &World, request: &Request) -> Result<Vec<Inner>, Failure> {
    invoke::check_content(request, false)?;
    let wrong = |what: String| Failure::request(400, format!("The batch request is wrong: {what}."));
    let body = request.json().map_err(|error| wrong(error.to_string()))?;
    let outer = body.as_object().filter(|object| object.len() == 1);
    let requests = outer.and_then(|object| object.get("requests")).and_then(Value::as_array);
    let requests = requests.ok_or_else(|| wrong("it must hold requests and nothing else".into()))?;
    if requests.is_empty() || requests.len() > 10 {
        return Err(wrong(format!("{} requests instead of 1 to 10", requests.len())));
    }
    let mut inner: Vec<Inner> = Vec::new();
    for one in requests {
        let read = read_one(world, request, one).ok_or_else(|| {
            wrong("each request needs id, method POST, url of InvokeCommand, headers and body".into())
        })?;
        if inner.iter().any(|other| other.id == read.id) {
            return Err(wrong(format!("the id '{}' comes twice", read.id)));
        }
        inner.push(read);
    }
    Ok(inner)
}

/// A request inside a batch, which has its own headers only; at most the token is the batch's.
fn read_one(world: &World, outer: &Request, one: &Value) -> Option<Inner> {
    let object = one.as_object()?;
    if object.keys().any(|key| !["id", "method", "url", "headers", "body"].contains(&key.as_str())) {
        return None;
    }
    let id = object.get("id")?.as_str().filter(|id| !id.is_empty())?.to_owned();
    let method = object.get("method")?.as_str().filter(|method| *method == "POST")?.to_owned();
    // OData JSON Format 4.01 §19.1: absolute, an absolute path, or relative to the batch's address.
    let root = reqwest::Url::parse(&format!("http://localhost{}", outer.path)).ok()?;
    let url = root.join(object.get("url")?.as_str()?).ok()?;
    let expected = outer.path.replace("%24batch", "$batch").replace("$batch", "InvokeCommand");
    if url.path() != expected {
        return None;
    }
    let mut headers = Vec::new();
    for (name, value) in object.get("headers")?.as_object()? {
        headers.push((name.to_ascii_lowercase(), value.as_str()?.to_owned()));
    }
    let has_own = headers.iter().any(|(name, _)| name == "authorization");
    if world.settings.inner_authorization == InnerAuthorization::Inherited && !has_own {
        headers.extend(outer.headers.iter().filter(|(name, _)| name == "authorization").cloned());
    }
    let body = serde_json::to_vec(object.get("body")?).ok()?;
    let query = url.query().unwrap_or_default().to_owned();
    Some(Inner { id, request: Request { method, path: url.path().to_owned(), query, headers, body } })
}

fn run(world: &mut World, outer: &Request, tenant: &str, inner: Vec<Inner>) -> Answer {
    let outer_goes_on = outer.header("prefer") == Some(GOES_ON);
    let mut responses = Vec::new();
    let mut stopped = false;
    let mut delay: f64 = 0.0;
    for one in inner {
        if stopped {
            if world.settings.rest_of_batch == RestOfBatch::Failed {
                let text = "The request was not run because an earlier one of the batch failed.";
                let failure =
                    Failure::new(424, "Microsoft.OData.ODataException", "OperationStopped", text.into());
                responses.push(response(&one.id, failure.into_answer(world, &one.request)));
            }
            continue;
        }
        let refused = match world.settings.inner_authorization {
            InnerAuthorization::SingleOnly => Err(access::unauthorized("A command must be sent alone")),
            _ => access::check_token(world, &one.request, tenant),
        };
        let answer = match refused {
            Ok(()) => invoke::command(world, &one.request, tenant, true),
            Err(refusal) => invoke::record(world, &one.request, *refusal, true, None),
        };
        let asked = outer_goes_on && prefers_to_go_on(&one.request);
        stopped =
            answer.status >= 400 && (world.settings.continue_on_error == ContinueOnError::Never || !asked);
        delay = delay.max(answer.delay);
        responses.push(response(&one.id, answer));
    }
    order(world, &mut responses);
    let answer = Answer { delay, ..Answer::json(200, &json!({ "responses": responses })) };
    invoke::with_rate_headers(world, answer)
}

/// Exactly `odata.maxpagesize=N;odata.continue-on-error`.
fn prefers_to_go_on(inner: &Request) -> bool {
    let prefer = inner.header("prefer").and_then(|prefer| prefer.split_once(';'));
    prefer.is_some_and(|(page, rest)| {
        let number = page.strip_prefix("odata.maxpagesize=").and_then(|number| number.parse::<usize>().ok());
        number.is_some_and(|number| number > 0) && rest == GOES_ON
    })
}

fn response(id: &str, answer: Answer) -> Value {
    let headers: Map<String, Value> =
        answer.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    let mut response = json!({ "id": id, "status": answer.status, "headers": headers });
    if !answer.body.is_empty() {
        let text = String::from_utf8_lossy(&answer.body);
        response["body"] = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_ref()));
    }
    response
}

/// A batch answers in any order.
fn order(world: &mut World, responses: &mut [Value]) {
    match world.settings.batch_order {
        BatchOrder::AsSent => {}
        BatchOrder::Reversed => responses.reverse(),
        BatchOrder::Shuffled => {
            for last in (1..responses.len()).rev() {
                responses.swap(last, faults::below(&mut world.faults, last + 1));
            }
        }
    }
}
