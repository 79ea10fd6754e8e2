//! CLIXML, PowerShell's serialised objects, as far as answers of Exchange Online need it ([MS-PSRP] 2.2.5).
//!
//! An object becomes an [`Object`] with the members of `Props` and `MS`. Values that are objects themselves become
//! their list, their bytes or what `ToString` says. Nothing is fetched and no entity is defined; depth, number of
//! elements and the size of what references repeat are limited.

mod document;

use self::document::Document;
use super::Object;
use crate::error::{Error, ErrorId, Result};

/// The longest document that is read, in bytes.
const LONGEST: usize = 64 << 20;

/// The objects of a CLIXML document.
///
/// With `counts_only`, binary values are counted instead of kept. Fails with `ExchangeProtocol` where the text is
/// not CLIXML or exceeds a limit.
pub fn read(text: &str, counts_only: bool) -> Result<Vec<Object>> {
    if text.len() > LONGEST {
        return Err(invalid(format_args!("it has {} bytes, and {LONGEST} is the most", text.len())));
    }
    Document::new(text, counts_only).read()
}

/// Text with the escapes of [MS-PSRP] 2.2.5.3.2 (`_x000A_`, a UTF-16 code unit each) put back.
pub fn unescape(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_owned();
    }
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        units.extend(before.encode_utf16());
        let code = from.get(2..6).filter(|_| from.as_bytes().get(6) == Some(&b'_'));
        let code = code.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let (unit, length) = match code.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
            Some(unit) => (unit, 7),
            None => (u16::from(b'_'), 1),
        };
        units.push(unit);
        rest = from.get(length..).unwrap_or_default();
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}

/// Text with character references and XML's five entities put back; others are errors.
fn text_of(raw: &str) -> Result<String> {
    quick_xml::escape::unescape(raw).map(|text| text.into_owned()).map_err(invalid)
}

fn printable(text: &str) -> String {
    super::failure::excerpt(text.as_bytes(), 40)
}

fn invalid(reason: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorId::ExchangeProtocol,
        format!("The answer of Exchange Online is no valid CLIXML: {reason}."),
    )
}

#[cfg(test)]
mod tests;
