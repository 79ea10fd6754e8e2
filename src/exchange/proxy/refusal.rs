//! A proxy that opens no way: its own answer, asked for once more since the HTTP client does not hand it on, and what
//! to do about it.

use std::time::Duration;

use reqwest::Url;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Route;
use crate::{
    error::{Error, ErrorId, NativeStatus},
    exchange::failure::excerpt,
};

/// How a failure of the way through a proxy begins in the HTTP client's text.
const TUNNEL: &str = "tunnel error: ";
/// What follows where the proxy itself was not reached.
const NOT_REACHED: &str = "failed to create underlying connection";
/// What follows where the proxy wants a sign-in.
const SIGN_IN: &str = "proxy authorization required";

/// The longest wait for the proxy's answer to the second question.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The most bytes of its head that are read.
const MOST: u64 = 16 * 1024;

/// What a proxy did instead of opening the way.
#[derive(Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// It was not reached itself.
    NotReached,
    /// It wants somebody to sign in.
    SignIn,
    /// It answered something else, or hung up.
    Refused,
}

/// A proxy's answer to `CONNECT`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reply {
    status: u16,
    /// Status and reason, as messages show them.
    text: String,
    /// The ways to sign in that it offers.
    schemes: Vec<String>,
}

impl Tunnel {
    /// What the texts of an error say; `None` where the proxy did its part.
    pub fn of<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let what = texts.find_map(|text| text.strip_prefix(TUNNEL))?;
        Some(match what {
            NOT_REACHED => Self::NotReached,
            SIGN_IN => Self::SignIn,
            _ => Self::Refused,
        })
    }
}

impl Route {
    /// The error of a proxy that was reached and opened no way to `url`.
    pub async fn refusal(&self, proxy: &str, url: &Url, what: &Tunnel) -> Error {
        let reply = tokio::time::timeout(TIME_LIMIT, self.ask(proxy, url)).await.ok().flatten();
        let reply = reply.unwrap_or_else(|| match what {
            Tunnel::SignIn => Reply { status: 407, text: "407".into(), schemes: Vec::new() },
            _ => Reply::default(),
        });
        let service = format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(443));
        let signed_in = self.signs_in(url).map(|(who, _)| who);
        self.error(proxy, &service, signed_in, &reply)
    }

    /// Asks once more for the way, and hands back the answer. `None` where there is none to be had.
    async fn ask(&self, proxy: &str, url: &Url) -> Option<Reply> {
        let at = Url::parse(proxy).ok().filter(|at| at.scheme() == "http")?;
        let host = at.host_str()?.trim_matches(['[', ']']).to_owned();
        let mut socket = TcpStream::connect((host, at.port_or_known_default()?)).await.ok()?;
        let service = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
        let mut question = format!("CONNECT {service} HTTP/1.1\r\nHost: {service}\r\n").into_bytes();
        if let Some((_, header)) = self.signs_in(url) {
            question.extend_from_slice(b"Proxy-Authorization: ");
            question.extend_from_slice(header.as_bytes());
            question.extend_from_slice(b"\r\n");
        }
        question.extend_from_slice(b"\r\n");
        socket.write_all(&question).await.ok()?;
        let (mut answer, mut head) = (socket.take(MOST), Vec::new());
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if answer.read_buf(&mut head).await.ok()? == 0 {
                break;
            }
        }
        let is_whole = head.windows(4).any(|end| end == b"\r\n\r\n");
        // The beginning of a yes is none: the way is not open.
        read(&head).filter(|reply| is_whole || !(200..=299).contains(&reply.status)).or(
            match head.len() as u64 {
                MOST => Some(Reply {
                    text: format!("more than {} KiB of headers", MOST / 1024),
                    ..Reply::default()
                }),
                _ => None,
            },
        )
    }

    fn error(&self, proxy: &str, service: &str, signed_in: Option<&str>, reply: &Reply) -> Error {
        let Reply { status, text, schemes } = reply;
        let basic = schemes.is_empty() || schemes.iter().any(|one| one.eq_ignore_ascii_case("basic"));
        let allow = "Let the proxy pass the hosts that docs/exchange-online.md lists";
        let other = format!("The proxy is named by {}; -Proxy names another one, or None.", self.origin());
        let (id, message, advice) = match (*status, signed_in) {
            (407, _) if !basic => (
                ErrorId::ProxyCredentialRejected,
                format!(
                    "The proxy '{proxy}' wants a sign-in by {}, and SmimeSync signs in with user name and password (Basic) only.",
                    schemes.join(" or ")
                ),
                format!("{allow} without a sign-in, or let it take Basic. {other}"),
            ),
            (407, None) => (
                ErrorId::ProxyCredentialRejected,
                format!("The proxy '{proxy}' wants a user name and password ({text})."),
                format!("Pass them with -ProxyCredential. {other}"),
            ),
            (407, Some(who)) => (
                ErrorId::ProxyCredentialRejected,
                format!("The proxy '{proxy}' did not accept the user name and password of {who} ({text})."),
                format!("Correct {who}. {other}"),
            ),
            // What may be better in a moment.
            (408 | 429 | 500.., _) => (
                ErrorId::ExchangeUnreachable,
                format!("The proxy '{proxy}' did not connect to '{service}': {text}."),
                format!("Run again later, or ask who runs the proxy. {other}"),
            ),
            (300..=499, _) => (
                ErrorId::ProxyRefused,
                format!("The proxy '{proxy}' refused to connect to '{service}': {text}."),
                format!("{allow}. {other}"),
            ),
            (200..=299, _) => (
                ErrorId::ExchangeUnreachable,
                format!(
                    "The proxy '{proxy}' did not connect to '{service}', and did when it was asked again."
                ),
                format!("Run again. {other}"),
            ),
            _ => (
                ErrorId::ExchangeUnreachable,
                match text.is_empty() {
                    true => {
                        format!("The proxy '{proxy}' did not connect to '{service}', and gave no reason.")
                    }
                    false => format!("The proxy '{proxy}' did not connect to '{service}': it sent {text}."),
                },
                format!("{allow}, and check that it is a proxy for HTTP. {other}"),
            ),
        };
        let native = NativeStatus {
            http_status: Some(*status).filter(|status| *status > 0),
            text: Some(text.clone()).filter(|text| !text.is_empty()),
            ..NativeStatus::default()
        };
        Error::new(id, message).advice(advice).target(proxy).native(native)
    }
}

/// Status, reason and offered sign-ins of an answer's head; `None` where it is no HTTP.
fn read(head: &[u8]) -> Option<Reply> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (version, rest) = lines.next()?.split_once(' ')?;
    let status = rest.get(..3)?.parse().ok().filter(|_| version.starts_with("HTTP/"))?;
    let scheme = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let scheme = value.split_whitespace().next()?;
        name.eq_ignore_ascii_case("proxy-authenticate").then(|| excerpt(scheme.as_bytes(), 40))
    };
    Some(Reply { status, text: excerpt(rest.as_bytes(), 100), schemes: lines.filter_map(scheme).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProxySetting;

    #[test]
    fn the_head_of_any_answer_is_read_or_none() {
        let reply = |status, text: &str, schemes: &[&str]| {
            let schemes = schemes.iter().map(|one| (*one).to_owned()).collect();
            Some(Reply { status, text: text.to_owned(), schemes })
        };
        for (head, expected) in [
            ("HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\n", reply(403, "403 Forbidden", &[])),
            ("HTTP/1.0 502 \r\n\r\n", reply(502, "502", &[])),
            (
                "HTTP/1.1 407 No\x1b[31m\r\nproxy-authenticate: Negotiate\r\nProxy-Authenticate: NTLM x\r\n\r\n",
                reply(407, "407 No[31m", &["Negotiate", "NTLM"]),
            ),
            ("", None),
            ("SSH-2.0-OpenSSH\r\n", None),
            ("HTTP/1.1 ab\r\n", None),
            ("HTTP/1.1", None),
        ] {
            assert_eq!(read(head.as_bytes()), expected, "{head}");
        }
    }

    #[test]
    fn each_answer_of_a_proxy_has_its_error_and_its_advice() {
        use ErrorId::{ExchangeUnreachable, ProxyCredentialRejected, ProxyRefused};
        let route = Route::of(&ProxySetting::parse("proxy.test:8080").unwrap(), &|_| None).unwrap();
        for (status, schemes, who, id, message, advice) in [
            (407, vec!["Basic"], None, ProxyCredentialRejected, "wants a user name", "-ProxyCredential"),
            (
                407,
                vec![],
                Some("HTTPS_PROXY"),
                ProxyCredentialRejected,
                "of HTTPS_PROXY",
                "Correct HTTPS_PROXY",
            ),
            (
                407,
                vec!["Negotiate", "NTLM"],
                None,
                ProxyCredentialRejected,
                "Negotiate or NTLM",
                "without a sign-in",
            ),
            (403, vec![], None, ProxyRefused, "'outlook.test:443': 403 why", "docs/exchange-online.md"),
            (302, vec![], None, ProxyRefused, "302 why", "docs/exchange-online.md"),
            (503, vec![], None, ExchangeUnreachable, "503 why", "later"),
            (200, vec![], None, ExchangeUnreachable, "asked again", "Run again"),
            (0, vec![], None, ExchangeUnreachable, "it sent 0 why", "proxy for HTTP"),
        ] {
            let schemes = schemes.into_iter().map(str::to_owned).collect();
            let reply = Reply { status, text: format!("{status} why"), schemes };
            let error = route.error("http://proxy.test:8080", "outlook.test:443", who, &reply);
            assert_eq!(error.id, id, "{status}: {error}");
            assert!(error.message.contains("'http://proxy.test:8080'"), "{error}");
            assert!(error.message.contains(message) && error.advice.contains(advice), "{status}: {error:?}");
            assert!(error.advice.contains("-Proxy of the profile"), "{error:?}");
        }
    }
}
