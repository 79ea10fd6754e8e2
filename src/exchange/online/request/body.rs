//! The bodies of requests. Those of batches hold tokens: they are written once, into memory that is zeroed.

use std::io;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Serialize, Serializer, ser::SerializeMap};
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
    pub body: CommandBody<'a>,
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

/// What a command's request says (docs/design/exchange-online.md §1.6, "List of byte[]"). It is written as it is read:
/// as values, each byte of a certificate would be one.
#[derive(Clone, Copy)]
pub struct CommandBody<'a>(pub &'a Command, pub ByteForm);

impl Serialize for CommandBody<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Outer<'a> {
            cmdlet_input: Input<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            cmdlet_name: &'a str,
            parameters: Parameters<'a>,
        }
        let parameters = Parameters(self.0, self.1);
        Outer { cmdlet_input: Input { cmdlet_name: self.0.cmdlet, parameters } }.serialize(to)
    }
}

struct Parameters<'a>(&'a Command, ByteForm);

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(command, form) = *self;
        let binary = |bytes| Binary { of: Some(BYTE_ARRAY), data: Data(bytes, form) };
        let mut map = to.serialize_map(None)?;
        for (name, value) in &command.parameters {
            match value {
                Parameter::Text(text) => map.serialize_entry(name, text)?,
                Parameter::Flag(flag) => map.serialize_entry(name, flag)?,
                Parameter::Binary(bytes) => map.serialize_entry(name, &binary(bytes))?,
                Parameter::Clear => map.serialize_entry(name, &())?,
                Parameter::Remove(list) => {
                    let remove = list.iter().map(|bytes| binary(bytes)).collect();
                    map.serialize_entry(name, &Removal { of: HASH_TABLE, remove })?;
                }
                Parameter::BinaryList(list) => {
                    let all: Vec<_> =
                        list.iter().map(|bytes| Binary { of: None, data: Data(bytes, form) }).collect();
                    map.serialize_entry(&format!("{name}@odata.type"), BYTE_ARRAYS)?;
                    map.serialize_entry(name, &all)?;
                }
            }
        }
        match command.confirm {
            Confirm::None => {}
            Confirm::Execute => map.serialize_entry("Confirm", &false)?,
            Confirm::Validate => map.serialize_entry("Confirm", &true)?,
        }
        map.end()
    }
}

/// A list of binary values.
const BYTE_ARRAYS: &str = "#Collection(Exchange.ByteArrayType)";
/// One binary value.
const BYTE_ARRAY: &str = "#Exchange.ByteArrayType";
/// What a multi-valued property gains and loses.
const HASH_TABLE: &str = "#Exchange.GenericHashTable";

#[derive(Serialize)]
struct Removal<'a> {
    #[serde(rename = "@odata.type")]
    of: &'static str,
    remove: Vec<Binary<'a>>,
}

#[derive(Serialize)]
struct Binary<'a> {
    #[serde(rename = "@odata.type", skip_serializing_if = "Option::is_none")]
    of: Option<&'static str>,
    #[serde(rename = "Data")]
    data: Data<'a>,
}

struct Data<'a>(&'a [u8], ByteForm);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            ByteForm::Integers => to.collect_seq(self.0),
            ByteForm::Base64 => to.serialize_str(&BASE64_STANDARD.encode(self.0)),
        }
    }
}
