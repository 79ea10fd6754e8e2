//! Answers: JSON, or CLIXML inside of JSON (docs/design/exchange-online.md §1.6, "Read, json format", "Paging",
//! "Warnings").

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    error::{Error, ErrorId, Result},
    exchange::{Object, Output, Property, clixml, failure},
};

/// Properties whose values are bytes.
pub const BINARY: &[&str] = &["UserCertificate", "UserSMimeCertificate", "SMIMECertificateIssuingCA"];

/// What helps where the service shows values in no form.
const NO_VALUES: &str = "What is published can't be read this way. Publish with -Target ExchangeSession, and report the \
                         text of this error.";

/// What a successful answer holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub output: Output,
    /// The address of the next page.
    pub next: Option<String>,
    /// What the cmdlet reported as errors, in the form of a failure's body.
    pub errors: Option<Value>,
    /// What was asked for and is not there, or can't be read.
    pub lacks: Option<Error>,
}

/// What of an answer is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The properties that are kept; none: no objects.
    pub select: &'static [&'static str],
    /// Whether an answer without them is none: the Guid and whatever holds bytes.
    pub strict: bool,
    /// Binary values only as their number.
    pub counts_only: bool,
    /// Whether an answer without values is none.
    pub holds_values: bool,
    /// Whether something is to be seen: an answer without `value` says nothing then, and not that there is nothing.
    pub reads: bool,
}

/// Reads the body of an answer with a good status.
/// Fails with `ExchangeProtocol`, saying what came instead.
pub fn read(body: &[u8], wanted: Wanted) -> Result<Page> {
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => from_value(&value, wanted),
        _ => Err(unexpected(body)),
    }
}

/// The same for a body that is JSON already, as in a batch.
pub fn from_value(body: &Value, wanted: Wanted) -> Result<Page> {
    let Some(object) = body.as_object() else { return Err(unexpected(body.to_string().as_bytes())) };
    let mut objects = Vec::new();
    let items = match object.get("value") {
        _ if wanted.select.is_empty() => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(Value::Null) | None => &[],
        Some(item) => std::slice::from_ref(item),
    };
    let read = items.iter().try_for_each(|item| one(item, wanted, &mut objects));
    let read = read.and_then(|()| objects.iter().try_for_each(|object| check(object, wanted)));
    let foreign = is_foreign(object, wanted).then(|| unexpected(body.to_string().as_bytes()));
    let lacks = foreign.or(read.err());
    let texts = |name: &str| object.get(name).map(texts).unwrap_or_default();
    let errors = texts("@adminapi.errors");
    let confirmation = texts("@adminapi.confirmationmessage");
    let confirmation = Some(confirmation.join(" ")).filter(|text| !text.is_empty());
    Ok(Page {
        lacks,
        output: Output { objects, warnings: texts("@adminapi.warnings"), confirmation },
        next: object.get("@odata.nextLink").and_then(Value::as_str).map(str::to_owned),
        errors: (!errors.is_empty()).then(|| json!({ "error": { "message": errors.join(" ") } })),
    })
}

/// Whether JSON is none of the service's: an error under a good status, or what says nothing of what was asked.
fn is_foreign(body: &Map<String, Value>, wanted: Wanted) -> bool {
    let has = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    let is_known = |name: &String| name == "value" || name.starts_with('@');
    // Whoever was to do something need not say anything.
    let is_empty_success = !wanted.reads && (body.is_empty() || body.keys().any(is_known));
    has("error") || !(has("value") || is_empty_success)
}

/// The error for a body that is not what was expected.
pub fn unexpected(body: &[u8]) -> Error {
    Error::new(ErrorId::ExchangeProtocol, format!("Exchange Online answered with {}.", failure::came(body)))
}

/// Texts, or objects with a message.
fn texts(value: &Value) -> Vec<String> {
    let text = |one: &Value| {
        let text = one.as_str().or_else(|| one.get("message").or_else(|| one.get("Message"))?.as_str());
        text.map(str::to_owned).unwrap_or_else(|| one.to_string())
    };
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

/// The objects of one item, of which only what was asked for is kept: CLIXML has all properties.
fn one(item: &Value, wanted: Wanted, objects: &mut Vec<Object>) -> Result<()> {
    let read = match item {
        Value::Object(members) => match members.get("_clixml").and_then(Value::as_str) {
            Some(text) => clixml::read(text, wanted.counts_only)?,
            None => vec![from_json(members, wanted.counts_only)?],
        },
        // A value by itself has no properties.
        _ => vec![Object::default()],
    };
    for mut object in read {
        if !wanted.select.iter().any(|name| object.mentions(name)) {
            return Err(lack(&object, wanted.select));
        }
        object.keep(wanted.select);
        objects.push(object);
    }
    Ok(())
}

/// Fails where an object lacks what nobody may take for absent, or shows bytes as something else.
fn check(object: &Object, wanted: Wanted) -> Result<()> {
    let binary = |name: &str| BINARY.iter().any(|known| known.eq_ignore_ascii_case(name));
    let needed = |name: &&&str| name.eq_ignore_ascii_case("Guid") || binary(name);
    let needed: Vec<&str> = wanted.select.iter().filter(needed).copied().collect();
    if !wanted.strict {
        return Ok(());
    }
    if !needed.iter().all(|name| object.mentions(name)) {
        return Err(lack(object, &needed));
    }
    let odd = |name: &&str| binary(name).then(|| object.get(name)).flatten().and_then(not_bytes);
    match needed.iter().find_map(|name| odd(name).map(|came| (name, came))) {
        Some((name, came)) => Err(unreadable(name, &came)),
        None if wanted.holds_values && !shows_bytes(object) => {
            let what = "Exchange Online shows no certificate of somebody for whom it lists some.";
            Err(Error::new(ErrorId::ExchangeProtocol, what).advice(NO_VALUES))
        }
        None => Ok(()),
    }
}

/// What a value is instead of bytes, or their number, or text that stands for bytes.
fn not_bytes(value: &Property) -> Option<String> {
    match value {
        Property::Binary(_) | Property::Count(_) => None,
        Property::Text(text) if BASE64_STANDARD.decode(text).is_ok() => None,
        Property::Text(text) => Some(text.clone()),
        Property::List(list) => list.iter().find_map(not_bytes),
        Property::Flag(flag) => Some(flag.to_string()),
        Property::Number(number) => Some(number.to_string()),
    }
}

/// Whether an object shows bytes.
pub fn shows_bytes(object: &Object) -> bool {
    fn is_shown(value: &Property) -> bool {
        match value {
            Property::Binary(_) => true,
            Property::List(list) => list.iter().any(is_shown),
            _ => false,
        }
    }
    BINARY.iter().any(|name| object.get(name).is_some_and(is_shown))
}

/// The error for bytes in a form that can't be read, saying what `came`.
fn unreadable(name: &str, came: &str) -> Error {
    let came = failure::excerpt(came.as_bytes(), 60);
    let message = format!("Exchange Online wrote the bytes of '{name}' as '{came}', which is not base64.");
    Error::new(ErrorId::ExchangeProtocol, message).advice(NO_VALUES)
}

/// The error for an object that lacks some of these, saying what came.
fn lack(object: &Object, needed: &[&str]) -> Error {
    const SHOWN: usize = 12;
    let missing: Vec<_> =
        needed.iter().filter(|name| !object.mentions(name)).map(|name| format!("'{name}'")).collect();
    let names: Vec<&str> = object.names().take(SHOWN).collect();
    let came = match object.names().count() {
        0 => "nothing".to_owned(),
        few if few <= SHOWN => names.join(", "),
        many => format!("{} and {} more", names.join(", "), many - SHOWN),
    };
    let came: String = came.chars().filter(|c| !c.is_control()).take(400).collect();
    let message = format!("Exchange Online left out {}; what came is {came}.", missing.join(", "));
    let error = Error::new(ErrorId::ExchangeProtocol, message);
    let is_value = |name: &&str| BINARY.contains(name) && !object.mentions(name);
    if object.mentions("Guid") && needed.iter().any(is_value) { error.advice(NO_VALUES) } else { error }
}

fn from_json(members: &Map<String, Value>, counts_only: bool) -> Result<Object> {
    let mut object = Object::default();
    for (name, value) in members.iter().filter(|(name, _)| !name.contains('@')) {
        let binary = BINARY.iter().any(|known| known.eq_ignore_ascii_case(name));
        match property(value, binary, counts_only).map_err(|came| unreadable(name, &came))? {
            Some(value) => object.insert(name, value),
            None => object.mention(name),
        }
    }
    Ok(object)
}

/// The value of a property; `Err` with what came where bytes can't be read, which does not matter where they are only
/// counted.
fn property(value: &Value, binary: bool, counts_only: bool) -> Result<Option<Property>, String> {
    let bytes = |decoded: Option<Vec<u8>>| match decoded {
        _ if counts_only => Ok(Some(Property::Count(1))),
        Some(bytes) => Ok(Some(Property::Binary(bytes))),
        None => Err(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    };
    Ok(match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Property::Flag(*flag)),
        Value::Number(number) => {
            Some(number.as_i64().map_or_else(|| Property::Text(number.to_string()), Property::Number))
        }
        Value::String(text) if binary => bytes(BASE64_STANDARD.decode(text).ok())?,
        Value::String(text) => Some(Property::Text(text.clone())),
        Value::Array(items) => {
            let mut list = Vec::new();
            for item in items {
                list.extend(property(item, binary, counts_only)?);
            }
            let counted = !list.is_empty() && list.iter().all(|one| matches!(one, Property::Count(_)));
            Some(if counted { Property::Count(list.len()) } else { Property::List(list) })
        }
        Value::Object(members) => match members.get("Data") {
            Some(Value::String(text)) => bytes(BASE64_STANDARD.decode(text).ok())?,
            Some(Value::Array(numbers)) => bytes(numbers.iter().map(byte).collect())?,
            _ => None,
        },
    })
}

fn byte(number: &Value) -> Option<u8> {
    number.as_u64().and_then(|number| u8::try_from(number).ok())
}

#[cfg(test)]
mod tests;
