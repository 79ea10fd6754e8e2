//! Requests: `InvokeCommand` and `$batch` (docs/design/exchange-online.md §1.6, "Request").
//!
//! Third party: the form is read in public clients of the same interface; Microsoft documents only the cmdlets.

mod body;

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use self::body::{Batched, CommandBody, Inner, Text};
use super::manner::{Manner, Reading, is_address, reads};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::{
        Command, Extent,
        dialect::{AnchorForm, TenantForm},
        http::HttpRequest,
        sign_in::AccessToken,
    },
};

/// The mailbox that every organisation has; it stands for the organisation itself.
const SYSTEM_MAILBOX: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";
/// The user that stands for an application.
const OAUTH_USER: &str = "OAuthUser";

/// The headers of a request or of a command in a batch.
type Headers = Vec<(&'static str, String)>;

/// Makes the requests to one tenant.
#[derive(Debug, Clone)]
pub struct Requests {
    organization: String,
    tenant: Option<String>,
}

impl Requests {
    /// For an organisation as the profile names it, by its domain or id.
    pub fn new(organization: &str) -> Self {
        Self { organization: organization.to_owned(), tenant: None }
    }

    /// From now on by the id that the token shows.
    pub fn know_tenant(&mut self, tenant: Uuid) {
        self.tenant = Some(tenant.to_string());
    }

    /// The id of the tenant, where the token shows one.
    pub fn tenant_id(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Whether the tenant has a name besides its id.
    pub fn has_domain(&self) -> bool {
        self.tenant.as_ref().is_some_and(|id| !id.eq_ignore_ascii_case(&self.organization))
    }

    /// One command by itself; `page`: the address of a further page of its output.
    /// Fails with `Internal` where a name has no form in a header.
    pub fn single(
        &self,
        service: &Url,
        command: &Command,
        manner: Manner,
        page: Option<&Url>,
    ) -> Result<HttpRequest> {
        let url = page.cloned().unwrap_or_else(|| self.address(service, command, manner));
        let mut headers = self.headers(command, manner);
        headers.push(("Prefer", page_size(command, manner)));
        request(url, written(&CommandBody(command, manner.bytes))?, headers)
    }

    /// Several commands in one request; their ids are their positions. A batch of OData inherits nothing, so each
    /// carries the token itself.
    /// Fails with `Internal` where a name has no form in a header.
    pub fn batch(
        &self,
        service: &Url,
        commands: &[(&Command, Manner)],
        token: &AccessToken,
    ) -> Result<HttpRequest> {
        let bearer = token.bearer();
        let mut inner = Vec::with_capacity(commands.len());
        for (position, &(command, manner)) in commands.iter().enumerate() {
            let mut headers = self.headers(command, manner);
            headers.push(("Prefer", format!("{};odata.continue-on-error", page_size(command, manner))));
            inner.push(Inner {
                id: position.to_string(),
                url: self.address(service, command, manner).into(),
                headers,
                authorization: &bearer,
                body: CommandBody(command, manner.bytes),
            });
        }
        let body = Batched(inner);
        let tenant = commands.first().map_or(TenantForm::default(), |(_, manner)| manner.tenant);
        let mut headers = common();
        headers.extend([
            ("Prefer", "odata.continue-on-error".to_owned()),
            ("X-AnchorMailbox", self.system_mailbox()),
        ]);
        request(self.path(service, tenant, "$batch"), written(&body)?, headers)
    }

    /// How the tenant is named in addresses; anchors name it by its id wherever that is known.
    fn name(&self, form: TenantForm) -> &str {
        match form {
            TenantForm::Id => self.tenant.as_deref().unwrap_or(&self.organization),
            TenantForm::Domain => &self.organization,
        }
    }

    fn path(&self, service: &Url, tenant: TenantForm, last: &str) -> Url {
        let mut url = service.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(["adminapi", "beta", self.name(tenant), last]);
        }
        url
    }

    fn address(&self, service: &Url, command: &Command, manner: Manner) -> Url {
        let mut url = self.path(service, manner.tenant, "InvokeCommand");
        if manner.reading == Reading::Json && reads(command) && !command.select.is_empty() {
            url.set_query(Some(&format!("$select={}", command.select.join(","))));
        }
        url
    }

    fn system_mailbox(&self) -> String {
        format!("APP:{SYSTEM_MAILBOX}@{}", self.name(TenantForm::Id))
    }

    /// Near what a command is said to run.
    fn anchor(&self, command: &Command, manner: Manner) -> String {
        match (manner.anchor, command.anchor.as_deref()) {
            (AnchorForm::Address, Some(address)) if is_address(address) => format!("SMTP:{address}"),
            (AnchorForm::OAuthUser, _) => format!("UPN:{OAUTH_USER}@{}", self.organization),
            (AnchorForm::Tenant, _) => format!("TID:{}", self.name(TenantForm::Id)),
            _ => self.system_mailbox(),
        }
    }

    /// The headers of a command, besides `Prefer`. What names the client and its version is optional: an old version
    /// could be refused one day.
    fn headers(&self, command: &Command, manner: Manner) -> Headers {
        let mut headers = common();
        headers.extend([
            ("X-CmdletName", command.cmdlet.to_owned()),
            ("X-AnchorMailbox", self.anchor(command, manner)),
        ]);
        if manner.anchor == AnchorForm::Address && !reads(command) {
            headers.push(("parameter-based-routing", "true".to_owned()));
        }
        match manner.reading {
            Reading::Json => headers.push(("X-ResponseFormat", "json".to_owned())),
            Reading::Clixml => headers.extend([
                ("X-ResponseFormat", "clixml".to_owned()),
                ("X-SerializationLevel", "Partial".to_owned()),
            ]),
        }
        headers
    }
}

/// How many objects a page is to have.
fn page_size(command: &Command, manner: Manner) -> String {
    let objects = if command.extent == Extent::First { 1 } else { manner.page.objects() };
    format!("odata.maxpagesize={objects}")
}

/// The headers of every request and of every command in a batch. Refusals are understood in English.
fn common() -> Headers {
    vec![
        ("Accept", "application/json".to_owned()),
        ("Accept-Charset", "UTF-8".to_owned()),
        // Refusals are known by their English text.
        ("Accept-Language", "en-US".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("client-request-id", Uuid::new_v4().to_string()),
    ]
}

fn written(body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    Text::of(body)
        .map_err(|e| Error::new(ErrorId::Internal, format!("A command can't be written as JSON: {e}.")))
}

fn request(url: Url, body: Zeroizing<Vec<u8>>, headers: Headers) -> Result<HttpRequest> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let internal =
            || Error::new(ErrorId::Internal, format!("'{value}' is no value for a header '{name}'."));
        let header = HeaderName::try_from(name).map_err(|_| internal())?;
        map.insert(header, HeaderValue::try_from(&value).map_err(|_| internal())?);
    }
    let mut request = HttpRequest::post(url, body);
    request.headers = map;
    Ok(request)
}

#[cfg(test)]
mod tests;
