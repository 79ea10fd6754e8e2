//! The addresses of a directory's entry, without what nobody sees around and in them.

use std::borrow::Cow;

use super::entry::Entry;
use crate::{
    error::{Error, Result},
    model::{RecipientKind, trimmed},
};

/// The SMTP ones of `proxyAddresses`, and the one marked as primary by its upper-case prefix. Where a directory has another
/// attribute for them, that may hold bare addresses, too; in Active Directory a bare one would be no address at all.
pub(super) fn smtp_addresses(entry: &Entry, trim: &mut Trim) -> Result<(Vec<String>, Option<String>)> {
    let (mut all, mut primary) = (Vec::new(), None);
    let may_be_bare = entry.is_called_otherwise("proxyAddresses");
    for value in entry.values("proxyAddresses") {
        let invalid =
            || entry.invalid(format!("one of its {} is not UTF-8 text", entry.called("proxyAddresses")));
        let found = match may_be_bare {
            true => trim.smtp_or_bare(value, invalid)?,
            false => trim.smtp(value, invalid)?,
        };
        let Some((address, is_primary)) = found else { continue };
        if is_primary && primary.is_none() {
            primary = Some(address.clone());
        }
        all.push(address);
    }
    Ok((all, primary))
}

/// Where mail to a contact or mail user goes (Microsoft: Target-Address attribute; Exchange's `ExternalEmailAddress`).
/// For others it is a forwarding, perhaps to somebody else.
pub(super) fn target_address(entry: &Entry, kind: RecipientKind, trim: &mut Trim) -> Result<Option<String>> {
    if !matches!(kind, RecipientKind::Contact | RecipientKind::MailUser) {
        return Ok(None);
    }
    let Some(value) = entry.first("targetAddress") else { return Ok(None) };
    let invalid = || entry.invalid("its targetAddress is not UTF-8 text");
    // Some tools write it without the type; other types are no mail addresses of the Internet.
    Ok(trim.smtp_or_bare(value, invalid)?.map(|(address, _)| address))
}

/// Takes what nobody sees off addresses and names, and keeps those that had it.
#[derive(Default)]
pub(super) struct Trim {
    /// The texts that were changed, as they came.
    pub changed: Vec<String>,
}

impl Trim {
    /// `None` where nothing is left.
    pub fn one(&mut self, text: String) -> Option<String> {
        let clean = match trimmed(&text) {
            Cow::Borrowed(clean) if clean.len() == text.len() => None,
            clean => Some(clean.into_owned()),
        };
        match clean {
            None => Some(text).filter(|text| !text.is_empty()),
            Some(clean) => {
                if !self.changed.contains(&text) {
                    self.changed.push(text);
                }
                Some(clean).filter(|clean| !clean.is_empty())
            }
        }
    }

    pub fn all(&mut self, texts: Vec<String>) -> Vec<String> {
        texts.into_iter().filter_map(|text| self.one(text)).collect()
    }

    /// The same where addresses without a type stand as well.
    fn smtp_or_bare(&mut self, value: &[u8], invalid: impl Fn() -> Error) -> Result<Option<(String, bool)>> {
        if value.contains(&b':') {
            return self.smtp(value, invalid);
        }
        let text = String::from_utf8(value.to_vec()).map_err(|_| invalid())?;
        Ok(self.one(text).map(|address| (address, false)))
    }

    /// The address behind `smtp:`, and whether that is in upper case; `None` for other types of addresses.
    fn smtp(&mut self, value: &[u8], invalid: impl Fn() -> Error) -> Result<Option<(String, bool)>> {
        let typed = |text: &[u8]| {
            let (prefix, address) = text.split_at_checked(b"smtp:".len())?;
            prefix.eq_ignore_ascii_case(b"smtp:").then(|| (address.to_vec(), prefix == b"SMTP:"))
        };
        let Ok(text) = std::str::from_utf8(value) else {
            // Broken text of another type does no harm.
            return if typed(value).is_some() { Err(invalid()) } else { Ok(None) };
        };
        let Some((address, is_primary)) = typed(trimmed(text).as_bytes()) else { return Ok(None) };
        let address = String::from_utf8(address).map_err(|_| invalid())?;
        let address = trimmed(&address).into_owned();
        if text.get(b"smtp:".len()..) != Some(&address) && !self.changed.iter().any(|known| known == text) {
            self.changed.push(text.to_owned());
        }
        Ok(Some((address, is_primary)).filter(|(address, _)| !address.is_empty()))
    }
}
