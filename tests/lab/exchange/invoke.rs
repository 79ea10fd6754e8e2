//! One command over REST: headers, body, rate, answer (docs/design/exchange-online.md §1.6).

use serde_json::{Value, json};
use sha2_of_lab::{Digest as _, Sha256};

use super::{
    access, anchor,
    answer::Answer,
    body,
    clock::rfc3339,
    failure::Failure,
    faults::{FaultKind, Rule, Scope, When},
    gateway,
    object::{Command, Output, Page},
    pages,
    rate::Verdict,
    render::{self, Shown},
    settings::{SelectInClixml, WarningsIn, WriteAnswer},
    world::{Record, Request, World},
    writes,
};

/// What the headers say about the answer.
struct Form {
    clixml: bool,
    page: usize,
    select: Option<Vec<String>>,
}

/// Runs one command, alone or inside a batch, and records it.
pub fn command(world: &mut World, request: &Request, tenant: &str, in_batch: bool) -> Answer {
    let cmdlet = cmdlet_of(request);
    if world.rate.is_beyond_announced(&world.clock, world.settings.network_allowance) {
        world.statistics.beyond_announced_limit += 1;
    }
    let fault = world.faults.choose(Scope::Command, &[&cmdlet]);
    if let Some(fault) = &fault {
        *world.statistics.faults.entry(format!("{:?}", fault.kind)).or_default() += 1;
    }
    let now = world.now();
    let answer = match world.rate.take(world.settings.rate_limit.as_ref(), now) {
        Verdict::Refused(seconds) => {
            world.statistics.throttled += 1;
            gateway::throttled(world, request, seconds)
        }
        Verdict::Passed => match &fault {
            Some(fault) => with_fault(world, request, tenant, in_batch, fault),
            None => run(world, request, tenant, in_batch),
        },
    };
    record(world, request, answer, in_batch, fault)
}

fn with_fault(world: &mut World, request: &Request, tenant: &str, in_batch: bool, fault: &Rule) -> Answer {
    match fault.kind {
        FaultKind::Duplicate => {
            run(world, request, tenant, in_batch);
            run(world, request, tenant, in_batch)
        }
        FaultKind::Stale => {
            let before = std::mem::replace(&mut world.settings.stale_seconds, fault.seconds);
            let answer = run(world, request, tenant, in_batch);
            world.settings.stale_seconds = before;
            answer
        }
        FaultKind::TokenExpiry => {
            world.tokens.clear();
            *access::unauthorized("The token has expired")
        }
        kind => {
            if fault.when == When::After {
                run(world, request, tenant, in_batch);
            }
            gateway::failing(world, request, kind, fault.seconds)
        }
    }
}

/// The cmdlet of the body, whatever the headers say.
fn cmdlet_of(request: &Request) -> String {
    let body = request.json().unwrap_or_default();
    body["CmdletInput"]["CmdletName"].as_str().unwrap_or_default().to_owned()
}

/// Notes a command and its answer; the answer with the headers of the rate.
pub fn record(
    world: &mut World,
    request: &Request,
    answer: Answer,
    in_batch: bool,
    fault: Option<Rule>,
) -> Answer {
    let parameters = request.json().unwrap_or_default();
    let digest = Sha256::digest(parameters["CmdletInput"]["Parameters"].to_string());
    world.record(Record {
        time: rfc3339(world.now()),
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.shown_headers(),
        cmdlet: Some(cmdlet_of(request)),
        in_batch,
        parameters_digest: Some(hex::encode(digest)),
        status: answer.status,
        fault: fault.map(|fault| format!("{:?}", fault.kind)),
    });
    with_rate_headers(world, answer)
}

/// docs/design/exchange-online.md §1.6, "Rate headers".
pub fn with_rate_headers(world: &mut World, answer: Answer) -> Answer {
    let (clock, busy) = (world.clock, world.concurrency);
    world.rate.describe(answer, world.settings.rate_limit.as_ref(), &clock, busy)
}

/// The answer to what was refused; what no source has is counted by what is said against it.
pub fn refuse(world: &mut World, request: &Request, failure: Failure) -> Answer {
    if failure.is_misunderstood {
        *world.statistics.misunderstood.entry(failure.message.clone()).or_default() += 1;
    }
    failure.into_answer(world, request)
}

fn run(world: &mut World, request: &Request, tenant: &str, in_batch: bool) -> Answer {
    let (command, form) = match check(world, request, in_batch) {
        Ok(checked) => checked,
        Err(failure) => return refuse(world, request, failure),
    };
    if world.settings.missing_cmdlets.iter().any(|name| name.eq_ignore_ascii_case(&command.cmdlet)) {
        return access::forbidden(world, request);
    }
    let is_write = !command.cmdlet.to_ascii_lowercase().starts_with("get-");
    let anchored = if is_write { anchor::check_write(world, request) } else { Ok(()) };
    let done = anchored.and_then(|()| {
        let page = Page { from: pages::from(request)?, size: form.page };
        writes::run(world, &command, page)
    });
    match done {
        Ok(output) => success(world, request, tenant, &output, &form, is_write),
        Err(failure) => refuse(world, request, failure),
    }
}

/// `Content-Type` and `Accept`, which a command inside a batch need not have.
pub fn check_content(request: &Request, in_batch: bool) -> Result<(), Failure> {
    let is_json = |value: &str| value.split(';').next().unwrap_or_default().trim() == "application/json";
    if !request.header("content-type").map_or(in_batch, is_json) {
        return Err(Failure::request(415, "The Content-Type must be application/json."));
    }
    let accepts = |value: &str| value.split(',').any(|one| is_json(one) || one.trim().starts_with("*/*"));
    if !request.header("accept").map_or(in_batch, accepts) {
        return Err(Failure::request(406, "The Accept header must name application/json."));
    }
    Ok(())
}

/// The headers of docs/design/exchange-online.md §1.6, "Request", and the body.
fn check(world: &World, request: &Request, in_batch: bool) -> Result<(Command, Form), Failure> {
    check_content(request, in_batch)?;
    let refuse = |message: &str| Err(Failure::request(400, message));
    let body =
        request.json().map_err(|error| Failure::request(400, format!("The body is no JSON: {error}.")))?;
    let command = body::command(&body, world.settings.byte_encoding)?;
    if request.header("x-cmdletname").is_some_and(|name| name != command.cmdlet) {
        return refuse("The header X-CmdletName must be the body's CmdletName.");
    }
    anchor::check(world, request)?;
    let clixml = match request.header("x-responseformat") {
        Some("clixml") => true,
        Some("json") | None => false,
        _ => return refuse("The header X-ResponseFormat must be clixml or json."),
    };
    if !matches!(request.header("x-serializationlevel"), Some("Partial" | "Full") | None) {
        return refuse("The header X-SerializationLevel must be Partial or Full.");
    }
    let id = request.header("client-request-id");
    if !id.map_or(in_batch, |id| uuid::Uuid::try_parse(id).is_ok()) {
        return refuse("The header client-request-id must be a GUID.");
    }
    let Some(page) = pages::size(request.header("prefer").unwrap_or_default()) else {
        return refuse("The preference odata.maxpagesize must be a number from 1 to 1000.");
    };
    let select = request.parameter("$select").filter(|text| !text.is_empty());
    let select: Option<Vec<String>> =
        select.map(|text| text.split(',').map(|name| name.trim().to_owned()).collect());
    if clixml && select.is_some() && world.settings.select_in_clixml == SelectInClixml::Refused {
        return refuse("The query option '$select' is not supported with X-ResponseFormat clixml.");
    }
    let page = page.min(world.settings.largest_page);
    Ok((command, Form { clixml, page, select }))
}

fn success(
    world: &World,
    request: &Request,
    tenant: &str,
    output: &Output,
    form: &Form,
    is_write: bool,
) -> Answer {
    let settings = &world.settings;
    let in_header = settings.warnings_in == WarningsIn::Header;
    let says_nothing = is_write && output.objects.is_empty() && output.confirmation.is_none();
    let answer = match settings.write_answer {
        WriteAnswer::NoContent if says_nothing => Answer::empty(204),
        WriteAnswer::Empty if says_nothing => Answer::empty(200),
        _ => {
            let body = success_body(world, request, tenant, output, form);
            match &output.trouble {
                Some(trouble) => pages::disturb(trouble, body),
                None => Answer::json(200, &body),
            }
        }
    };
    // HTTP carries no line break in a header.
    let line = |text: &String| text.replace('\n', " ");
    let warnings = output.warnings.iter().filter(|_| in_header).map(line);
    warnings.fold(answer, |answer, warning| answer.header("X-Warnings", warning))
}

fn success_body(world: &World, request: &Request, tenant: &str, output: &Output, form: &Form) -> Value {
    let settings = &world.settings;
    let select = form.select.as_deref();
    let missing = if form.clixml { &settings.missing_in_clixml } else { &settings.missing_in_json };
    let shown = Shown { select, missing };
    // In this format the only property is `_clixml`, which `$select` does not name.
    let dropped = select.is_some() && settings.select_in_clixml == SelectInClixml::Dropped;
    let objects = output.objects.iter();
    let value: Vec<Value> = objects
        .map(|object| match form.clixml {
            true if dropped => json!({}),
            true => json!({ "_clixml": render::clixml(object, &shown, settings.binary_in_clixml) }),
            false => render::json(object, &shown, settings.binary_in_json),
        })
        .collect();
    let root = format!("{}/adminapi/beta/{tenant}", world.base);
    let mut body = json!({
        "@odata.context": format!("{root}/$metadata#Collection(Exchange.GenericHashTable)"),
    });
    if settings.warnings_in == WarningsIn::Body {
        body["adminapi.warnings@odata.type"] = "#Collection(String)".into();
        body["@adminapi.warnings"] = json!(output.warnings);
    }
    if let Some(confirmation) = &output.confirmation {
        body["@adminapi.confirmationmessage"] = confirmation.as_str().into();
    }
    if let Some(next) = output.next {
        body["@odata.nextLink"] = pages::link(world, request, tenant, next, select).into();
    }
    body["value"] = value.into();
    body
}
