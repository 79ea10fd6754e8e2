//! Which of the service's hosts answers for the organisation, and the cookie that keeps requests there.
//!
//! The service redirects to a regional host and sets a cookie of affinity; its own module adds the bearer to the
//! redirected request again (docs/design/exchange-online.md §1.6, "Redirects").

use reqwest::{
    StatusCode, Url,
    header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE},
};

use crate::{
    error::{Error, ErrorId, Result},
    exchange::cloud::Cloud,
};

/// How many redirects one request follows.
pub const MOST_REDIRECTS: usize = 3;
/// How many cookies are kept.
const MOST_COOKIES: usize = 16;
/// The longest cookie, in bytes.
const LONGEST_COOKIE: usize = 4096;

/// The port inside of Microsoft's network that some addresses of answers name (third party: terraprovider/go-exoscc).
const INNER_PORT: u16 = 446;

/// An address of an answer as it is reached from outside: the service's inner port is 443 there.
pub fn at_usual_port(cloud: &Cloud, mut url: Url) -> Url {
    if url.port() == Some(INNER_PORT) && cloud.service().port() != Some(INNER_PORT) {
        // Only addresses without a host have no port to set, and those were refused before.
        let _ = url.set_port(None);
    }
    url
}

/// Where requests go.
#[derive(Debug, Clone)]
pub struct Region {
    service: Url,
    cookies: Vec<(String, String)>,
}

impl Region {
    /// To begin with: the address of the service itself.
    pub fn new(service: Url) -> Self {
        Self { service, cookies: Vec::new() }
    }

    /// The address that requests go to.
    pub fn service(&self) -> &Url {
        &self.service
    }

    /// Takes the cookies of an answer. They go where the bearer goes, and nowhere else; a cookie without a value ends it.
    pub fn learn(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim());
            self.cookies.retain(|(known, _)| known != name);
            if value.is_empty() || pair.len() > LONGEST_COOKIE {
                continue;
            }
            if self.cookies.len() >= MOST_COOKIES {
                self.cookies.remove(0);
            }
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Adds the cookies to a request's headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let all: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Some(mut value) = HeaderValue::try_from(all.join("; ")).ok().filter(|value| !value.is_empty())
        {
            value.set_sensitive(true);
            headers.insert(COOKIE, value);
        }
    }

    /// Where a redirect leads, if the answer is one; later requests go to that host, too.
    /// Fails with `RedirectRefused` where it is none of the cloud's hosts, or not `https`.
    pub fn follow(
        &mut self,
        cloud: &Cloud,
        from: &Url,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Option<Url>> {
        if !matches!(status.as_u16(), 301 | 302 | 307 | 308) {
            return Ok(None);
        }
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let Some(url) = location.and_then(|location| from.join(location).ok()) else {
            let message = "Exchange Online answered with a redirect that leads nowhere.";
            return Err(Error::new(ErrorId::ExchangeProtocol, message));
        };
        if !cloud.allows_bearer(&url) {
            let host = url.host_str().unwrap_or_default().to_owned();
            let message = format!(
                "Exchange Online redirected to '{}://{host}', which is none of this cloud's hosts.",
                url.scheme()
            );
            return Err(Error::new(ErrorId::RedirectRefused, message).target(host));
        }
        let url = at_usual_port(cloud, url);
        self.service.clone_from(&url);
        self.service.set_path("/");
        self.service.set_query(None);
        Ok(Some(url))
    }
}

#[cfg(test)]
mod tests;
