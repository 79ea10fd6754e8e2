//! What is taken from a server at most: it must not decide how much memory we need, nor how long we wait.

use crate::{
    directory::entry::Entry,
    error::{Error, ErrorId},
};

const MIB: usize = 1024 * 1024;

/// Bytes of a message. What is longer is no answer of a directory: Active Directory's largest attribute has some
/// 1,300 values of 32 KiB (MaxValRange gives 1,500 of a larger one at once), 42 MiB.
pub(super) const MESSAGE: usize = 64 * MIB;

/// Bytes of an object that are held, and of any other answer; 8,000 certificates of 2 KiB. A longer object is passed
/// over and told as one that can't be read.
pub(super) const OBJECT: usize = 16 * MIB;

/// Attributes and values of an object: an empty value of two bytes takes sixteen here.
pub(super) const VALUES: usize = 65_536;

/// Bytes of a distinguished name. Those of many objects are held at once.
pub(super) const NAME: usize = 8 * 1024;

/// Parts in which the values of one object come. Active Directory gives 1,500 values a part, and holds some 1,300 in an
/// attribute of certificates.
pub(super) const PARTS: usize = 200;

/// Objects in an answer, as a multiple of those that were asked for; some servers take the number for a hint.
pub(super) const ANSWER_FACTOR: u32 = 10;

/// Objects in an answer that tells of changes, of which there may be some in each hundred bytes of the size that was asked for.
pub(super) const CHANGES: u32 = 100_000;

/// Objects of one page that are asked for again, since values are missing or they can't be read.
pub(super) const AGAIN: usize = 2_000;

/// References to other servers in one answer; each is told in the log. A domain has a handful of children.
pub(super) const REFERENCES: usize = 1_000;

/// Pages without any object one after the other. Active Directory sends some while it looks through what does not
/// match; the time limit holds for all of them together.
pub(super) const EMPTY_PAGES: u32 = 100;

/// Parts of an answer that tells of changes without any, one after the other: the server looks through some thousand objects
/// for each.
pub(super) const EMPTY_PARTS: u32 = 10_000;

/// Pages of a search: 500 million objects.
pub(super) const PAGES: u32 = 1_000_000;

/// Bytes of the cookie between two pages, which goes back with the next request. Servers take some hundred.
pub(super) const COOKIE: usize = 64 * 1024;

/// Bytes of all objects that a look at single ones holds at once; what is beyond counts as not readable.
pub(super) const HELD: usize = 64 * MIB;

/// Objects that the identities of one request may name.
pub(super) const NAMED: usize = 10_000;

/// Characters of what a server says about an error.
pub(super) const SAID: usize = 1_000;

/// References of a refusal that are kept, to tell the first.
pub(super) const REFERRALS: usize = 10;

/// How many bytes of objects may still be held.
pub(super) struct Room(usize);

impl Room {
    /// For one request.
    pub fn new() -> Self {
        Self(HELD)
    }

    /// Takes the room of `entry`. Fails with `RecipientInvalid` where there is not that much.
    pub fn take(&mut self, entry: &Entry) -> Result<(), Error> {
        self.0 = self.0.checked_sub(entry.size()).ok_or_else(|| {
            skipped(&entry.dn, "it and those that were asked for with it are larger than 64 MiB")
        })?;
        Ok(())
    }
}

/// The error of an object that is passed over.
pub(super) fn skipped(dn: &str, why: &str) -> Error {
    Error::new(ErrorId::RecipientInvalid, format!("The object '{dn}' was skipped: {why}.")).target(dn)
}

/// `text`, if it is not longer than this many bytes, else its beginning.
pub(super) fn beginning(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}
