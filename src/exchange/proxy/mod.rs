//! The way out of the network: through which proxy, who signs in there, and what its refusal means.
//!
//! What reads the environment and Windows' settings is the same code as reqwest's, so that the proxy that messages
//! name is the one that was asked.

mod refusal;

pub(super) use self::refusal::Tunnel;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url, header::HeaderValue};
use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorId, Result},
    profile::ProxySetting,
};

/// The engine's secret that is the user name of `-ProxyCredential`.
pub const PROXY_USER: &str = "proxy_user";
/// The engine's secret that is its password.
pub const PROXY_PASSWORD: &str = "proxy_password";
/// The engine's secret that is the caller's variable `HTTPS_PROXY`, which may hold a password; a host whose
/// environment is not the process's hands it over. Empty: there is no such variable.
pub const HTTPS_PROXY: &str = "https_proxy";
/// The same of `NO_PROXY`.
pub const NO_PROXY: &str = "no_proxy";

/// The engine's secrets, by name.
pub type Secrets<'a> = &'a dyn Fn(&str) -> Option<Zeroizing<Vec<u8>>>;

/// The way out of the network.
pub struct Route {
    way: Way,
    matcher: Matcher,
    /// The header of `-ProxyCredential`.
    credential: Option<HeaderValue>,
}

enum Way {
    Direct,
    /// As the process's environment or Windows says.
    System,
    /// As the caller's environment says: the proxy, and for which hosts there is none.
    Environment(Zeroizing<String>, String),
    Address(Url),
}

impl Route {
    /// The way that a profile's setting names. Fails with `ProxyCredentialRejected` for a user name that can't be sent,
    /// `ProfileInvalid` for a variable that is no proxy.
    pub fn of(setting: &ProxySetting, secrets: Secrets<'_>) -> Result<Self> {
        let text = |name| secrets(name).and_then(|secret| String::from_utf8(secret.to_vec()).ok());
        let way = match (setting, text(HTTPS_PROXY)) {
            (ProxySetting::None, _) => Way::Direct,
            (ProxySetting::Address(url), _) => Way::Address((**url).clone()),
            (ProxySetting::System, Some(none)) if none.is_empty() => Way::Direct,
            (ProxySetting::System, Some(proxy)) => {
                Way::Environment(proxy.into(), text(NO_PROXY).unwrap_or_default())
            }
            (ProxySetting::System, None) => Way::System,
        };
        let matcher = match &way {
            Way::Direct => Matcher::builder().build(),
            Way::System => Matcher::from_system(),
            Way::Environment(proxy, no) => Matcher::builder().https(proxy.as_str()).no(no.as_str()).build(),
            Way::Address(url) => Matcher::builder().https(url.as_str()).build(),
        };
        let credential = match secrets(PROXY_USER) {
            Some(user) => Some(basic(&user, &secrets(PROXY_PASSWORD).unwrap_or_default())?),
            None => None,
        };
        Ok(Self { way, matcher, credential })
    }

    /// The way without any proxy.
    pub fn direct() -> Self {
        Self { way: Way::Direct, matcher: Matcher::builder().build(), credential: None }
    }

    /// Makes a client go this way. Fails with `ProfileInvalid` for a variable that is no proxy.
    pub fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder> {
        let invalid = |_| {
            let message = "HTTPS_PROXY of the environment is no address of a proxy.";
            Error::new(ErrorId::ProfileInvalid, message)
                .advice("Correct the variable, or give the profile -Proxy with the proxy's address or None.")
        };
        let proxy = match &self.way {
            Way::Direct => return Ok(builder.no_proxy()),
            // What reqwest does by itself.
            Way::System => match &self.credential {
                None => return Ok(builder),
                Some(_) => {
                    let matcher = Matcher::from_system();
                    Proxy::custom(move |url| named(&matcher, url))
                }
            },
            Way::Environment(proxy, no) => {
                Proxy::https(proxy.as_str()).map_err(invalid)?.no_proxy(NoProxy::from_string(no))
            }
            Way::Address(url) => Proxy::https(url.clone()).map_err(invalid)?,
        };
        Ok(builder.proxy(match &self.credential {
            Some(credential) => proxy.custom_http_auth(credential.clone()),
            None => proxy,
        }))
    }

    /// The proxy by which `url` is asked, such as `http://proxy.contoso.test:8080`; never with a password.
    pub fn proxy(&self, url: &Url) -> Option<String> {
        named(&self.matcher, url)
    }

    /// Fails with `ProfileInvalid` where the environment's proxy for `url` is none for HTTP; a profile names no such one.
    pub fn check(&self, url: &Url) -> Result<()> {
        let Some(proxy) = self.proxy(url) else { return Ok(()) };
        let kind = proxy.split_once("://").map_or("http", |(kind, _)| kind);
        if kind.eq_ignore_ascii_case("http") || kind.eq_ignore_ascii_case("https") {
            return Ok(());
        }
        let message =
            format!("The proxy '{proxy}' is one by {kind}, and SmimeSync goes through proxies for HTTP.");
        let advice = format!(
            "It is named by {}: correct that, or give the profile -Proxy with the address of a proxy for HTTP, or None.",
            self.origin()
        );
        Err(Error::new(ErrorId::ProfileInvalid, message).target(proxy).advice(advice))
    }

    /// Who signs in at the proxy, as messages name it; none: nobody.
    fn signs_in(&self, url: &Url) -> Option<(&'static str, HeaderValue)> {
        let own = self.credential.clone().map(|header| ("-ProxyCredential", header));
        let uri = url.as_str().parse().ok()?;
        let theirs = || Some(("HTTPS_PROXY", self.matcher.intercept(&uri)?.basic_auth()?.clone()));
        own.or_else(theirs)
    }

    /// What to do where the proxy can't be reached.
    pub fn advice(&self) -> String {
        format!(
            "Check the proxy's address and port, which {} names; or give the profile another -Proxy, or None.",
            self.origin()
        )
    }

    /// Where the proxy is named.
    fn origin(&self) -> &'static str {
        match self.way {
            Way::Address(_) => "-Proxy of the profile",
            _ => "the environment (HTTPS_PROXY) or Windows",
        }
    }
}

fn named(matcher: &Matcher, url: &Url) -> Option<String> {
    let proxy = matcher.intercept(&url.as_str().parse().ok()?)?;
    Some(proxy.uri().to_string().trim_end_matches('/').to_owned())
}

/// The header of a user name and password (RFC 7617, section 2).
fn basic(user: &[u8], password: &[u8]) -> Result<HeaderValue> {
    if user.contains(&b':') {
        let message = "The user name of -ProxyCredential has a colon, which no proxy can be told.";
        return Err(Error::new(ErrorId::ProxyCredentialRejected, message));
    }
    let both = Zeroizing::new([user, b":", password].concat());
    let text = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(&*both)));
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_| Error::new(ErrorId::Internal, "The sign-in at the proxy can't be put into a header."))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(setting: &str, secrets: &[(&str, &str)]) -> Route {
        let secret = |name: &str| {
            let found = secrets.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| Zeroizing::new(value.as_bytes().to_vec()))
        };
        Route::of(&ProxySetting::parse(setting).unwrap(), &secret).unwrap()
    }

    #[test]
    fn the_setting_comes_before_the_environment_and_the_environment_has_exceptions() {
        let environment = [
            (HTTPS_PROXY, "http://reader:secret-4711@env.test:3128"),
            (NO_PROXY, "contoso.test, 10.0.0.0/8"),
        ];
        let outside = "https://outlook.office365.com/";
        for (setting, url, proxy) in [
            ("System", outside, Some("http://env.test:3128")),
            ("System", "https://login.contoso.test/", None),
            ("System", "https://10.1.2.3/", None),
            ("None", outside, None),
            ("http://proxy.test:8080", outside, Some("http://proxy.test:8080")),
            ("http://proxy.test:8080", "https://login.contoso.test/", Some("http://proxy.test:8080")),
            ("proxy.test", outside, Some("http://proxy.test")),
        ] {
            let route = route(setting, &environment);
            let found = route.proxy(&Url::parse(url).unwrap());
            assert_eq!(found.as_deref(), proxy, "{setting} {url}");
        }
    }

    #[test]
    fn the_credential_comes_before_that_of_the_environment() {
        let environment = (HTTPS_PROXY, "http://reader:secret-4711@env.test:3128");
        let url = Url::parse("https://outlook.office365.com/").unwrap();
        let who = |secrets: &[_]| {
            let found = route("System", secrets).signs_in(&url);
            found.map(|(who, header)| (who, header.to_str().unwrap().to_owned()))
        };
        // `printf 'reader:secret-4711' | base64`, and the same of 'CONTOSO\svc:pä'.
        let theirs = ("HTTPS_PROXY", "Basic cmVhZGVyOnNlY3JldC00NzEx".to_owned());
        assert_eq!(who(&[environment]), Some(theirs));
        let own = ("-ProxyCredential", "Basic Q09OVE9TT1xzdmM6cMOk".to_owned());
        assert_eq!(who(&[environment, (PROXY_USER, "CONTOSO\\svc"), (PROXY_PASSWORD, "pä")]), Some(own));
        assert_eq!(who(&[(HTTPS_PROXY, "http://env.test")]), None);
        assert_eq!(who(&[(HTTPS_PROXY, "")]), None);
    }

    #[test]
    fn a_user_name_with_a_colon_is_refused_and_not_shown() {
        let secret = |name: &str| (name == PROXY_USER).then(|| Zeroizing::new(b"a:secret-4711".to_vec()));
        let error = Route::of(&ProxySetting::System, &secret).err().unwrap();
        assert_eq!(error.id, ErrorId::ProxyCredentialRejected);
        assert!(!format!("{error:?}").contains("secret-4711"));
    }
}
