//! Addresses and challenges, as they may be shown: who and where, but neither who signs in there nor with what.

use super::redact::LEFT_OUT;

/// Parameters of addresses that hold no secret, besides those of OData, which begin with `$`.
const OPEN: [&str; 8] =
    ["api-version", "client_id", "error", "error_description", "mi_res_id", "resource", "scope", "tenant"];
/// Parameters of a challenge that hold none (RFC 6750, section 3, and those of Entra).
const OPEN_IN_CHALLENGE: [&str; 9] = [
    "authorization_uri",
    "claims",
    "client_id",
    "error",
    "error_description",
    "realm",
    "resource_id",
    "scope",
    "trusted_issuers",
];
/// What joins parameters: `&`, and the same in JSON.
const JOINTS: [&str; 3] = ["&", "\\u0026", "#"];

/// A text with every address in it as [`address`] shows it; `secret` is told what is left out.
pub(super) fn in_text(text: &str, secret: &mut dyn FnMut(&str)) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, from)) = next(rest) {
        let (one, after) = from.split_at(end(from));
        shown.push_str(before);
        shown.push_str(&address(one, secret));
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// An address without its user, password and the values of its parameters.
pub(super) fn address(text: &str, secret: &mut dyn FnMut(&str)) -> String {
    let (place, parameters) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let mut shown = without_user(place, secret);
    let mut rest = parameters;
    while let Some(joint) = joint(rest) {
        let (mark, from) = rest.split_at(joint);
        let stop = JOINTS.iter().filter_map(|mark| from.find(mark)).min().unwrap_or(from.len());
        let (one, after) = from.split_at(stop);
        shown.push_str(mark);
        shown.push_str(&parameter(one, &OPEN, secret));
        rest = after;
    }
    shown
}

/// A challenge (`WWW-Authenticate`) with the values of the parameters that are known to be open.
pub(super) fn challenge(text: &str, secret: &mut dyn FnMut(&str)) -> String {
    let (mut quoted, mut parts, mut begin) = (false, Vec::new(), 0);
    for (position, c) in text.char_indices() {
        quoted ^= c == '"';
        if c == ',' && !quoted {
            parts.push(text.get(begin..position).unwrap_or_default());
            begin = position + 1;
        }
    }
    parts.push(text.get(begin..).unwrap_or_default());
    let shown = parts.into_iter().map(|part| {
        let part = part.trim();
        let (scheme, rest) = part.split_once(' ').unwrap_or(("", part));
        let is_scheme = !scheme.is_empty() && !scheme.contains(['=', '"']);
        let (scheme, rest) = if is_scheme { (scheme, rest.trim()) } else { ("", part) };
        // A scheme alone, such as `Negotiate`.
        let rest = match scheme.is_empty() && !rest.contains('=') {
            true => rest.to_owned(),
            false => parameter(rest, &OPEN_IN_CHALLENGE, secret),
        };
        in_text(format!("{scheme} {rest}").trim(), secret)
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// `name=value` with the value only where it is open; what has no name is left out.
fn parameter(text: &str, open: &[&str], secret: &mut dyn FnMut(&str)) -> String {
    // What ends a text in base64 is no value.
    let named = text.split_once('=').filter(|(_, value)| !value.trim_matches('=').is_empty());
    match named {
        _ if text.is_empty() || text == LEFT_OUT => text.to_owned(),
        Some((name, _)) if name.starts_with('$') || name.starts_with("%24") => text.to_owned(),
        Some((name, _)) if open.iter().any(|known| known.eq_ignore_ascii_case(name.trim())) => {
            text.to_owned()
        }
        Some((name, value)) => {
            secret(value.trim_matches('"'));
            format!("{name}={LEFT_OUT}")
        }
        None => {
            secret(text);
            LEFT_OUT.to_owned()
        }
    }
}

fn without_user(place: &str, secret: &mut dyn FnMut(&str)) -> String {
    let Some((scheme, from)) = split_scheme(place) else { return place.to_owned() };
    let (authority, path) = from.split_at(from.find(['/', '\\']).unwrap_or(from.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return place.to_owned() };
    secret(user.split_once(':').map_or(user, |(_, password)| password));
    format!("{scheme}{LEFT_OUT}@{host}{path}")
}

/// Up to the next address, and from there.
fn next(text: &str) -> Option<(&str, &str)> {
    let colon = ["://", ":\\/\\/"].iter().filter_map(|mark| text.find(mark)).min()?;
    let before = text.get(..colon)?;
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |last| {
        last + before.get(last..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    Some(text.split_at(start))
}

/// `https://` and the rest, in JSON as well.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let after = ["://", ":\\/\\/"].iter().filter_map(|mark| Some(text.find(mark)? + mark.len())).min()?;
    Some(text.split_at(after))
}

/// Where an address ends that begins here.
fn end(text: &str) -> usize {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let within = ["\\u0026", "\\/", LEFT_OUT].into_iter().find(|mark| rest.starts_with(mark));
        if within.is_none() && (c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\')) {
            break;
        }
        rest = rest.get(within.map_or(c.len_utf8(), str::len)..).unwrap_or_default();
    }
    text.len() - rest.len()
}

/// How long what joins the next parameter is.
fn joint(text: &str) -> Option<usize> {
    ["?"].iter().chain(&JOINTS).find(|mark| text.starts_with(**mark)).map(|mark| mark.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_show_where_and_not_who_or_with_what() {
        for (text, shown) in [
            ("https://u:p@a.test/x?sig=s&a", "https://(left out)@a.test/x?sig=(left out)&(left out)"),
            ("see https://a.test/x.", "see https://a.test/x."),
            (
                "https://a.test/?$select=Guid&$filter=x&code=1",
                "https://a.test/?$select=Guid&$filter=x&code=(left out)",
            ),
            (
                r#"{"a":"https:\/\/u@a.test\/?b=c\u0026d=e","f":"g"}"#,
                r#"{"a":"https:\/\/(left out)@a.test\/?b=(left out)\u0026d=(left out)","f":"g"}"#,
            ),
            ("https://a.test/#id=x y", "https://a.test/#id=(left out) y"),
            ("<a href='https://a.test?b=c'>", "<a href='https://a.test?b=(left out)'>"),
            ("https://a.test/?a=(left out)&b=c", "https://a.test/?a=(left out)&b=(left out)"),
            ("é://é@é?é=é", "é://(left out)@é?é=(left out)"),
            ("a://", "a://"),
        ] {
            assert_eq!(in_text(text, &mut |_| {}), shown, "{text}");
        }
    }

    #[test]
    fn challenges_show_what_is_known_to_be_open() {
        for (text, shown) in [
            (
                r#"Bearer realm="a, b", token="s", claims="eyJ9", authorization_uri="https://a.test/?x=y""#,
                r#"Bearer realm="a, b", token=(left out), claims="eyJ9", authorization_uri="https://a.test/?x=(left out)""#,
            ),
            ("Negotiate YIIabcdefghijklmnopqr==, NTLM", "Negotiate (left out), NTLM"),
            ("", ""),
        ] {
            assert_eq!(challenge(text, &mut |_| {}), shown, "{text}");
        }
    }
}
