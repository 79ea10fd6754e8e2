//! `adminapi/beta`: what every request to it must be, before a command runs (docs/design/exchange-online.md §1.6).

use serde_json::{Value, json};

use super::{
    answer::Answer,
    failure::Failure,
    faults::{FaultKind, Rule, Scope, When},
    invoke,
    settings::ForbiddenBody,
    world::{Record, Request, World},
};

/// The two paths below `/adminapi/beta/{tenant}/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    InvokeCommand,
    Batch,
}

/// Answers a request; puts the planned fault in its way and records it.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    world.statistics.requests += 1;
    let fault = choose_fault(world, request);
    let (answer, commands_recorded) = with_fault(world, request, fault.as_ref());
    if !commands_recorded || fault.is_some() {
        record(world, request, &answer, fault.as_ref());
    }
    let base = answer.header("request-id", uuid::Uuid::new_v4().to_string());
    match request.header("client-request-id") {
        Some(id) => base.header("client-request-id", id),
        None => base,
    }
}

fn choose_fault(world: &mut World, request: &Request) -> Option<Rule> {
    let mut cmdlets = Vec::new();
    if world.faults.asks_for_cmdlets() {
        cmdlets.extend(request.header("x-cmdletname").map(str::to_owned));
        if let Ok(body) = request.json() {
            let inner = body["requests"].as_array().into_iter().flatten();
            let name = |one: &Value| one["body"]["CmdletInput"]["CmdletName"].as_str().map(str::to_owned);
            cmdlets.extend(inner.filter_map(name));
        }
    }
    let cmdlets: Vec<&str> = cmdlets.iter().map(String::as_str).collect();
    let fault = world.faults.choose(Scope::Request, &cmdlets)?;
    *world.statistics.faults.entry(format!("{:?}", fault.kind)).or_default() += 1;
    Some(fault)
}

/// The answer, and whether it is in the records already.
fn with_fault(world: &mut World, request: &Request, fault: Option<&Rule>) -> (Answer, bool) {
    let Some(fault) = fault else { return carry_out(world, request) };
    match fault.kind {
        FaultKind::TokenExpiry => {
            world.tokens.clear();
            return carry_out(world, request);
        }
        FaultKind::Duplicate => {
            carry_out(world, request);
            return carry_out(world, request);
        }
        FaultKind::Stale => {
            let before = std::mem::replace(&mut world.settings.stale_seconds, fault.seconds);
            let done = carry_out(world, request);
            world.settings.stale_seconds = before;
            return done;
        }
        _ => {}
    }
    let always = matches!(fault.kind, FaultKind::Truncated | FaultKind::Slow);
    let done = (always || fault.when == When::After).then(|| carry_out(world, request));
    let recorded = done.as_ref().is_some_and(|(_, recorded)| *recorded);
    let mut answer = done.map_or_else(|| Answer::text(500, ""), |(answer, _)| answer);
    match fault.kind {
        FaultKind::Reset => answer.reset = true,
        FaultKind::Truncated => answer.truncated = true,
        FaultKind::Slow => answer.delay = fault.seconds,
        FaultKind::Nul => answer.body = vec![0; 64],
        kind => answer = failing(world, kind, fault.seconds),
    }
    (answer, recorded)
}

/// An answer that comes from the gateway itself.
pub fn failing(world: &mut World, kind: FaultKind, seconds: f64) -> Answer {
    match kind {
        FaultKind::TooManyRequests => throttled(world, seconds.ceil().max(1.0) as u32),
        FaultKind::BadGateway => Answer::html(502, "502 Bad Gateway"),
        FaultKind::GatewayTimeout => Answer::html(504, "504 Gateway Time-out"),
        _ => Answer::html(503, "Service Unavailable"),
    }
}

/// docs/design/exchange-online.md §1.6, "Retry": 429 waits `Retry-After` seconds.
pub fn throttled(world: &mut World, seconds: u32) -> Answer {
    let now = world.now();
    world.rate.announce(now + f64::from(seconds), now);
    let failure = Failure::new(
        429,
        "Microsoft.Exchange.Data.Storage.OverBudgetException",
        "LimitsExceeded",
        "The server cannot service this request right now. Try again later.".into(),
    );
    failure.into_answer().header("Retry-After", seconds.to_string())
}

fn record(world: &mut World, request: &Request, answer: &Answer, fault: Option<&Rule>) {
    let record = Record {
        time: super::clock::rfc3339(world.now()),
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.shown_headers(),
        cmdlet: None,
        in_batch: false,
        parameters_digest: None,
        status: if answer.reset { 0 } else { answer.status },
        fault: fault.map(|fault| format!("{:?}", fault.kind)),
    };
    world.record(record);
}

/// The answer, and whether its command is in the records already.
fn carry_out(world: &mut World, request: &Request) -> (Answer, bool) {
    let (tenant, operation) = match admit(world, request) {
        Ok(admitted) => admitted,
        Err(refusal) => return (*refusal, false),
    };
    match operation {
        Operation::InvokeCommand => (invoke::command(world, request, &tenant, false), true),
        Operation::Batch => {
            world.statistics.batches += 1;
            (batch(world, request, &tenant), false)
        }
    }
}

/// Path, redirect, bearer and role.
fn admit(world: &mut World, request: &Request) -> Result<(String, Operation), Box<Answer>> {
    let mut parts = request.path.strip_prefix("/adminapi/beta/").unwrap_or_default().splitn(2, '/');
    let tenant = parts.next().unwrap_or_default().to_owned();
    let operation = match parts.next() {
        Some("InvokeCommand") => Operation::InvokeCommand,
        Some("$batch" | "%24batch") => Operation::Batch,
        _ => return Err(Box::new(Answer::html(404, "Not Found"))),
    };
    if request.method != "POST" {
        return Err(Box::new(Answer::html(405, "Method Not Allowed").header("Allow", "POST")));
    }
    if let Some(redirect) = redirect(world, request) {
        return Err(Box::new(redirect));
    }
    authorize(world, request, &tenant)?;
    Ok((tenant, operation))
}

/// docs/design/exchange-online.md §1.6, "Redirects": a regional host and an affinity cookie, which is needed from then
/// on.
fn redirect(world: &mut World, request: &Request) -> Option<Answer> {
    let redirect = world.settings.redirect.as_ref()?;
    let cookies = request.headers.iter().filter(|(name, _)| name == "cookie");
    if cookies.into_iter().any(|(_, value)| value.contains("exchangecookie=stand-in")) {
        return None;
    }
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let location = format!("{}{}{query}", redirect.location.trim_end_matches('/'), request.path);
    let answer = Answer::text(redirect.status, "")
        .header("Location", location)
        .header("Set-Cookie", "exchangecookie=stand-in; path=/; secure; HttpOnly");
    world.statistics.redirects += 1;
    Some(answer)
}

/// docs/design/exchange-online.md §1.6, "Status": 401 without a valid token or without the app role, 403 without the
/// directory role.
fn authorize(world: &World, request: &Request, tenant: &str) -> Result<(), Box<Answer>> {
    let unauthorized = |reason: &str| {
        let challenge = format!(
            "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", error=\"invalid_token\", \
             error_description=\"{reason}\""
        );
        Box::new(Answer::text(401, "").header("WWW-Authenticate", challenge))
    };
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = bearer.and_then(|bearer| world.tokens.get(bearer)).ok_or_else(|| unauthorized("unknown"))?;
    if token.expires <= world.now() {
        return Err(unauthorized("The token has expired"));
    }
    if !world.is_tenant(tenant) || !world.is_tenant(&token.tenant) {
        return Err(unauthorized("The token is for another tenant"));
    }
    if !world.settings.has_app_role {
        return Err(unauthorized("The token has no app role"));
    }
    if !world.settings.has_directory_role {
        return Err(Box::new(match world.settings.forbidden_body {
            ForbiddenBody::Nul => Answer::new(403, "application/json", vec![0; 32]),
            ForbiddenBody::Html => Answer::html(403, "Forbidden"),
            ForbiddenBody::Json => Failure::new(
                403,
                "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException",
                "PermissionDenied",
                "The role assigned to the application isn't supported in this scenario.".into(),
            )
            .into_answer(),
        }));
    }
    Ok(())
}

/// docs/design/exchange-online.md §1.6, "Batching": ten at most; answers in any order.
fn batch(world: &mut World, request: &Request, tenant: &str) -> Answer {
    match read_batch(request) {
        Ok(inner) => run_batch(world, request, tenant, inner),
        Err(failure) => failure.into_answer(),
    }
}

struct Inner {
    id: String,
    request: Request,
}

fn read_batch(request: &Request) -> Result<Vec<Inner>, Failure> {
    invoke::check_content(request)?;
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
        let read = read_inner(request, one).ok_or_else(|| {
            wrong("each request needs id, method POST, url of InvokeCommand, headers and body".into())
        })?;
        if inner.iter().any(|other| other.id == read.id) {
            return Err(wrong(format!("the id '{}' comes twice", read.id)));
        }
        inner.push(read);
    }
    Ok(inner)
}

/// A request inside a batch: its own headers before those of the batch, except for the cmdlet's name.
fn read_inner(outer: &Request, one: &Value) -> Option<Inner> {
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
    headers.extend(outer.headers.iter().filter(|(name, _)| name != "x-cmdletname").cloned());
    let body = serde_json::to_vec(object.get("body")?).ok()?;
    let query = url.query().unwrap_or_default().to_owned();
    Some(Inner { id, request: Request { method, path: url.path().to_owned(), query, headers, body } })
}

fn run_batch(world: &mut World, outer: &Request, tenant: &str, inner: Vec<Inner>) -> Answer {
    let prefer = outer.header("prefer").unwrap_or_default().to_ascii_lowercase();
    let goes_on = prefer.contains("odata.continue-on-error");
    let mut responses = Vec::new();
    for one in inner {
        let answer = invoke::command(world, &one.request, tenant, true);
        let failed = answer.status >= 400;
        responses.push(inner_response(&one.id, answer));
        // OData 4.01 §8.2.8.3: without the preference, the first error ends the batch.
        if failed && !goes_on {
            break;
        }
    }
    invoke::order(world, &mut responses);
    let answer = Answer::json(200, &json!({ "responses": responses }));
    invoke::with_rate_headers(world, answer)
}

fn inner_response(id: &str, answer: Answer) -> Value {
    let headers: serde_json::Map<String, Value> =
        answer.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    let text = String::from_utf8_lossy(&answer.body);
    let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_ref()));
    json!({ "id": id, "status": answer.status, "headers": headers, "body": body })
}
