//! Texts with wildcards, in the language of PowerShell's `WildcardPattern`. Its units are those of .NET: UTF-16.

use std::collections::HashSet;

use crate::{
    error::{Error, ErrorId, Result},
    model::{begins_in_any_case, lower_case, same_in_any_case},
};

const STAR: u16 = b'*' as u16;
const QUESTION_MARK: u16 = b'?' as u16;
const OPEN: u16 = b'[' as u16;
const CLOSE: u16 = b']' as u16;
const HYPHEN: u16 = b'-' as u16;
const ESCAPE: u16 = b'`' as u16;
/// Without one of these PowerShell compares texts, which takes more letters for the same than the wildcards do.
const SPECIAL: [char; 5] = ['*', '?', '[', ']', '`'];

/// `*` any text, `?` any one character, `[abc]` and `[a-c]` one of them, `` ` `` before a character that is meant as
/// itself; all in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// The whole text.
    Text(String),
    /// Its beginning: `abc*`.
    Beginning(String),
    /// Part by part.
    Parts(Vec<Part>),
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `*`
    AnyText,
    /// `?`
    AnyOne,
    /// In lower case.
    Literal(u16),
    /// All in lower case.
    OneOf(HashSet<u16>),
}

impl Pattern {
    /// Fails with `InvalidRequest`, naming the pattern, where a bracket is not closed or a range goes backwards.
    pub fn parse(pattern: &str) -> Result<Self> {
        let beginning = pattern.strip_suffix('*');
        let text = beginning.unwrap_or(pattern);
        if !text.contains(SPECIAL) {
            return Ok(if beginning.is_some() {
                Self::Beginning(text.into())
            } else {
                Self::Text(text.into())
            });
        }
        let mut units = pattern.encode_utf16();
        let mut parts = Vec::new();
        while let Some(unit) = units.next() {
            parts.push(match unit {
                STAR => Part::AnyText,
                QUESTION_MARK => Part::AnyOne,
                OPEN => Part::OneOf(bracketed(&mut units).map_err(|why| invalid(pattern, why))?),
                ESCAPE => match units.next() {
                    Some(escaped) => Part::Literal(lower(escaped)),
                    // As in Windows 7: alone, it is nothing.
                    None if parts.is_empty() => break,
                    None => Part::Literal(ESCAPE),
                },
                literal => Part::Literal(lower(literal)),
            });
        }
        Ok(Self::Parts(parts))
    }

    /// The one text that `pattern` stands for, without the backticks in it; `None` where it stands for several.
    pub(crate) fn exact(pattern: &str) -> Option<String> {
        let (mut text, mut rest) = (String::new(), pattern.chars());
        while let Some(c) = rest.next() {
            match c {
                '`' => text.extend(rest.next()),
                '*' | '?' | '[' => return None,
                plain => text.push(plain),
            }
        }
        Some(text)
    }

    /// What each text that it matches has in it, in this order, as far as that is printable ASCII; with an empty text first
    /// where it need not begin so, and last where it need not end so.
    pub(crate) fn fragments(&self) -> Vec<String> {
        let parts = match self {
            Self::Text(text) => return vec![text.clone()],
            Self::Beginning(text) if text.chars().all(is_plain) => return vec![text.clone(), String::new()],
            Self::Beginning(_) => return vec![String::new(), String::new()],
            Self::Parts(parts) => parts,
        };
        let mut fragments = vec![String::new()];
        for part in parts {
            let plain = match part {
                Part::Literal(unit) => char::from_u32((*unit).into()).filter(|c| is_plain(*c)),
                Part::AnyText | Part::AnyOne | Part::OneOf(_) => None,
            };
            match (plain, fragments.last_mut()) {
                (Some(c), Some(last)) => last.push(c),
                _ => fragments.push(String::new()),
            }
        }
        let last = fragments.len() - 1;
        let kept = |(place, one): &(usize, String)| *place == 0 || *place == last || !one.is_empty();
        fragments.into_iter().enumerate().filter(kept).map(|(_, one)| one).collect()
    }

    /// Whether it may match distinguished names: only those have an equals sign.
    pub(crate) fn is_of_distinguished_names(&self) -> bool {
        self.fragments().iter().any(|fragment| fragment.contains('='))
    }

    /// Whether all of `text` is what the pattern says.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Text(whole) => same_in_any_case(text, whole),
            Self::Beginning(beginning) => begins_in_any_case(text, beginning),
            Self::Parts(parts) => fit(parts, text),
        }
    }
}

/// Whether every program takes the letter for the same in both cases.
fn is_plain(c: char) -> bool {
    c.is_ascii_graphic() || c == ' '
}

fn fit(parts: &[Part], text: &str) -> bool {
    let text: Vec<u16> = text.encode_utf16().collect();
    let (mut part, mut at) = (0, 0);
    // Where to go on when what came after the last `*` does not fit.
    let mut back: Option<(usize, usize)> = None;
    while let Some(unit) = text.get(at) {
        match parts.get(part) {
            Some(Part::AnyText) => {
                back = Some((part, at));
                part += 1;
            }
            Some(one) if one.fits(*unit) => (part, at) = (part + 1, at + 1),
            _ => match back {
                Some((star, from)) => {
                    (part, at) = (star + 1, from + 1);
                    back = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    parts.iter().skip(part).all(|rest| matches!(rest, Part::AnyText))
}

impl Part {
    fn fits(&self, unit: u16) -> bool {
        match self {
            Self::AnyText | Self::AnyOne => true,
            Self::Literal(literal) => *literal == lower(unit),
            Self::OneOf(units) => units.contains(&lower(unit)),
        }
    }
}

/// What stands between brackets, in lower case; takes the closing one, too. A `]` right after the opening one is meant as itself.
fn bracketed(units: &mut impl Iterator<Item = u16>) -> std::result::Result<HashSet<u16>, &'static str> {
    const OPEN_END: &str = "a '[' has no ']'";
    let mut contents: Vec<(u16, bool)> = Vec::new();
    let mut first = true;
    loop {
        match units.next().ok_or(OPEN_END)? {
            CLOSE if !first => break,
            ESCAPE => contents.push((units.next().ok_or(OPEN_END)?, false)),
            unit => contents.push((unit, unit == HYPHEN)),
        }
        first = false;
    }
    let mut units = HashSet::new();
    let mut rest = contents.as_slice();
    while let [(low, _), after @ ..] = rest {
        let (high, after) = match after {
            [(_, true), (high, _), after @ ..] => (high, after),
            after => (low, after),
        };
        if low > high {
            return Err("a range in brackets ends before it begins");
        }
        units.extend((*low..=*high).map(lower));
        rest = after;
    }
    Ok(units)
}

fn invalid(pattern: &str, why: &str) -> Error {
    Error::new(ErrorId::InvalidRequest, format!("The pattern '{pattern}' is not valid: {why}."))
        .target(pattern)
        .advice("Write a backtick (`) before a bracket that is meant as such.")
}

/// .NET maps unit by unit: one of a pair is itself.
fn lower(unit: u16) -> u16 {
    let lower = char::from_u32(unit.into()).map(lower_case);
    lower.and_then(|lower| u16::try_from(u32::from(lower)).ok()).unwrap_or(unit)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// One line of the table, which the module's tests hold against PowerShell itself.
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Case {
        pattern: String,
        #[serde(default)]
        text: String,
        /// Nothing where the pattern is invalid.
        matches: Option<bool>,
        #[serde(default)]
        invalid: bool,
    }

    #[test]
    fn wildcards_match_as_in_powershell() {
        let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wildcards.json");
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(table).unwrap()).unwrap();
        assert!(cases.len() > 100, "the table is there");
        for Case { pattern, text, matches, invalid } in cases {
            assert_ne!(matches.is_some(), invalid, "{pattern:?}");
            let ours = Pattern::parse(&pattern).ok().map(|parsed| parsed.matches(&text));
            assert_eq!(ours, matches, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn a_pattern_without_wildcards_stands_for_one_text() {
        for (pattern, exact) in [
            ("alice@contoso.test", Some("alice@contoso.test")),
            ("CN=Ada `[x`] `*,DC=y", Some("CN=Ada [x] *,DC=y")),
            ("a``b", Some("a`b")),
            ("a]b", Some("a]b")),
            ("alice*", None),
            ("al?ce", None),
            ("[ab]lice", None),
        ] {
            assert_eq!(Pattern::exact(pattern).as_deref(), exact, "{pattern}");
        }
    }

    #[test]
    fn fragments_are_in_whatever_a_pattern_matches() {
        for (pattern, expected) in [
            ("alice*", &["alice", ""][..]),
            ("*@contoso.test", &["", "@contoso.test"]),
            ("a*b?c", &["a", "b", "c"]),
            ("*ada*love*", &["", "ada", "love", ""]),
            ("[ab]lice", &["", "lice"]),
            ("*", &["", ""]),
            ("j\u{f6}rg*", &["", ""]),
            ("?j\u{f6}rg", &["", "j", "rg"]),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().fragments(), expected, "{pattern}");
        }
    }

    #[test]
    fn an_invalid_pattern_is_named_with_the_reason() {
        for (pattern, why) in [
            ("[abc", "The pattern '[abc' is not valid: a '[' has no ']'."),
            ("x[z-a]", "The pattern 'x[z-a]' is not valid: a range in brackets ends before it begins."),
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert_eq!((error.id, error.message.as_str()), (ErrorId::InvalidRequest, why));
            assert_eq!(error.target.as_deref(), Some(pattern));
        }
    }
}
