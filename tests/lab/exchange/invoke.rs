//! One command over REST: headers, body, rate, answer (docs/design/exchange-online.md §1.6).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    answer::Answer,
    body,
    clock::rfc3339,
    failure::Failure,
    faults::{self, FaultKind, Scope, When},
    gateway,
    object::{Command, Output, Page},
    rate::Verdict,
    render,
    settings::BatchOrder,
    world::{Record, Request, World},
    writes,
};

/// Pages hold so many unless `odata.maxpagesize` says otherwise.
const DEFAULT_PAGE: usize = 1000;

/// What the headers say about the answer.
struct Form {
    clixml: bool,
    page: usize,
    select: Option<Vec<String>>,
}

/// Runs one command, alone or inside a batch, and records it.
pub fn command(world: &mut World, request: &Request, tenant: &str, in_batch: bool) -> Answer {
    let cmdlet = request.header("x-cmdletname").unwrap_or_default().to_owned();
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
            gateway::throttled(world, seconds)
        }
        Verdict::Passed => match &fault {
            Some(fault) if fault.kind == FaultKind::Duplicate => {
                run(world, request, tenant);
                run(world, request, tenant)
            }
            Some(fault) if fault.kind == FaultKind::Stale => {
                let before = std::mem::replace(&mut world.settings.stale_seconds, fault.seconds);
                let answer = run(world, request, tenant);
                world.settings.stale_seconds = before;
                answer
            }
            Some(fault) if fault.kind == FaultKind::TokenExpiry => {
                world.tokens.clear();
                Answer::text(401, "").header("WWW-Authenticate", "Bearer error=\"invalid_token\"")
            }
            Some(fault) => {
                if fault.when == When::After {
                    run(world, request, tenant);
                }
                gateway::failing(world, fault.kind, fault.seconds)
            }
            None => run(world, request, tenant),
        },
    };
    let parameters = request.json().unwrap_or_default();
    let digest = Sha256::digest(parameters["CmdletInput"]["Parameters"].to_string());
    world.record(Record {
        time: rfc3339(world.now()),
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.shown_headers(),
        cmdlet: Some(cmdlet),
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

/// A batch answers in any order (docs/design/exchange-online.md §1.6, "Batching").
pub fn order(world: &mut World, responses: &mut [Value]) {
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

fn run(world: &mut World, request: &Request, tenant: &str) -> Answer {
    let done = check(world, request).and_then(|(command, form)| {
        let page = Page { skip: skip(request)?, size: form.page };
        let output = writes::run(world, &command, page)?;
        Ok(success(world, request, tenant, &output, &form))
    });
    done.unwrap_or_else(Failure::into_answer)
}

/// `Content-Type` and `Accept`.
pub fn check_content(request: &Request) -> Result<(), Failure> {
    let is_json = |value: &str| value.split(';').next().unwrap_or_default().trim() == "application/json";
    if !request.header("content-type").is_some_and(is_json) {
        return Err(Failure::request(415, "The Content-Type must be application/json."));
    }
    let accepts = |value: &str| value.split(',').any(|one| is_json(one) || one.trim().starts_with("*/*"));
    if !request.header("accept").is_some_and(accepts) {
        return Err(Failure::request(406, "The Accept header must name application/json."));
    }
    Ok(())
}

/// The headers of docs/design/exchange-online.md §1.6, "Request", and the body.
fn check(world: &World, request: &Request) -> Result<(Command, Form), Failure> {
    check_content(request)?;
    let refuse = |message: String| Err(Failure::request(400, message));
    let body =
        request.json().map_err(|error| Failure::request(400, format!("The body is no JSON: {error}.")))?;
    let command = body::command(&body, world.settings.byte_encoding)?;
    if request.header("x-cmdletname") != Some(&command.cmdlet) {
        return refuse("The header X-CmdletName must be the body's CmdletName.".into());
    }
    if !request.header("x-anchormailbox").is_some_and(is_anchor) {
        return refuse("The header X-AnchorMailbox is missing or has an unknown form.".into());
    }
    let clixml = match request.header("x-responseformat") {
        Some("clixml") => true,
        Some("json") => false,
        _ => return refuse("The header X-ResponseFormat must be clixml or json.".into()),
    };
    if !matches!(request.header("x-serializationlevel"), Some("Partial" | "Full")) {
        return refuse("The header X-SerializationLevel must be Partial or Full.".into());
    }
    if request.header("client-request-id").is_none_or(|id| uuid::Uuid::try_parse(id).is_err()) {
        return refuse("The header client-request-id must be a GUID.".into());
    }
    let page = page_size(request.header("prefer").unwrap_or_default());
    let Some(page) = page else { return refuse("The preference odata.maxpagesize must be a number.".into()) };
    let select = request.parameter("$select").filter(|text| !text.is_empty());
    let select = select.map(|text| text.split(',').map(|name| name.trim().to_owned()).collect());
    Ok((command, Form { clixml, page, select }))
}

/// `odata.maxpagesize` among the preferences; None if it is no number between 1 and 1000.
fn page_size(prefer: &str) -> Option<usize> {
    let mut size = DEFAULT_PAGE;
    for one in prefer.split([',', ';']) {
        let (name, value) = one.split_once('=').unwrap_or((one, ""));
        if name.trim().eq_ignore_ascii_case("odata.maxpagesize") {
            size = value.trim().parse().ok().filter(|number| *number > 0)?;
        }
    }
    Some(size.min(DEFAULT_PAGE))
}

/// docs/design/exchange-online.md §1.6, "Anchor".
fn is_anchor(value: &str) -> bool {
    let Some((form, rest)) = value.split_once(':') else { return false };
    let is_address =
        |text: &str| matches!(text.split_once('@'), Some((l, d)) if !l.is_empty() && !d.is_empty());
    let is_guid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
    match form.to_ascii_uppercase().as_str() {
        "UPN" | "SMTP" | "AAD-UPN" | "AAD-SMTP" => is_address(rest),
        "MBX" | "OID" => rest.split_once('@').is_some_and(|(id, org)| is_guid(id) && !org.is_empty()),
        "APP" => rest.starts_with("SystemMailbox{") && is_address(rest),
        "AAD" | "TID" => !rest.is_empty(),
        _ => false,
    }
}

/// A mark that names the body that it belongs to: a page is fetched with the same body again
/// (docs/design/exchange-online.md §1.6, "Paging").
fn skip_token(request: &Request, next: usize) -> String {
    let digest = hex::encode(Sha256::digest(&request.body));
    URL_SAFE_NO_PAD.encode(format!("{next}:{}", digest.get(..16).unwrap_or_default()))
}

fn skip(request: &Request) -> Result<usize, Failure> {
    let Some(token) = request.parameter("$skiptoken") else { return Ok(0) };
    let decoded = URL_SAFE_NO_PAD.decode(&token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let number = decoded.and_then(|text| text.split_once(':').and_then(|(number, _)| number.parse().ok()));
    number
        .filter(|number| skip_token(request, *number) == token)
        .ok_or_else(|| Failure::request(400, "The $skiptoken does not belong to this request's body."))
}

fn success(world: &World, request: &Request, tenant: &str, output: &Output, form: &Form) -> Answer {
    let select = form.select.as_deref();
    let value: Vec<Value> = output
        .objects
        .iter()
        .map(|object| match form.clixml {
            true => json!({ "_clixml": render::clixml(object, select) }),
            false => render::json(object, select, world.settings.binary_in_json),
        })
        .collect();
    let root = format!("{}/adminapi/beta/{tenant}", world.base);
    let mut body = json!({
        "@odata.context": format!("{root}/$metadata#Collection(Exchange.GenericHashTable)"),
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": output.warnings,
    });
    if let Some(next) = output.next {
        let mut link = format!("{root}/InvokeCommand?");
        if let Some(select) = select {
            link.push_str(&format!("$select={}&", select.join(",")));
        }
        link.push_str(&format!("$skiptoken={}", skip_token(request, next)));
        body["@odata.nextLink"] = link.into();
    }
    body["value"] = value.into();
    Answer::json(200, &body)
}
