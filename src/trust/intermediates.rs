//! CA certificates that came along with a certificate, by their names.

use std::{cmp::Reverse, collections::HashMap};

use crate::certificate::Certificate;

/// The most CA certificates of one name that are tried. Real ones have a few: renewed and cross-signed.
const MAX_OF_ONE_NAME: usize = 64;

/// CA certificates that came along, each once.
#[derive(Debug, Default)]
pub struct Intermediates<'a> {
    by_subject: HashMap<&'a str, SameName<'a>>,
}

/// Those of one name.
#[derive(Debug, Default)]
pub(super) struct SameName<'a> {
    /// Those that are tried, the longest valid first: an order that does not depend on that of the values.
    pub tried: Vec<&'a Certificate>,
    /// Whether there are more.
    pub cut_short: bool,
}

impl<'a> Intermediates<'a> {
    /// These.
    pub fn new(certificates: impl IntoIterator<Item = &'a Certificate>) -> Self {
        let mut by_subject: HashMap<&'a str, SameName<'a>> = HashMap::new();
        for certificate in certificates {
            by_subject.entry(&certificate.subject.key).or_default().tried.push(certificate);
        }
        for same_name in by_subject.values_mut() {
            let tried = &mut same_name.tried;
            tried.sort_by_key(|one| (Reverse(one.not_after), one.fingerprint));
            tried.dedup_by_key(|one| one.fingerprint);
            same_name.cut_short = tried.len() > MAX_OF_ONE_NAME;
            tried.truncate(MAX_OF_ONE_NAME);
        }
        Self { by_subject }
    }

    /// Those whose subject is the name with that key.
    pub(super) fn named(&self, key: &str) -> Option<&SameName<'a>> {
        self.by_subject.get(key)
    }
}
