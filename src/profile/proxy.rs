//! The setting `Proxy`: how HTTPS leaves the network.

use reqwest::Url;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The names beside an address.
const NAMES: [&str; 2] = ["System", "None"];

/// How HTTPS leaves the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProxySetting {
    /// Through the proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`) or Windows names, if one does.
    #[default]
    System,
    /// Without one.
    None,
    /// Through this one; without user, password and path.
    Address(Box<Url>),
}

impl ProxySetting {
    /// Reads a name, in any case, or an address: `http://proxy.contoso.test:8080`, or without `http://`.
    ///
    /// Fails with what is wrong, as the part of a sentence that says what to give instead. It shows no password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match NAMES.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            Some(0) => return Ok(Self::System),
            Some(_) => return Ok(Self::None),
            None => {}
        }
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let shown = without_user(text);
        let wrong = |why: &str| {
            Err(format!(
                "-Proxy is '{shown}', {why}; give 'System', 'None' or an address such as http://proxy.contoso.test:8080"
            ))
        };
        let Ok(url) = Url::parse(&whole) else { return wrong("which is no address") };
        if text.contains('@') || !url.username().is_empty() || url.password().is_some() {
            return Err(format!(
                "-Proxy is '{shown}', with a user's name: no profile holds a secret; give -Proxy without it, and \
                 -ProxyCredential to each run"
            ));
        }
        match url.scheme() {
            "http" | "https" => {}
            _ => return wrong("which is no proxy for HTTP"),
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return wrong("which is the address of a page or script, not that of a proxy");
        }
        Ok(Self::Address(Box::new(url)))
    }
}

/// An address without user and password.
fn without_user(text: &str) -> String {
    let Some((user, host)) = text.rsplit_once('@') else { return text.to_owned() };
    let scheme = user.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}…@{host}")
}

/// As profiles keep it: without the slash at its end.
impl std::fmt::Display for ProxySetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::None => f.write_str("None"),
            Self::Address(url) => f.write_str(url.as_str().trim_end_matches('/')),
        }
    }
}

impl Serialize for ProxySetting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProxySetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ProxySetting {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProxySetting".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_an_address_is_kept_in_one_form() {
        for (text, kept) in [
            ("system", "System"),
            ("NONE", "None"),
            (" http://proxy.contoso.test:8080/ ", "http://proxy.contoso.test:8080"),
            ("https://proxy.contoso.test", "https://proxy.contoso.test"),
            ("proxy.contoso.test:8080", "http://proxy.contoso.test:8080"),
            ("proxy", "http://proxy"),
            ("[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
        ] {
            let setting = ProxySetting::parse(text).unwrap();
            assert_eq!(setting.to_string(), kept, "{text}");
            assert_eq!(ProxySetting::parse(kept).unwrap(), setting, "{text}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_a_password_is_not_shown() {
        for (text, reason) in [
            ("", "no address"),
            ("http://", "no address"),
            ("http://a b", "no address"),
            ("socks5://proxy:1080", "no proxy for HTTP"),
            ("http://wpad.contoso.test/wpad.dat", "a page or script"),
            ("http://proxy:8080/?a", "a page or script"),
            ("http://admin:secret-4711@proxy:8080", "-ProxyCredential"),
            ("admin:secret-4711@proxy:8080", "-ProxyCredential"),
            ("http://admin:secret-4711/x@proxy:8080", "-Proxy"),
            ("http://admin:secret-4711@proxy:port", "'http://…@proxy:port', which is no address"),
        ] {
            let fault = ProxySetting::parse(text).unwrap_err();
            assert!(fault.contains(reason) && !fault.contains("secret-4711"), "{text}: {fault}");
        }
    }
}
