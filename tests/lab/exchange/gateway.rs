//! `adminapi/beta`: what every request to it must be, before a command runs (docs/design/exchange-online.md §1.6).

use serde_json::Value;

use super::{
    access,
    answer::Answer,
    batch,
    failure::Failure,
    faults::{FaultKind, Rule, Scope, When},
    invoke,
    world::{Record, Request, World},
    writes,
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
    if world.faults.asks_for_cmdlets()
        && let Ok(body) = request.json()
    {
        cmdlets.extend(body["CmdletInput"]["CmdletName"].as_str().map(str::to_owned));
        let inner = body["requests"].as_array().into_iter().flatten();
        let name = |one: &Value| one["body"]["CmdletInput"]["CmdletName"].as_str().map(str::to_owned);
        cmdlets.extend(inner.filter_map(name));
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
        kind => answer = failing(world, request, kind, fault.seconds),
    }
    (answer, recorded)
}

/// An answer that comes from the gateway itself.
pub fn failing(world: &mut World, request: &Request, kind: FaultKind, seconds: f64) -> Answer {
    if let Some(failure) = transient(kind) {
        return failure.into_answer(world, request);
    }
    match kind {
        FaultKind::TooManyRequests => throttled(world, request, seconds.ceil().max(1.0) as u32),
        FaultKind::BadGateway => Answer::html(502, "502 Bad Gateway"),
        FaultKind::GatewayTimeout => Answer::html(504, "504 Gateway Time-out"),
        _ => Answer::html(503, "Service Unavailable"),
    }
}

/// docs/design/exchange-online.md §1.6, "Retry": 429 waits `Retry-After` seconds.
pub fn throttled(world: &mut World, request: &Request, seconds: u32) -> Answer {
    let now = world.now();
    world.rate.announce(now + f64::from(seconds), now);
    let failure = Failure::new(
        429,
        "Microsoft.Exchange.Data.Storage.OverBudgetException",
        "LimitsExceeded",
        "The server cannot service this request right now. Try again later.".into(),
    );
    failure.into_answer(world, request).header("Retry-After", seconds.to_string())
}

/// docs/design/exchange-online.md §1.6, "Transient": by name, even on 400.
fn transient(kind: FaultKind) -> Option<Failure> {
    let (exception, text) = match kind {
        FaultKind::ServerBusy => {
            ("Microsoft.Exchange.Data.Directory.ServerBusyException", "The server is too busy.")
        }
        FaultKind::CmdletProxyNotAvailable => (
            "Microsoft.Exchange.Configuration.CmdletProxyNotAvailableFailure",
            "The server that runs the command isn't available.",
        ),
        FaultKind::TransientException => {
            ("Microsoft.Exchange.Data.Common.TransientException", "The command couldn't be completed now.")
        }
        FaultKind::BackendCommunication => (
            "Microsoft.Exchange.Configuration.BackendCommunicationException",
            "The server that runs the command couldn't be reached.",
        ),
        FaultKind::TooManyConcurrent => (
            "Microsoft.Exchange.AdminApi.TenantRequestsException",
            "The maximum number of concurrent requests per tenant has been reached.",
        ),
        FaultKind::UnableToWriteToAad => {
            let text =
                format!("{} The issue may be transient. Please retry in a few minutes.", writes::DUAL_WRITE);
            return Some(Failure::new(400, writes::UNABLE_TO_WRITE, "InvalidOperation", text));
        }
        _ => return None,
    };
    Some(Failure::new(400, exception, "ResourceUnavailable", text.to_owned()))
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
            (batch::answer(world, request, &tenant), false)
        }
    }
}

/// Path, redirect, bearer and role. Only `beta` answers.
fn admit(world: &mut World, request: &Request) -> Result<(String, Operation), Box<Answer>> {
    if request.path.starts_with("/adminapi/v1.0/") {
        return Err(Box::new(Answer::html(405, "Method Not Allowed")));
    }
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
    access::check(world, request, &tenant)?;
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
