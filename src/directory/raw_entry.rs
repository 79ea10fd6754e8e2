//! An object of a directory as it came: its bytes once, and where in them its attributes and values are.

use std::{fmt, ops::Range};

/// An object of a directory: its name and its attributes, as they came.
///
/// Values are places in the bytes that came, so that an object takes little more than the message that it was in.
#[derive(Clone, Default)]
pub struct Entry {
    /// The distinguished name, as the source writes it.
    pub dn: String,
    bytes: Vec<u8>,
    attributes: Vec<Slot>,
}

/// Where an attribute's name and values are.
#[derive(Clone)]
struct Slot {
    name: Range<usize>,
    values: Vec<Range<usize>>,
}

/// One attribute of an [`Entry`].
#[derive(Clone, Copy)]
pub struct EntryAttribute<'a> {
    bytes: &'a [u8],
    slot: &'a Slot,
}

impl<'a> EntryAttribute<'a> {
    /// Its name, in any case, perhaps with options such as `;binary` or `;range=0-1499`.
    pub fn name(&self) -> &'a str {
        let name = self.bytes.get(self.slot.name.clone()).unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// Its values in their order.
    pub fn values(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let bytes = self.bytes;
        self.slot.values.iter().map(move |value| bytes.get(value.clone()).unwrap_or_default())
    }
}

impl Entry {
    /// An object of this name, without attributes.
    pub fn new(dn: impl Into<String>) -> Self {
        Self { dn: dn.into(), ..Self::default() }
    }

    /// The object of a message: `bytes` is the message, whose attributes [`Entry::place`] names.
    pub(super) fn of_message(dn: String, bytes: Vec<u8>, attributes: Vec<Placed>) -> Self {
        let slot = |(name, values)| Slot { name, values };
        Self { dn, bytes, attributes: attributes.into_iter().map(slot).collect() }
    }

    /// Its attributes in their order. A name may come more than once.
    pub fn attributes(&self) -> impl DoubleEndedIterator<Item = EntryAttribute<'_>> {
        self.attributes.iter().map(|slot| EntryAttribute { bytes: &self.bytes, slot })
    }

    /// Adds an attribute without values.
    pub fn add_attribute(&mut self, name: &str) {
        let name = self.keep(name.as_bytes());
        self.attributes.push(Slot { name, values: Vec::new() });
    }

    /// Adds a value to the attribute that was added last.
    pub fn add_value(&mut self, value: &[u8]) {
        let value = self.keep(value);
        if let Some(last) = self.attributes.last_mut() {
            last.values.push(value);
        }
    }

    /// Gives the attribute with this number another name, and `values` behind its own.
    pub(super) fn continue_attribute<'a>(
        &mut self,
        number: usize,
        name: &str,
        values: impl Iterator<Item = &'a [u8]> + Clone,
    ) {
        self.bytes.reserve_exact(name.len() + values.clone().map(<[u8]>::len).sum::<usize>());
        let name = self.keep(name.as_bytes());
        let values: Vec<_> = values.map(|value| self.keep(value)).collect();
        if let Some(slot) = self.attributes.get_mut(number) {
            slot.name = name;
            slot.values.extend(values);
        }
    }

    /// How many bytes it holds.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How many values and attributes it has.
    pub(super) fn count(&self) -> usize {
        self.attributes.iter().map(|slot| slot.values.len() + 1).sum()
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        begin..self.bytes.len()
    }
}

/// Where the name and the values of an attribute are in a message.
pub(super) type Placed = (Range<usize>, Vec<Range<usize>>);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.dn == other.dn && self.attributes().eq(other.attributes())
    }
}

impl Eq for Entry {}

impl PartialEq for EntryAttribute<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.values().eq(other.values())
    }
}

impl fmt::Debug for EntryAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.name()).field(&self.values().collect::<Vec<_>>()).finish()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: Vec<_> = self.attributes().collect();
        f.debug_struct("Entry").field("dn", &self.dn).field("attributes", &attributes).finish()
    }
}
