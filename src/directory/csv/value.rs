//! The values in the text of a cell.

use crate::{
    ber::{self, Header as BerHeader, Length, tag},
    certificate::{ValueForm, decode_text, read_bundle},
    model::{Attribute, Value, counted},
};

/// What a cell of a spreadsheet holds at most (Microsoft: Excel specifications and limits).
const CELL: usize = 32_767;

/// PKCS#7 is a value of `userSMIMECertificate`; all else is judged as a certificate, with what is wrong with it.
pub(super) fn of_any_form(bytes: Vec<u8>) -> Value {
    let attribute = match read_bundle(&bytes).form {
        ValueForm::SignedData | ValueForm::OxoAbk => Attribute::UserSmimeCertificate,
        ValueForm::Certificate | ValueForm::Unknown => Attribute::UserCertificate,
    };
    Value::new(attribute, bytes)
}

/// The values in base64 or PEM text; or why there are none, as a phrase that follows their column's name.
pub(super) fn from_text(text: &[u8], value: impl Fn(Vec<u8>) -> Value) -> Result<Vec<Value>, String> {
    let blocks = decode_text(text).ok_or("is neither base64 nor PEM")?;
    if blocks.is_empty() {
        return Err("has no PEM block with a certificate".into());
    }
    blocks
        .into_iter()
        .map(|block| block.map(&value).map_err(|reason| format!("is damaged: {reason}")))
        .collect()
}

/// The values in a cell: base64, PEM, or hexadecimal digits as `csvde` (`X'…'`, several behind `;`) and SQL (`0x…`)
/// write them. Or what it looks like, as a phrase that follows the column's name.
pub(super) fn from_field(text: &str, value: impl Fn(Vec<u8>) -> Value) -> Result<Vec<Value>, String> {
    let values: Vec<Value> = match hexadecimal(text) {
        Some(decoded) => decoded?.into_iter().map(value).collect(),
        None if is_decimal(text) => return Err(DECIMAL.into()),
        None if text.eq_ignore_ascii_case("System.Byte[]") => return Err(TYPE_NAME.into()),
        None => from_text(text.as_bytes(), value).map_err(|reason| {
            if is_half_base64(text) { cut("its base64 ends within a byte", text) } else { reason }
        })?,
    };
    for one in &values {
        if let Some(missing) = missing_bytes(&one.bytes) {
            return Err(cut(&missing, text));
        }
        if !is_plausible(&one.bytes) {
            return Err("can be decoded, but holds no certificate".into());
        }
    }
    Ok(values)
}

const DECIMAL: &str = "looks like decimal numbers, one for each byte, as PowerShell writes an array of bytes; write \
                       [Convert]::ToBase64String() of it";
const TYPE_NAME: &str =
    "is the name of a type instead of a value; write [Convert]::ToBase64String() of the bytes";
const BROKEN_DIGITS: &str = "looks like hexadecimal digits, but is cut off or has other characters in it";

/// That a value is cut off, and by whom.
fn cut(reason: &str, text: &str) -> String {
    let longest = CELL.saturating_sub(8)..=CELL;
    let by_whom = if longest.contains(&text.chars().count()) {
        format!(
            "; a cell of a spreadsheet holds {CELL} characters, so put the value into a file and name it in CertificatePath"
        )
    } else {
        String::new()
    };
    format!("is cut off: {reason}{by_whom}")
}

/// Whether text that is no base64 begins as that of a certificate does, and only its end is not right.
fn is_half_base64(text: &str) -> bool {
    let mut digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    text.starts_with('M') && digits.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// The bytes of hexadecimal digits, if the text is such: base64 of a certificate begins with `M`, its digits with `30`.
fn hexadecimal(text: &str) -> Option<Result<Vec<Vec<u8>>, String>> {
    let marked = |text: &str| text.starts_with("X'") || text.starts_with("x'");
    if marked(text) {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let digits = |part: &str| {
            let inner = part.strip_prefix(['X', 'x'])?.strip_prefix('\'')?.strip_suffix('\'')?;
            digits(inner)
        };
        let all: Option<Vec<_>> = parts.map(digits).collect();
        return Some(all.ok_or_else(|| BROKEN_DIGITS.to_owned()));
    }
    let prefixed = ["0x", "0X", "\\x"].iter().find_map(|prefix| text.strip_prefix(prefix));
    match prefixed {
        Some(rest) => Some(digits(rest).map(|one| vec![one]).ok_or_else(|| BROKEN_DIGITS.to_owned())),
        None if text.starts_with("30") => digits(text).map(|one| Ok(vec![one])),
        None => None,
    }
}

/// The bytes of pairs of digits, perhaps with separators between them.
fn digits(text: &str) -> Option<Vec<u8>> {
    let compact: String =
        text.chars().filter(|c| !c.is_ascii_whitespace() && !matches!(c, ':' | '-')).collect();
    hex::decode(compact).ok().filter(|bytes| !bytes.is_empty())
}

/// Whether it is a list of numbers of one byte each.
fn is_decimal(text: &str) -> bool {
    let mut numbers =
        text.split([' ', ',', ';', '\t', '\r', '\n']).filter(|number| !number.is_empty()).peekable();
    let several = text.contains([' ', ',', ';']);
    several && numbers.peek().is_some() && numbers.all(|number| number.parse::<u8>().is_ok())
}

/// How many bytes fewer there are than the value says it has, if there are.
fn missing_bytes(bytes: &[u8]) -> Option<String> {
    let header = BerHeader::read(bytes, ber::ANY).ok()?;
    let Some(header) = header else {
        return (bytes.first() == Some(&tag::SEQUENCE)).then(|| "nearly all bytes are missing".to_owned());
    };
    match (header.tag, header.content) {
        (tag::SEQUENCE, Length::Definite(length)) => {
            let missing =
                length.checked_add(header.size)?.checked_sub(bytes.len()).filter(|some| *some > 0)?;
            Some(format!("{} missing", counted(missing, "byte is", "bytes are")))
        }
        _ => None,
    }
}

/// Whether it may be a value: something in ASN.1, or a form in which a certificate is found.
fn is_plausible(bytes: &[u8]) -> bool {
    bytes.first() == Some(&tag::SEQUENCE) || !read_bundle(bytes).certificates.is_empty()
}
