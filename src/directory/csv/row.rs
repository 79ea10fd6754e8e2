//! One row: an address and its certificates.

use std::{
    borrow::Cow,
    io::Read,
    path::{Component, Path, PathBuf},
};

use csv::ByteRecord;

use super::{
    header::Header,
    value::{from_field, from_text, of_any_form},
};
use crate::{
    certificate::read_bundle,
    model::{Attribute, Value, counted, is_invisible, trimmed},
    regular_file,
};

/// The largest certificate file that is read.
const MAX_FILE: u64 = 1 << 20;

/// The longest address (RFC 5321, 4.5.3.1: local part and domain).
const MAX_ADDRESS: usize = 64 + 1 + 255;

/// Endings of certificate files; nothing else is opened.
const EXTENSIONS: [&str; 6] = ["cer", "crt", "der", "pem", "p7b", "p7c"];

/// A row with the columns that its header gives it.
pub(super) struct Row<'a> {
    header: &'a Header,
    record: &'a ByteRecord,
}

impl<'a> Row<'a> {
    /// A row of UTF-8 fields.
    pub fn new(header: &'a Header, record: &'a ByteRecord) -> Self {
        Self { header, record }
    }

    /// Whether nothing is in it, as in the rows that spreadsheets write below their last one.
    pub fn is_empty(&self) -> bool {
        self.record.iter().all(|field| field.trim_ascii().is_empty())
    }

    /// The address without `SMTP:` before it and what nobody sees around it; or why it is none, as a phrase.
    pub fn address(&self) -> Result<Cow<'a, str>, String> {
        plain_address(self.raw(Some(self.header.address)))?.ok_or_else(|| "it has no address".into())
    }

    /// Where mail to it goes, if that is told in a column of its own; or why that is no address, as a phrase.
    pub fn external_address(&self) -> Result<Option<Cow<'a, str>>, String> {
        plain_address(self.raw(self.header.external_address))
    }

    /// The address as it is written there, where something stands around or in it that nobody sees. Spaces around a
    /// value are a matter of the form of the file.
    pub fn untrimmed_address(&self) -> Option<&'a str> {
        let text = self.raw(Some(self.header.address));
        (trimmed(text) != text.trim_matches([' ', '\t'])).then_some(text)
    }

    /// Whether it has the columns that the header names; or what it has, as a phrase. Behind those that may hold a
    /// certificate, spreadsheets leave empty ones out.
    pub fn check_width(&self) -> Result<(), String> {
        let (values, columns) = (self.record.len(), self.header.width);
        if (self.header.needed()..=columns).contains(&values) {
            return Ok(());
        }
        let values = counted(values, "value", "values");
        Err(format!("it has {values}, and the header {}", counted(columns, "column", "columns")))
    }

    /// The name, as people see it.
    pub fn display_name(&self) -> Option<Cow<'a, str>> {
        Some(trimmed(self.raw(self.header.display_name))).filter(|name| !name.is_empty())
    }

    /// All values of the row; `folder` is where its paths begin. Or why one can't be had, as a phrase.
    pub fn values(&self, folder: &Path) -> Result<Vec<Value>, String> {
        let mut values = self.decoded("Certificate", self.header.certificate, of_any_form)?;
        values.extend(self.decoded("UserSMimeCertificate", self.header.signed_data, |bytes| {
            Value::new(Attribute::UserSmimeCertificate, bytes)
        })?);
        let path = self.field(self.header.certificate_path);
        if !path.is_empty() {
            let found = from_file(folder, path);
            values.extend(
                found.map_err(|reason| format!("its CertificatePath '{}' {reason}", shortened(path)))?,
            );
        }
        Ok(values)
    }

    /// The values in the text of a column.
    fn decoded(
        &self,
        name: &str,
        column: Option<usize>,
        value: impl Fn(Vec<u8>) -> Value,
    ) -> Result<Vec<Value>, String> {
        match self.field(column) {
            "" => Ok(Vec::new()),
            text => from_field(text, value).map_err(|reason| format!("its {name} {reason}")),
        }
    }

    fn field(&self, column: Option<usize>) -> &'a str {
        let surrounds = |c: char| c.is_whitespace() || is_invisible(c);
        self.raw(column).trim_matches(surrounds)
    }

    fn raw(&self, column: Option<usize>) -> &'a str {
        let field = column.and_then(|column| self.record.get(column)).unwrap_or_default();
        std::str::from_utf8(field).unwrap_or_default()
    }
}

/// The address in a cell, `None` in an empty one; or why it is none, as a phrase.
fn plain_address(cell: &str) -> Result<Option<Cow<'_, str>>, String> {
    let text = trimmed(cell);
    let address = match text.split_at_checked("smtp:".len()) {
        Some((prefix, address)) if prefix.eq_ignore_ascii_case("smtp:") => {
            Cow::Owned(trimmed(address).into_owned())
        }
        _ => text,
    };
    if address.is_empty() {
        return Ok(None);
    }
    let parts = address.split_once('@');
    let whole =
        |(local, domain): (&str, &str)| !local.is_empty() && !domain.is_empty() && !domain.contains('@');
    let plain = !address.contains(|c: char| c.is_whitespace() || c.is_control());
    if address.len() <= MAX_ADDRESS && plain && parts.is_some_and(whole) {
        Ok(Some(address))
    } else {
        Err(format!("'{}' is not an address", shortened(&address)))
    }
}

/// The beginning of a text that may be long, for messages.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() { format!("{start}…") } else { start }
}

/// The values in a certificate file; or why there are none, as a phrase that follows the path.
fn from_file(folder: &Path, path: &str) -> Result<Vec<Value>, String> {
    let bytes = read_file(&resolve(folder, path)?)?;
    match from_text(&bytes, of_any_form) {
        Ok(values) => Ok(values),
        Err(reason) if bytes.starts_with(b"-----BEGIN") => Err(reason),
        Err(_) if read_bundle(&bytes).certificates.is_empty() => Err("holds no certificate".into()),
        Err(_) => Ok(vec![of_any_form(bytes)]),
    }
}

/// Paths begin in the folder of the file and stay in it, unless they are absolute.
fn resolve(folder: &Path, path: &str) -> Result<PathBuf, String> {
    // Files come from Windows, too, and are read on Linux.
    let path = if cfg!(windows) { path.to_owned() } else { path.replace('\\', "/") };
    let path = Path::new(&path);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !path.is_absolute() && !stays {
        return Err("leads out of the folder of the file; give an absolute path".into());
    }
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if !EXTENSIONS.contains(&extension.as_str()) {
        return Err(format!("is no certificate file (.{})", EXTENSIONS.join(", .")));
    }
    Ok(folder.join(path))
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |cause: std::io::Error| format!("can't be read: {cause}");
    let mut bytes = Vec::new();
    let file = regular_file::open(path).map_err(unreadable)?;
    file.take(MAX_FILE.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE) {
        Ok(bytes)
    } else {
        Err(format!("is larger than {MAX_FILE} bytes"))
    }
}
