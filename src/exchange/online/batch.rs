//! Answers of `$batch`: one for each command, in any order (docs/design/exchange-online.md §1.6, "Batching").

use serde::Deserialize;
use serde_json::Value;

use super::{answer, headers::Headers};
use crate::error::Result;

/// The answer to one command of a batch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Inner {
    id: Id,
    /// Its HTTP status.
    pub status: u16,
    #[serde(default)]
    headers: Option<Value>,
    /// Its body; text where it is no JSON.
    #[serde(default)]
    pub body: Value,
}

/// Ids are texts; some servers write them as numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(usize),
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Inner>,
}

impl Inner {
    /// Its headers.
    pub fn headers(&self) -> Headers<'_> {
        Headers::Inner(self.headers.as_ref())
    }

    /// Its body as it would come by itself.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            body => body.to_string().into_bytes(),
        }
    }

    fn position(&self) -> Option<usize> {
        match &self.id {
            Id::Text(text) => text.parse().ok(),
            Id::Number(number) => Some(*number),
        }
    }
}

/// The answers to the commands at each position of a batch; `None` where one is missing.
///
/// Fails with `ExchangeProtocol` where the body is no batch's answer, or answers something that was not asked, or
/// something twice: then nothing in it can be relied on.
pub fn read(body: &[u8], commands: usize) -> Result<Vec<Option<Inner>>> {
    let Ok(Responses { responses }) = serde_json::from_slice(body) else {
        return Err(answer::unexpected(body));
    };
    let mut all: Vec<Option<Inner>> = (0..commands).map(|_| None).collect();
    for inner in responses {
        match inner.position().and_then(|position| all.get_mut(position)) {
            Some(place @ None) => *place = Some(inner),
            _ => return Err(answer::unexpected(body)),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
