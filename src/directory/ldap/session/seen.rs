//! Who was handed over before a search had to begin again.

use std::collections::HashSet;

use ring::digest::{SHA256, digest};
use uuid::Uuid;

use crate::directory::{entry::Entry, ldap::dialect::Dialect};

/// Sixteen bytes a person: of 100,000 people some 2 MiB.
#[derive(Debug, Default)]
pub(super) struct Seen {
    earlier: HashSet<u128>,
    now: HashSet<u128>,
}

impl Seen {
    /// The search begins, or begins again.
    pub fn begin_again(&mut self) {
        self.earlier.extend(self.now.drain());
    }

    /// Notes an object; `false` for one that was seen before the search began again. One that comes twice in the same
    /// search is for the caller to judge.
    pub fn is_new(&mut self, entry: &Entry, dialect: &Dialect) -> bool {
        let who = who(entry, dialect);
        if self.earlier.contains(&who) {
            return false;
        }
        self.now.insert(who);
        true
    }
}

fn who(entry: &Entry, dialect: &Dialect) -> u128 {
    let text = dialect.anchor_of(entry).unwrap_or_else(|| entry.dn.to_lowercase());
    match Uuid::try_parse(&text) {
        Ok(anchor) => anchor.as_u128(),
        Err(_) => {
            let hash = digest(&SHA256, text.as_bytes());
            hash.as_ref().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
        }
    }
}
