//! An object of a directory as it came: its bytes once, and where in them its attributes and values are.

use std::{borrow::Cow, fmt, ops::Range};

use super::attribute_names::AttributeNames;

/// An object of a directory: its name and its attributes, as they came.
///
/// Values are places in the bytes that came, so that an object takes little more than the message that it was in.
#[derive(Clone, Default)]
pub struct Entry {
    /// The distinguished name, as the source writes it.
    pub dn: String,
    bytes: Vec<u8>,
    attributes: Vec<Slot>,
    /// How the directory calls what has our names here.
    names: AttributeNames,
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
        let attributes = attributes.into_iter().map(slot).collect();
        Self { dn, bytes, attributes, names: AttributeNames::OURS }
    }

    /// Its attributes in their order. A name may come more than once.
    pub fn attributes(&self) -> impl DoubleEndedIterator<Item = EntryAttribute<'_>> {
        self.attributes.iter().map(|slot| EntryAttribute { bytes: &self.bytes, slot })
    }

    /// Gives the attributes of an object that came from a directory with these names our own. What has one of ours there, and is
    /// not what we mean by it, goes.
    pub(super) fn rename(&mut self, names: &AttributeNames) {
        if names.are_ours() {
            return;
        }
        self.names = names.clone();
        let slots = std::mem::take(&mut self.attributes);
        let renamed = |slot: Slot| {
            let name = self.bytes.get(slot.name.clone()).unwrap_or_default();
            match names.received(std::str::from_utf8(name).unwrap_or_default())? {
                Cow::Owned(ours) => Some((slot, Some(ours))),
                Cow::Borrowed(_) => Some((slot, None)),
            }
        };
        let renamed: Vec<_> = slots.into_iter().filter_map(renamed).collect();
        let more = renamed.iter().filter_map(|(_, ours)| ours.as_ref()).map(String::len).sum();
        // The message may be large: it grows once, and no more than it has to.
        self.bytes.reserve_exact(more);
        for (mut slot, ours) in renamed {
            if let Some(ours) = ours {
                slot.name = self.keep(ours.as_bytes());
            }
            self.attributes.push(slot);
        }
    }

    /// How the directory calls the attribute, for messages.
    pub(super) fn called<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.of(name)
    }

    /// Whether the directory calls the attribute by another name.
    pub(super) fn is_called_otherwise(&self, name: &str) -> bool {
        self.names.has_other(name)
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
