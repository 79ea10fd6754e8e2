//! The bodies of requests. Those of batches hold tokens: they are written once, into memory that is zeroed.

use std::io;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::exchange::{Command, Confirm, Parameter, dialect::ByteForm};

/// The commands of a batch.
#[derive(Serialize)]
pub struct Batched<'a>(#[serde(serialize_with = "as_requests")] pub Vec<Inner<'a>>);

/// A command of a batch.
pub struct Inner<'a> {
    /// Its position.
    pub id: String,
    pub url: String,
    pub headers: super::Headers,
    /// The value of its header `Authorization`.
    pub authorization: &'a str,
    pub body: Value,
}

fn as_requests<S: Serializer>(all: &[Inner<'_>], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    map.serialize_entry("requests", all)?;
    map.end()
}

impl Serialize for Inner<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("method", "POST")?;
        map.serialize_entry("url", &self.url)?;
        map.serialize_entry("headers", &InnerHeaders(self))?;
        map.serialize_entry("body", &self.body)?;
        map.end()
    }
}

struct InnerHeaders<'a>(&'a Inner<'a>);

impl Serialize for InnerHeaders<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Inner { headers, authorization, .. } = self.0;
        let mut map = to.serialize_map(Some(headers.len() + 1))?;
        map.serialize_entry("Authorization", authorization)?;
        for (name, value) in headers {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Text that leaves no copy of itself behind when it grows.
pub struct Text(Zeroizing<Vec<u8>>);

impl Text {
    /// A value as JSON.
    pub fn of(value: &impl Serialize) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let mut text = Self(Zeroizing::new(Vec::with_capacity(64 * 1024)));
        serde_json::to_writer(&mut text, value)?;
        Ok(text.0)
    }
}

impl io::Write for Text {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let needed = self.0.len().saturating_add(more.len());
        if needed > self.0.capacity() {
            // Growing in place would leave the old text where it was.
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a command's request says (docs/design/exchange-online.md §1.6, "Single `byte[]`", "List of `byte[]`").
pub fn command_body(command: &Command, form: ByteForm) -> Value {
    let mut parameters = Map::new();
    for (name, value) in &command.parameters {
        let value = match value {
            Parameter::Text(text) => json!(text),
            Parameter::Flag(flag) => json!(flag),
            Parameter::Binary(bytes) => binary(bytes, form),
            Parameter::Clear => Value::Null,
            Parameter::Remove(list) => {
                let values: Vec<Value> = list.iter().map(|bytes| binary(bytes, form)).collect();
                json!({ "@odata.type": "#Exchange.GenericHashTable", "remove": values })
            }
            Parameter::BinaryList(list) => {
                parameters.insert(format!("{name}@odata.type"), json!("#Collection(Exchange.ByteArrayType)"));
                list.iter().map(|bytes| json!({ "Data": data(bytes, form) })).collect()
            }
        };
        parameters.insert((*name).to_owned(), value);
    }
    match command.confirm {
        Confirm::None => {}
        Confirm::Execute => drop(parameters.insert("Confirm".to_owned(), json!(false))),
        Confirm::Validate => drop(parameters.insert("Confirm".to_owned(), json!(true))),
    }
    json!({ "CmdletInput": { "CmdletName": command.cmdlet, "Parameters": parameters } })
}

fn binary(bytes: &[u8], form: ByteForm) -> Value {
    json!({ "@odata.type": "#Exchange.ByteArrayType", "Data": data(bytes, form) })
}

fn data(bytes: &[u8], form: ByteForm) -> Value {
    match form {
        ByteForm::Integers => json!(bytes),
        ByteForm::Base64 => json!(BASE64_STANDARD.encode(bytes)),
    }
}
