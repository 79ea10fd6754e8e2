//! Requests: `InvokeCommand` and `$batch` (docs/design/exchange-online.md §1.6, "Request").
//!
//! Third party: the form is read in public clients of the same interface; Microsoft documents only the cmdlets.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    error::{Error, ErrorId, Result},
    exchange::{Command, Confirm, Parameter, http::HttpRequest},
    profile::ByteEncoding,
};

/// The mailbox that every organisation has; it stands for commands that are about no mailbox.
const SYSTEM_MAILBOX: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";
/// Forms of anchors that are passed on as they are.
const ANCHOR_FORMS: &[&str] = &["UPN:", "SMTP:", "MBX:", "APP:"];
/// How many objects a page may have.
const PAGE: &str = "odata.maxpagesize=1000";

/// Makes the requests of one run.
#[derive(Debug, Clone)]
pub struct Requests {
    tenant: String,
    encoding: ByteEncoding,
    connection: Uuid,
}

impl Requests {
    /// For a tenant, named by its domain or id; a run has one connection id.
    pub fn new(tenant: &str, encoding: ByteEncoding) -> Self {
        Self { tenant: tenant.to_owned(), encoding, connection: Uuid::new_v4() }
    }

    /// One command by itself; `page`: the address of a further page of its output.
    /// Fails with `Internal` where a name has no form in a header.
    pub fn single(&self, service: &Url, command: &Command, page: Option<&Url>) -> Result<HttpRequest> {
        let url = page.cloned().unwrap_or_else(|| self.address(service, command));
        request(url, &body(command, self.encoding), self.headers(command))
    }

    /// Several commands in one request; their ids are their positions.
    /// Fails with `Internal` where a name has no form in a header.
    pub fn batch(&self, service: &Url, commands: &[&Command]) -> Result<HttpRequest> {
        let inner = commands.iter().enumerate().map(|(position, command)| {
            let headers = self.headers(command).into_iter();
            json!({
                "id": position.to_string(),
                "method": "POST",
                "url": self.address(service, command).as_str(),
                "headers": headers.map(|(name, value)| (name.to_owned(), value.into())).collect::<Map<_, _>>(),
                "body": body(command, self.encoding),
            })
        });
        let all = json!({ "requests": inner.collect::<Vec<_>>() });
        let prefer = format!("{PAGE},odata.continue-on-error");
        let mut headers = common(&self.connection);
        headers.extend([("Prefer", prefer), ("X-AnchorMailbox", self.organisation())]);
        request(self.path(service, "$batch"), &all, headers)
    }

    fn path(&self, service: &Url, last: &str) -> Url {
        let mut url = service.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(["adminapi", "beta", &self.tenant, last]);
        }
        url
    }

    fn address(&self, service: &Url, command: &Command) -> Url {
        let mut url = self.path(service, "InvokeCommand");
        if !command.select.is_empty() {
            url.set_query(Some(&format!("$select={}", command.select.join(","))));
        }
        url
    }

    fn organisation(&self) -> String {
        format!("APP:{SYSTEM_MAILBOX}@{}", self.tenant)
    }

    /// Near which mailbox a command runs. An address without a form is an SMTP address; one that a header can't carry
    /// does without.
    fn anchor(&self, command: &Command) -> String {
        let given = command.anchor.as_deref().filter(|anchor| anchor.bytes().all(|b| b.is_ascii_graphic()));
        match given {
            Some(anchor) if ANCHOR_FORMS.iter().any(|form| anchor.starts_with(form)) => anchor.to_owned(),
            Some(anchor) if anchor.contains('@') => format!("SMTP:{anchor}"),
            _ => self.organisation(),
        }
    }

    fn headers(&self, command: &Command) -> Vec<(&'static str, String)> {
        let mut headers = common(&self.connection);
        headers.extend([
            ("X-CmdletName", command.cmdlet.to_owned()),
            ("X-AnchorMailbox", self.anchor(command)),
            ("Prefer", PAGE.to_owned()),
        ]);
        headers
    }
}

/// The headers of every request and of every command in a batch.
fn common(connection: &Uuid) -> Vec<(&'static str, String)> {
    vec![
        ("Accept", "application/json".to_owned()),
        ("Accept-Charset", "UTF-8".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("X-ResponseFormat", "clixml".to_owned()),
        ("X-SerializationLevel", "Partial".to_owned()),
        ("X-ClientApplication", "ExoManagementModule".to_owned()),
        ("X-ClientModuleVersion", "3.4.0".to_owned()),
        ("client-request-id", Uuid::new_v4().to_string()),
        ("connection-id", connection.to_string()),
    ]
}

fn request(url: Url, body: &Value, headers: Vec<(&'static str, String)>) -> Result<HttpRequest> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let internal =
            || Error::new(ErrorId::Internal, format!("'{value}' is no value for a header '{name}'."));
        let header = HeaderName::try_from(name).map_err(|_| internal())?;
        map.insert(header, HeaderValue::try_from(&value).map_err(|_| internal())?);
    }
    let mut request = HttpRequest::post(url, body.to_string().into_bytes());
    request.headers = map;
    Ok(request)
}

fn body(command: &Command, encoding: ByteEncoding) -> Value {
    let mut parameters = Map::new();
    for (name, value) in &command.parameters {
        let value = match value {
            Parameter::Text(text) => json!(text),
            Parameter::Flag(flag) => json!(flag),
            Parameter::Binary(bytes) => binary(bytes, encoding),
            Parameter::Clear => Value::Null,
            Parameter::Remove(list) => {
                let values: Vec<Value> = list.iter().map(|bytes| binary(bytes, encoding)).collect();
                json!({ "@odata.type": "#Exchange.GenericHashTable", "remove": values })
            }
            Parameter::BinaryList(list) => {
                parameters.insert(format!("{name}@odata.type"), json!("#Collection(Exchange.ByteArrayType)"));
                list.iter().map(|bytes| json!({ "Data": data(bytes, encoding) })).collect()
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

fn binary(bytes: &[u8], encoding: ByteEncoding) -> Value {
    json!({ "@odata.type": "#Exchange.ByteArrayType", "Data": data(bytes, encoding) })
}

fn data(bytes: &[u8], encoding: ByteEncoding) -> Value {
    match encoding {
        ByteEncoding::Base64 => json!(BASE64_STANDARD.encode(bytes)),
        ByteEncoding::Integers => json!(bytes),
    }
}

#[cfg(test)]
mod tests;
