//! Search filters: RFC 4515 text to the BER of RFC 4511, 4.5.1.7.

use crate::{
    ber::{element, tag},
    error::{Error, ErrorId},
};

/// Filters within filters; Active Directory's own limit is of this order.
const MAX_DEPTH: usize = 64;

/// A search filter, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Vec<u8>);

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The character at which it fails, counted from 1.
    pub position: usize,
    /// What is wrong there, as the end of a sentence.
    pub reason: &'static str,
}

impl FilterError {
    /// The error that a caller gets for `text`.
    pub fn describe(&self, text: &str) -> Error {
        let message =
            format!("The filter '{text}' is wrong at character {}: {}.", self.position, self.reason);
        Error::new(ErrorId::FilterInvalid, message).target(text)
    }
}

impl Filter {
    /// Reads RFC 4515 text. Spaces and line breaks between filters are taken as well, as in Microsoft's tools.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser { bytes: text.as_bytes(), at: 0 };
        let parsed = parser.filter(MAX_DEPTH).and_then(|filter| {
            parser.skip_space();
            if parser.at == parser.bytes.len() { Ok(filter) } else { Err("nothing may follow the filter") }
        });
        parsed.map(Self).map_err(|reason| {
            let before = text.as_bytes().get(..parser.at).unwrap_or_default();
            FilterError { position: String::from_utf8_lossy(before).chars().count() + 1, reason }
        })
    }

    /// What all of `filters` match.
    pub fn and(filters: &[Filter]) -> Self {
        Self::set(0, filters)
    }

    /// What one of `filters` matches; at least one.
    pub fn or(filters: &[Filter]) -> Self {
        Self::set(1, filters)
    }

    fn set(choice: u8, filters: &[Filter]) -> Self {
        let parts: Vec<&[u8]> = filters.iter().map(|filter| filter.0.as_slice()).collect();
        Self(element(tag::constructed(choice), &parts))
    }

    /// What has this value, compared by the attribute's own rule.
    pub fn equality(attribute: &str, value: &[u8]) -> Self {
        Self(assertion(3, attribute.as_bytes(), value))
    }

    /// What has a value with these texts in it, in this order; an empty first or last one stands for any beginning or end.
    pub fn substrings(attribute: &str, fragments: &[String]) -> Self {
        let last = fragments.len().saturating_sub(1);
        let parts: Vec<Vec<u8>> = fragments
            .iter()
            .enumerate()
            .filter(|(_, fragment)| !fragment.is_empty())
            .map(|(place, fragment)| {
                let kind = if place == 0 { 0 } else { 1 + u8::from(place == last) };
                element(tag::context(kind), &[fragment.as_bytes()])
            })
            .collect();
        match fragments {
            [whole] => Self::equality(attribute, whole.as_bytes()),
            _ if parts.is_empty() => Self::present(attribute),
            _ => {
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                let name = element(tag::OCTET_STRING, &[attribute.as_bytes()]);
                Self(element(tag::constructed(4), &[&name, &element(tag::SEQUENCE, &parts)]))
            }
        }
    }

    /// What has a value that `rule` finds to match (RFC 4511, 4.5.1.7.7).
    pub fn matched(attribute: &str, rule: &str, value: &[u8]) -> Self {
        let parts = [(1, rule.as_bytes()), (2, attribute.as_bytes()), (3, value)];
        let parts = parts.map(|(choice, bytes)| element(tag::context(choice), &[bytes]));
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Self(element(tag::constructed(9), &parts))
    }

    /// What has a value that is not less than this one.
    pub fn at_least(attribute: &str, value: &[u8]) -> Self {
        Self(assertion(5, attribute.as_bytes(), value))
    }

    /// What has the attribute at all.
    pub fn present(attribute: &str) -> Self {
        Self(element(tag::context(7), &[attribute.as_bytes()]))
    }

    /// The filter in BER, as a search request carries it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn assertion(choice: u8, attribute: &[u8], value: &[u8]) -> Vec<u8> {
    let attribute = element(tag::OCTET_STRING, &[attribute]);
    element(tag::constructed(choice), &[&attribute, &element(tag::OCTET_STRING, &[value])])
}

/// A part of a value: bytes, or a star that stood there unescaped.
#[derive(PartialEq)]
enum Piece {
    Bytes(Vec<u8>),
    Star,
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.take_while(|byte| byte.is_ascii_whitespace());
    }

    fn filter(&mut self, depth: usize) -> Parsed<Vec<u8>> {
        let depth = depth.checked_sub(1).ok_or("filters are nested too deeply")?;
        self.skip_space();
        if !self.take(b'(') {
            return Err("a filter begins with '('");
        }
        self.skip_space();
        let filter = match self.peek() {
            Some(b'&') => self.set(0, depth)?,
            Some(b'|') => self.set(1, depth)?,
            Some(b'!') => {
                self.at += 1;
                let inner = self.filter(depth)?;
                self.skip_space();
                element(tag::constructed(2), &[&inner])
            }
            _ => self.item()?,
        };
        if self.take(b')') { Ok(filter) } else { Err("a ')' is missing here") }
    }

    fn set(&mut self, choice: u8, depth: usize) -> Parsed<Vec<u8>> {
        self.at += 1;
        let mut filters = Vec::new();
        self.skip_space();
        while self.peek() == Some(b'(') {
            filters.extend(self.filter(depth)?);
            self.skip_space();
        }
        if filters.is_empty() {
            return Err("at least one filter in parentheses is needed here");
        }
        Ok(element(tag::constructed(choice), &[&filters]))
    }

    fn item(&mut self) -> Parsed<Vec<u8>> {
        let attribute =
            self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b';' | b'_'));
        if self.peek() == Some(b':') {
            return self.extensible(attribute);
        }
        if attribute.is_empty() {
            return Err("the name of an attribute is missing here");
        }
        let choice = match self.peek() {
            Some(b'=') => 3,
            Some(b'>') => 5,
            Some(b'<') => 6,
            Some(b'~') => 8,
            _ => return Err("'=', '>=', '<=', '~=' or ':' is missing after the attribute"),
        };
        self.at += usize::from(choice != 3);
        if !self.take(b'=') {
            return Err("'=' is missing here");
        }
        if choice == 3 {
            return self.equality_or_substrings(attribute);
        }
        Ok(assertion(choice, attribute, &self.plain_value()?))
    }

    /// `attribute[:dn][:rule]:=value`, or the same without attribute but with a rule.
    fn extensible(&mut self, attribute: &[u8]) -> Parsed<Vec<u8>> {
        let (mut dn, mut rule) = (false, None);
        loop {
            self.at += 1;
            if self.take(b'=') {
                break;
            }
            let word = self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
            match word {
                b"dn" | b"DN" if !dn && rule.is_none() => dn = true,
                _ if !word.is_empty() && rule.is_none() => rule = Some(word),
                _ => return Err("a matching rule or ':=' is missing here"),
            }
            if self.peek() != Some(b':') {
                return Err("':=' is missing here");
            }
        }
        if attribute.is_empty() && rule.is_none() {
            return Err("an attribute or a matching rule is missing before ':='");
        }
        let value = self.plain_value()?;
        let part = |number, bytes: &[u8]| element(tag::context(number), &[bytes]);
        let rule = rule.map(|rule| part(1, rule)).unwrap_or_default();
        let attribute = if attribute.is_empty() { Vec::new() } else { part(2, attribute) };
        let dn = if dn { part(4, &[0xff]) } else { Vec::new() };
        Ok(element(tag::constructed(9), &[&rule, &attribute, &part(3, &value), &dn]))
    }

    fn equality_or_substrings(&mut self, attribute: &[u8]) -> Parsed<Vec<u8>> {
        let pieces = self.value()?;
        match pieces.as_slice() {
            [] => Ok(assertion(3, attribute, b"")),
            [Piece::Bytes(value)] => Ok(assertion(3, attribute, value)),
            [Piece::Star] => Ok(element(tag::context(7), &[attribute])),
            _ => {
                let last = pieces.len() - 1;
                let encoded = pieces.iter().enumerate().filter_map(|(index, piece)| match piece {
                    Piece::Bytes(bytes) if index == 0 => Some(element(tag::context(0), &[bytes])),
                    Piece::Bytes(bytes) if index == last => Some(element(tag::context(2), &[bytes])),
                    Piece::Bytes(bytes) => Some(element(tag::context(1), &[bytes])),
                    Piece::Star => None,
                });
                let substrings: Vec<u8> = encoded.flatten().collect();
                if substrings.is_empty() {
                    return Err("'**' matches nothing; '*' alone means that the attribute is there");
                }
                let name = element(tag::OCTET_STRING, &[attribute]);
                Ok(element(tag::constructed(4), &[&name, &element(tag::SEQUENCE, &[&substrings])]))
            }
        }
    }

    fn plain_value(&mut self) -> Parsed<Vec<u8>> {
        match self.value()?.as_mut_slice() {
            [] => Ok(Vec::new()),
            [Piece::Bytes(value)] => Ok(std::mem::take(value)),
            _ => Err("'*' stands only after '='; write it as '\\2a'"),
        }
    }

    fn value(&mut self) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        loop {
            let byte = match self.peek() {
                None | Some(b')') => return Ok(pieces),
                Some(b'(') => return Err("'(' in a value is written as '\\28'"),
                Some(0) => return Err("a NUL in a value is written as '\\00'"),
                Some(b'*') => {
                    self.at += 1;
                    pieces.push(Piece::Star);
                    continue;
                }
                Some(b'\\') => self.escaped()?,
                Some(byte) => byte,
            };
            self.at += 1;
            match pieces.last_mut() {
                Some(Piece::Bytes(bytes)) => bytes.push(byte),
                _ => pieces.push(Piece::Bytes(vec![byte])),
            }
        }
    }

    /// The byte of `\xx`; stays on its last character.
    fn escaped(&mut self) -> Parsed<u8> {
        let wrong = "a backslash is followed by two hexadecimal digits; itself it is written as '\\5c'";
        let digits = self.bytes.get(self.at + 1..self.at + 3).ok_or(wrong)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).map_err(|_| wrong)?;
        self.at += 2;
        let [byte] = byte;
        Ok(byte)
    }
}

#[cfg(test)]
mod tests;
