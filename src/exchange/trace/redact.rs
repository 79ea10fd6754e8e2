//! Leaving secrets out: by the name of what holds them, by their form, and by themselves wherever else they come up.

use reqwest::header::{
    CONTENT_LOCATION, COOKIE, HeaderName, HeaderValue, LOCATION, PROXY_AUTHENTICATE, SET_COOKIE,
    WWW_AUTHENTICATE,
};

use super::address;
pub use crate::exchange::secret::LEFT_OUT;
use crate::exchange::secret::Secret;

/// Headers, fields of JSON and fields of forms that hold secrets, in small letters.
const NAMES: [&str; 16] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-identity-header",
    "access_token",
    "refresh_token",
    "id_token",
    "client_assertion",
    "assertion",
    "client_secret",
    "secret",
    "password",
    "token",
    "signature",
    "sig",
];

/// Shorter values of addresses may be words that come up elsewhere.
const SHORTEST_OF_ADDRESS: usize = 12;

/// Shorter texts come up by chance.
const SHORTEST: usize = 6;

/// How a text is shown, telling what of it is left out.
type Show = fn(&str, &mut dyn FnMut(&str)) -> String;

/// Leaves out secrets, and knows again those that it has seen.
#[derive(Default)]
pub struct Redactor {
    /// Longest first, so that one that holds another goes as a whole.
    known: Vec<Secret>,
}

impl Redactor {
    /// Leaves this out from now on, and any long stretch of it, as it is and in base64.
    pub fn learn(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST || self.known.iter().any(|known| known.is(secret)) {
            return;
        }
        self.known.push(Secret::new(secret));
        self.known.sort_by_key(|known| std::cmp::Reverse(known.len()));
    }

    /// A header's value as it may be shown. Of cookies the names are.
    pub fn header(&mut self, name: &HeaderName, value: &HeaderValue) -> String {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if *name == COOKIE || *name == SET_COOKIE {
            let cookies = text.split(';').take(if *name == COOKIE { usize::MAX } else { 1 });
            let shown = cookies.map(|cookie| {
                let (name, value) = cookie.split_once('=').unwrap_or((LEFT_OUT, cookie));
                self.learn(value.trim().trim_matches('"'));
                format!("{}={LEFT_OUT}", name.trim())
            });
            return shown.collect::<Vec<_>>().join("; ");
        }
        if value.is_sensitive() || NAMES.contains(&name.as_str()) {
            self.learn(strip_scheme(&text));
            return LEFT_OUT.to_owned();
        }
        let text = match *name {
            // Relative ones begin with no scheme.
            LOCATION | CONTENT_LOCATION => self.addresses(&text, address::address),
            WWW_AUTHENTICATE | PROXY_AUTHENTICATE => self.addresses(&text, address::challenge),
            _ => text,
        };
        self.text(&text)
    }

    fn addresses(&mut self, text: &str, show: Show) -> String {
        show(text, &mut |secret| {
            if secret.len() >= SHORTEST_OF_ADDRESS {
                self.learn(secret);
            }
        })
    }

    /// A text without its secrets: values of fields that hold them, what looks like a token, and what is known.
    pub fn text(&mut self, text: &str) -> String {
        let text = self.addresses(text, address::in_text);
        let text = self.without_fields(&text);
        let mut text = self.without_tokens(&text);
        for known in &self.known {
            known.leave_out(&mut text);
        }
        text
    }

    /// Fields of JSON, also of JSON in a text of JSON, and of forms.
    fn without_fields(&mut self, text: &str) -> String {
        let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
        while let Some((before, after)) = next_field(rest) {
            shown.push_str(before);
            let (value, after) = after.split_at(value_end(after, before.ends_with(['"', '\''])));
            if value != LEFT_OUT {
                self.learn(strip_scheme(value));
            }
            shown.push_str(LEFT_OUT);
            rest = after;
        }
        shown.push_str(rest);
        shown
    }

    /// Tokens in the form of JWT (RFC 7519), whose header is JSON in base64url.
    fn without_tokens(&mut self, text: &str) -> String {
        let of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(start) = rest.find("eyJ") {
            let (before, from) = rest.split_at(start);
            let word = from.split(|c| !of_token(c)).next().unwrap_or_default();
            let (word, after) = from.split_at(word.len());
            shown.push_str(before);
            if word.len() > 20 && word.contains('.') {
                self.learn(word);
                shown.push_str(LEFT_OUT);
            } else {
                shown.push_str(word);
            }
            rest = after;
        }
        shown.push_str(rest);
        shown
    }
}

/// Up to the value of the next field that holds a secret, and from there.
fn next_field(text: &str) -> Option<(&str, &str)> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find([':', '=']) {
        let at = from + found;
        from = at + 1;
        let before =
            text.get(..at)?.trim_end_matches([' ', '\t', '\r', '\n']).trim_end_matches(['"', '\'', '\\']);
        let start =
            before.rfind(|c| !of_name(c)).map_or(0, |last| last + before.get(last..).map_or(1, first_len));
        let name = before.get(start..)?;
        if !NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let value = text.get(from..)?;
        let value = value.trim_start_matches([' ', '\t', '\r', '\n', '\\']);
        let value = value.strip_prefix(['"', '\'']).unwrap_or(value);
        return Some(text.split_at(text.len() - value.len()));
    }
    None
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

/// The value behind `Bearer ` and the like, which are no secrets.
fn strip_scheme(value: &str) -> &str {
    let schemes = ["Bearer ", "Basic ", "Negotiate "];
    let scheme = schemes
        .iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    scheme.and_then(|scheme| value.get(scheme.len()..)).unwrap_or(value)
}

/// Where a value ends: at the end of its quotes, of its brackets, or of its word.
fn value_end(value: &str, quoted: bool) -> usize {
    if value.starts_with(LEFT_OUT) {
        return LEFT_OUT.len();
    }
    if quoted {
        // A quote within would be written with a backslash; what is behind it is known once the value is.
        return value.find(['"', '\'', '\\']).unwrap_or(value.len());
    }
    if value.starts_with(['[', '{']) {
        let mut depth = 0_usize;
        for (position, c) in value.char_indices() {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return position + 1;
            }
        }
        return value.len();
    }
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '&' | ',' | ';' | '}' | ']' | '<');
    let scheme = value.len() - strip_scheme(value).len();
    let word = value.get(scheme..).unwrap_or_default();
    scheme + word.find(ends).unwrap_or(word.len())
}
