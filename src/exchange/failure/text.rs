//! What an answer says about a failure, wherever it says it (docs/design/exchange-online.md §1.6, "Error text").

use serde_json::{Map, Value};

use super::excerpt;

/// How deep texts inside of texts are looked at.
const DEEPEST: usize = 8;
/// The most characters of a text that are kept.
const LONGEST: usize = 2_000;
/// What says only that something failed.
const EMPTY_WORDS: &[&str] = &["invalid operation", "error executing cmdlet", "error executing request."];

/// A text of the service, and the exception that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub text: String,
    pub exception: Option<String>,
}

impl Said {
    /// Whether the text gives a reason.
    pub fn tells(&self) -> bool {
        !self.text.is_empty() && !EMPTY_WORDS.contains(&self.text.to_lowercase().as_str())
    }
}

/// Everything that a body says, the most exact first: the exceptions inside, each of the details, the error itself.
pub(super) fn said(body: &Value) -> Vec<Said> {
    let mut all = Vec::new();
    match body {
        Value::String(text) => from_text(text, None, 0, &mut all),
        Value::Object(members) => match member(members, &["error"]) {
            Some(Value::Object(error)) => from_error(error, &mut all),
            Some(Value::String(text)) => from_text(text, None, 0, &mut all),
            _ => from_object(members, 0, &mut all),
        },
        _ => {}
    }
    all.retain(|one| !one.text.is_empty() || one.exception.is_some());
    all
}

fn from_error(error: &Map<String, Value>, all: &mut Vec<Said>) {
    if let Some(Value::Object(inner)) = member(error, &["innererror"])
        && let Some(Value::Object(internal)) = member(inner, &["internalexception"])
    {
        from_object(internal, 0, all);
    }
    if let Some(Value::Array(details)) = member(error, &["details"]) {
        for detail in details {
            match detail {
                Value::Object(detail) => from_object(detail, 0, all),
                Value::String(text) => from_text(text, None, 0, all),
                _ => {}
            }
        }
    }
    if let Some(text) = member(error, &["message"]).and_then(Value::as_str) {
        from_text(text, None, 0, all);
    }
}

/// A text: as it is, after a prefix with the exception's name, or an object in JSON.
fn from_text(text: &str, exception: Option<&str>, depth: usize, all: &mut Vec<Said>) {
    let (prefix, rest) = split_prefix(text);
    let exception = prefix.as_deref().or(exception);
    match serde_json::from_str::<Value>(rest) {
        Ok(Value::Object(members)) if depth < DEEPEST => {
            let before = all.len();
            from_object(&members, depth + 1, all);
            if let Some(first) = all.get_mut(before).filter(|first| first.exception.is_none()) {
                first.exception = exception.map(str::to_owned);
            }
        }
        _ => all.push(Said {
            text: excerpt(rest.as_bytes(), LONGEST),
            exception: exception.map(|name| excerpt(name.as_bytes(), LONGEST)),
        }),
    }
}

/// An exception as an object: `message`, or else the id of its text; its type; the exception inside of it.
fn from_object(members: &Map<String, Value>, depth: usize, all: &mut Vec<Said>) {
    let string = |names: &[&str]| {
        member(members, names).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    };
    let localized = || {
        let Some(Value::Object(localized)) = member(members, &["localizedstring"]) else { return None };
        member(localized, &["stringid"])?.as_str()
    };
    let exception = string(&["typename", "classname", "type"]);
    match string(&["message"]).or_else(localized) {
        Some(text) => from_text(text, exception, depth, all),
        None if exception.is_some() => from_text("", exception, depth, all),
        None => {}
    }
    let inner = member(members, &["innererror", "innerexception", "internalexception"]);
    match inner {
        Some(Value::Object(inner)) if depth < DEEPEST => from_object(inner, depth + 1, all),
        Some(Value::String(inner)) if depth < DEEPEST => from_text(inner, None, depth + 1, all),
        _ => {}
    }
}

/// A member by any of its names, in any case.
fn member<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let is = |key: &str| names.iter().any(|name| key.eq_ignore_ascii_case(name));
    members.iter().find(|(key, value)| is(key) && !value.is_null()).map(|(_, value)| value)
}

/// The prefix `|Dotted.Type|` or `Ex6F9304|Type|` of a text, and the rest.
fn split_prefix(text: &str) -> (Option<String>, &str) {
    let mut parts = text.splitn(3, '|');
    let (Some(code), Some(name), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return (None, text.trim());
    };
    let is_code = code.len() <= 16 && code.chars().all(|c| c.is_ascii_alphanumeric());
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+`".contains(c));
    if is_code && is_name { (Some(name.to_owned()), rest.trim()) } else { (None, text.trim()) }
}
