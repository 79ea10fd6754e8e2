//! Everybody of an organisation, found by address or Guid; about 200 bytes a recipient.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    found::{Flags, Found, role},
    kind::Key,
};
use crate::targets::TargetQuery;

/// What is known of one recipient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    pub key: Key,
    pub flags: Flags,
}

/// One address of one recipient.
struct Address {
    /// In lower case.
    text: Box<str>,
    entry: u32,
    roles: u8,
}

/// Whom a query means.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Identifiers that settle it by themselves.
    pub guids: Vec<Uuid>,
    /// The primary address in lower case.
    pub address: Option<String>,
    /// The user principal name in lower case.
    pub user_principal_name: Option<String>,
}

impl Wanted {
    /// `guids` are those of an earlier link, and of the source where the target has the same.
    pub(super) fn of(query: &TargetQuery<'_>, guids: Vec<Uuid>) -> Self {
        let lower =
            |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(str::to_lowercase);
        Self {
            guids,
            address: lower(&query.recipient.address),
            user_principal_name: lower(&query.recipient.user_principal_name),
        }
    }
}

/// What an index has for a query.
#[derive(Debug, PartialEq)]
pub(super) enum Located {
    Nobody,
    One(Entry),
    /// The names of those who come into question.
    Several(Vec<String>),
}

/// Recipients by address and Guid.
#[derive(Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    /// In the order of their texts, once [`Index::sort`] was called.
    addresses: Vec<Address>,
    /// Places of entries, in the order of their Guids.
    by_guid: Vec<u32>,
}

impl Index {
    /// Adds a recipient; [`Index::sort`] is due afterwards.
    pub(super) fn push(&mut self, found: &Found) {
        // Exchange Online has far fewer recipients than this can number.
        let Ok(entry) = u32::try_from(self.entries.len()) else { return };
        self.entries.push(Entry { key: found.key, flags: found.flags });
        self.by_guid.push(entry);
        let address =
            |(text, roles): &(String, u8)| Address { text: text.as_str().into(), entry, roles: *roles };
        self.addresses.extend(found.addresses.iter().map(address));
    }

    /// Those in `found`.
    pub(super) fn of(found: &[Found]) -> Self {
        let mut index = Self::default();
        found.iter().for_each(|one| index.push(one));
        index.sort();
        index
    }

    /// Makes what was added findable.
    pub(super) fn sort(&mut self) {
        let Self { entries, addresses, by_guid } = self;
        addresses.sort_unstable_by(|one, other| one.text.cmp(&other.text));
        by_guid.sort_unstable_by_key(|place| entries.get(*place as usize).map(|entry| entry.key.guid));
        entries.shrink_to_fit();
        addresses.shrink_to_fit();
        by_guid.shrink_to_fit();
    }

    /// Everybody.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many recipients it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The one with that Guid.
    pub(super) fn by_guid(&self, guid: Uuid) -> Option<Entry> {
        let guid_of = |place: &u32| self.entries.get(*place as usize).map(|entry| entry.key.guid);
        let place = self.by_guid.binary_search_by_key(&Some(guid), guid_of).ok()?;
        self.entries.get(*self.by_guid.get(place)? as usize).copied()
    }

    /// The places of those who have an address in one of the `roles`.
    fn with_address<'a>(&'a self, text: &'a str, roles: u8) -> impl Iterator<Item = u32> + 'a {
        let start = self.addresses.partition_point(|address| *address.text < *text);
        let same = self.addresses.get(start..).unwrap_or_default();
        same.iter()
            .take_while(move |address| *address.text == *text)
            .filter(move |address| address.roles & roles != 0)
            .map(|address| address.entry)
    }

    /// Whether anybody has the Guid or, as its own, the address of a query.
    pub(super) fn has_address_or_guid(&self, wanted: &Wanted) -> bool {
        let own = role::PRIMARY | role::PROXY;
        wanted.guids.iter().any(|guid| self.by_guid(*guid).is_some())
            || wanted.address.iter().any(|address| self.with_address(address, own).next().is_some())
    }

    /// Finds whom a query means: by Guid, by the primary address, by any address, by the user principal name or
    /// `WindowsEmailAddress`, or by where a contact's mail goes. The first of these that finds anybody decides.
    pub(super) fn find(&self, wanted: &Wanted) -> Located {
        if let Some(entry) = wanted.guids.iter().find_map(|guid| self.by_guid(*guid)) {
            return Located::One(entry);
        }
        let (address, name) = (wanted.address.as_deref(), wanted.user_principal_name.as_deref());
        let levels =
            [(address, None, role::PRIMARY), (address, None, role::PROXY), (name, address, role::NAME)];
        for (first, second, roles) in levels {
            let texts = first.into_iter().chain(second);
            let places: BTreeSet<u32> = texts.flat_map(|text| self.with_address(text, roles)).collect();
            let mut entries: Vec<Entry> =
                places.iter().filter_map(|place| self.entries.get(*place as usize)).copied().collect();
            // One recipient may have been added twice, as an answer to two questions.
            entries.sort_by_key(|entry| entry.key.guid);
            entries.dedup_by_key(|entry| entry.key.guid);
            match entries.as_slice() {
                [] => {}
                [one] => return Located::One(*one),
                _ => return Located::Several(places.iter().map(|place| self.name(*place)).collect()),
            }
        }
        Located::Nobody
    }

    /// The primary address of an entry; looked for in all of them, since it is only needed for messages.
    fn name(&self, place: u32) -> String {
        let primary = self.addresses.iter().find(|one| one.entry == place && one.roles & role::PRIMARY != 0);
        let key = || self.entries.get(place as usize).map(|entry| entry.key.to_string()).unwrap_or_default();
        primary.map_or_else(key, |address| address.text.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::exchange::kind::Kind;

    fn found(guid: u128, addresses: &[(&str, u8)]) -> Found {
        let key = Key { kind: Kind::Mailbox, guid: Uuid::from_u128(guid) };
        let addresses = addresses.iter().map(|(text, roles)| ((*text).to_owned(), *roles)).collect();
        Found { key, flags: Flags::default(), addresses }
    }

    fn index(people: &[Found]) -> Index {
        Index::of(people)
    }

    fn wanted(guid: Option<u128>, address: &str, name: &str) -> Wanted {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Wanted {
            guids: guid.map(Uuid::from_u128).into_iter().collect(),
            address: some(address),
            user_principal_name: some(name),
        }
    }

    #[test]
    fn the_first_level_that_finds_anybody_decides() {
        let both = role::PRIMARY | role::PROXY;
        let index = index(&[
            found(1, &[("alice@a", both), ("old@a", role::PROXY), ("alice@corp", role::NAME)]),
            found(2, &[("bob@a", both), ("alice@a", role::PROXY)]),
            found(3, &[("carol@a", both), ("bob@a", role::NAME)]),
            found(4, &[("twin1@a", both), ("twin@a", role::PROXY)]),
            found(5, &[("twin2@a", both), ("twin@a", role::PROXY)]),
        ]);
        for (query, expected) in [
            (wanted(Some(3), "alice@a", ""), Some(3)),
            (wanted(Some(9), "alice@a", ""), Some(1)),
            (wanted(None, "alice@a", ""), Some(1)),
            (wanted(None, "bob@a", ""), Some(2)),
            (wanted(None, "old@a", "bob@a"), Some(1)),
            (wanted(None, "nobody@a", "alice@corp"), Some(1)),
            (wanted(None, "", "bob@a"), Some(3)),
            (wanted(None, "nobody@a", "no@corp"), None),
            (wanted(None, "", ""), None),
        ] {
            let one = match index.find(&query) {
                Located::One(entry) => Some(entry.key.guid.as_u128()),
                Located::Nobody => None,
                Located::Several(names) => panic!("{query:?} finds {names:?}"),
            };
            assert_eq!(one, expected, "{query:?}");
        }
        assert_eq!(
            index.find(&wanted(None, "twin@a", "")),
            Located::Several(vec!["twin1@a".into(), "twin2@a".into()])
        );
    }

    #[test]
    fn the_same_recipient_twice_is_one() {
        let one = found(1, &[("alice@a", role::PRIMARY)]);
        assert!(matches!(index(&[one.clone(), one]).find(&wanted(None, "alice@a", "")), Located::One(_)));
    }

    #[test]
    fn a_recipient_takes_about_200_bytes() {
        let mut index = Index::default();
        let people: u32 = 20_000;
        for number in 0..people {
            let name = format!("firstname.lastname{number}@contoso.com");
            let tenant = format!("firstname.lastname{number}@contoso.onmicrosoft.com");
            let (both, proxy) = (role::PRIMARY | role::PROXY | role::NAME, role::PROXY);
            let short = format!("fl{number}@contoso.com");
            index.push(&found(number.into(), &[(&name, both), (&tenant, proxy), (&short, proxy)]));
        }
        index.sort();
        // What the allocator adds to each text: 8 bytes, rounded up to 16.
        let text = |address: &Address| (address.text.len() + 8).next_multiple_of(16);
        let bytes = index.addresses.iter().map(text).sum::<usize>()
            + index.addresses.capacity() * size_of::<Address>()
            + index.entries.capacity() * size_of::<Entry>()
            + index.by_guid.capacity() * size_of::<u32>();
        let each = bytes / index.len();
        assert!((100..=240).contains(&each), "{each} bytes a recipient");
    }
}
