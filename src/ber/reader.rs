//! Elements one after the other.

use super::{Element, Flaw, Header, Length, Rules};

/// Reads the first element of `bytes`; hands back what follows it, too.
pub fn read<'a>(bytes: &'a [u8], rules: &'static Rules) -> Result<(Element<'a>, &'a [u8]), Flaw> {
    let mut reader = Reader::new(bytes, rules);
    reader.element().map(|element| (element, reader.rest))
}

/// Reads `bytes` as exactly one element of this tag.
pub fn read_only<'a>(bytes: &'a [u8], rules: &'static Rules, tag: u8) -> Option<Element<'a>> {
    read(bytes, rules)
        .ok()
        .filter(|(element, rest)| element.tag == tag && rest.is_empty())
        .map(|(one, _)| one)
}

/// Reads elements one after the other. As an iterator it ends after the first broken one.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    rules: &'static Rules,
}

impl<'a> Reader<'a> {
    /// Reads what is in `bytes`.
    pub fn new(bytes: &'a [u8], rules: &'static Rules) -> Self {
        Self { rest: bytes, rules }
    }

    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element. One that fails is not skipped.
    pub fn element(&mut self) -> Result<Element<'a>, Flaw> {
        let header = Header::read(self.rest, self.rules)?.ok_or(Flaw::CutOff)?;
        let body = self.rest.get(header.size..).ok_or(Flaw::CutOff)?;
        let (content, end) = match header.content {
            Length::Definite(length) => (length, length),
            Length::Indefinite => self.indefinite(body)?,
        };
        let (contents, after) = (body.get(..content), body.get(end..));
        let (contents, after) = contents.zip(after).ok_or(Flaw::PastTheEnd)?;
        let raw = self.rest.get(..header.size + end).ok_or(Flaw::PastTheEnd)?;
        self.rest = after;
        let indefinite = header.content == Length::Indefinite;
        Ok(Element { tag: header.tag, contents, raw, indefinite, rules: self.rules })
    }

    /// Where the content of indefinite length that begins `body` ends: before and after its end-of-contents octets.
    fn indefinite(&self, body: &[u8]) -> Result<(usize, usize), Flaw> {
        let most = self.rules.indefinite.ok_or(Flaw::Indefinite)?;
        let (mut open, mut at) = (1, 0);
        loop {
            let rest = body.get(at..).ok_or(Flaw::PastTheEnd)?;
            if rest.starts_with(&[0, 0]) {
                open -= 1;
                if open == 0 {
                    return Ok((at, at + 2));
                }
                at += 2;
                continue;
            }
            if open > most {
                return Err(Flaw::TooDeep);
            }
            let header = Header::read(rest, self.rules)?.ok_or(Flaw::CutOff)?;
            at += header.size;
            match header.content {
                Length::Definite(length) => at = at.checked_add(length).ok_or(Flaw::PastTheEnd)?,
                Length::Indefinite => open += 1,
            }
        }
    }

    /// The next element, which must have this tag. Fails with `OtherTag` if it has not.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, Flaw> {
        self.element().and_then(|found| if found.tag == tag { Ok(found) } else { Err(Flaw::OtherTag) })
    }

    /// The next element as a number from 0 to 2^31 - 1. Fails with `NumberRange` if it is none.
    pub fn number(&mut self, tag: u8) -> Result<u32, Flaw> {
        let bytes = self.expect(tag)?.contents;
        let number = bytes.iter().try_fold(0u32, |number, byte| {
            number.checked_mul(256).and_then(|number| number.checked_add(u32::from(*byte)))
        });
        number.filter(|number| !bytes.is_empty() && *number <= i32::MAX as u32).ok_or(Flaw::NumberRange)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Element<'a>, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_empty() {
            return None;
        }
        let element = self.element();
        if element.is_err() {
            self.rest = &[];
        }
        Some(element)
    }
}
