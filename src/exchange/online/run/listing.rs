//! A list of everybody: how large its pages are, and whom it has handed over. Pure, with the time as a parameter.
//!
//! A page that is too slow or too large is asked for again with half as many objects. Where the service does not take
//! the address of a page for that, the list begins anew, and nobody is handed over twice.

use std::{collections::HashSet, time::Duration};

use uuid::Uuid;

use crate::exchange::{Object, dialect::PageSize, http::MAX_BODY, online::delivery::AnswerSize};

/// How often a list begins anew at most.
const MOST_BEGINNINGS: u32 = 4;
/// Attempts at a page, after which a smaller one is tried whatever the service says of its failure.
const PATIENCE: u32 = 2;
/// So many pages in a row without anybody new end a list that began once: links that never end lead nowhere.
const MOST_STALE: usize = 20;
/// A list whose pages all were smaller and faster than this part of what is allowed has larger ones the next time.
const SMALL: u32 = 4;

/// How far a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    size: PageSize,
    /// A page was asked for again with fewer objects, and has not come yet.
    shrunk: bool,
    /// A page of this list was too large or too slow.
    strained: bool,
    largest: usize,
    slowest: Duration,
    beginnings: u32,
    /// Pages in a row that showed nobody new.
    stale: usize,
    /// Whom it has handed over: some 20 bytes each.
    given: HashSet<Uuid>,
}

impl Listing {
    /// A list with pages of `size` to begin with.
    pub fn new(size: PageSize) -> Self {
        Self {
            size,
            shrunk: false,
            strained: false,
            largest: 0,
            slowest: Duration::ZERO,
            beginnings: 1,
            stale: 0,
            given: HashSet::new(),
        }
    }

    /// How many objects a page has.
    pub fn size(&self) -> PageSize {
        self.size
    }

    /// Those of a page that were not handed over before. Whoever has no Guid is handed over: it can't be told apart.
    pub fn fresh(&mut self, objects: Vec<Object>) -> Vec<Object> {
        let mut is_new = |object: &Object| {
            let guid = object.text("Guid").and_then(|text| Uuid::parse_str(text).ok());
            guid.is_none_or(|guid| self.given.insert(guid))
        };
        let fresh: Vec<Object> = objects.into_iter().filter(|object| is_new(object)).collect();
        self.stale = if fresh.is_empty() { self.stale.saturating_add(1) } else { 0 };
        fresh
    }

    /// Whether the pages go on and show nobody new. One that began anew shows everybody once more first.
    pub fn leads_nowhere(&self) -> bool {
        let again = if self.beginnings > 1 { self.given.len() } else { 0 };
        self.stale > MOST_STALE.saturating_add(again)
    }

    /// Takes note of a page that came after `took`.
    pub fn came(&mut self, size: AnswerSize, took: Duration) {
        self.shrunk = false;
        self.slowest = self.slowest.max(took);
        if let AnswerSize::Bytes(bytes) = size {
            self.largest = self.largest.max(bytes);
        }
    }

    /// Whether a page that failed for the `attempts`th time, 0 for one that never reached the service, is to be asked for
    /// again with fewer objects at once; the size is smaller then.
    pub fn shrinks(&mut self, size: AnswerSize, attempts: u32) -> bool {
        let is_strain = matches!(size, AnswerSize::TooLarge | AnswerSize::TooSlow);
        let smaller = self.size.smaller().filter(|_| is_strain || attempts >= PATIENCE);
        let Some(smaller) = smaller else { return false };
        (self.size, self.shrunk, self.strained) = (smaller, true, true);
        true
    }

    /// Whether the list is to begin anew, since the service refuses a page: not the first one, whose address it gave
    /// for a page of another size.
    pub fn begins_anew(&mut self, at_link: bool) -> bool {
        if !at_link || !self.shrunk || self.beginnings >= MOST_BEGINNINGS {
            return false;
        }
        self.beginnings += 1;
        self.shrunk = false;
        true
    }

    /// The size for the next list, once this one is whole: `limit` is for each page.
    pub fn next_size(&self, limit: Duration) -> PageSize {
        let fast = self.slowest.saturating_mul(SMALL) < limit;
        let small = self.largest.saturating_mul(SMALL as usize) < MAX_BODY;
        if self.strained || !fast || !small { self.size } else { self.size.larger() }
    }
}

#[cfg(test)]
mod tests;
