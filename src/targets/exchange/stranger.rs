//! Recipients with values that no recipient of the source was matched with.

use super::{
    Exchange,
    found::{Found, to_recipient},
    index::Entry,
    kind::Key,
};
use crate::{error::Result, event::Context, exchange::Location, targets::Stranger};

/// Recipients that are read at a time: their values are in memory until they were handed over.
const BATCH: usize = 200;

impl Exchange {
    /// They are listed with the number of values; values are read only of those who have some, take changes here, and were
    /// not matched in this run.
    pub(super) fn hand_over_strangers(
        &mut self,
        context: &Context,
        sink: &mut dyn FnMut(Stranger) -> Result<()>,
    ) -> Result<()> {
        let location = self.location(context)?;
        let everybody = match &self.directory.everybody {
            Some(index) => index.entries().to_vec(),
            None => self.entries_with_values(context)?,
        };
        let mut keys: Vec<(Key, Option<String>)> = everybody
            .iter()
            .filter(|entry| could_be_ours(entry, location) && !self.directory.is_claimed(entry.key.guid))
            .map(|entry| (entry.key, None))
            .collect();
        keys.sort_unstable_by_key(|(key, _)| key.guid);
        keys.dedup_by_key(|(key, _)| key.guid);
        for batch in keys.chunks(BATCH) {
            context.check()?;
            for got in self.get(batch, location, context)? {
                let recipient = match got {
                    // Deleted since it was listed.
                    Ok(None) => continue,
                    Ok(Some((found, object))) => to_recipient(&found, &object),
                    Err(error) => Err(error),
                };
                sink(Stranger { anchor: None, key: None, recipient })?;
            }
        }
        Ok(())
    }
}

impl Exchange {
    fn entries_with_values(&mut self, context: &Context) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.list_with_values(true, context, &mut |kind, object| {
            let found = Found::read(Some(kind), &object)?;
            entries.extend(found.map(|found| Entry { key: found.key, flags: found.flags }));
            Ok(())
        })?;
        Ok(entries)
    }
}

/// What comes from Active Directory, or can't be written here, was not published by us.
fn could_be_ours(entry: &Entry, location: Location) -> bool {
    let flags = entry.flags;
    flags.has_values && !flags.directory_synced && entry.key.kind.set_cmdlet(location).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::exchange::{found::Flags, kind::Kind};

    #[test]
    fn only_what_could_have_been_written_here_is_looked_at() {
        let with = |has_values, directory_synced| Flags { directory_synced, hidden: false, has_values };
        for (kind, flags, location, looked_at) in [
            (Kind::Mailbox, with(true, false), Location::Cloud, true),
            (Kind::Mailbox, with(false, false), Location::Cloud, false),
            (Kind::Mailbox, with(true, true), Location::Cloud, false),
            (Kind::MailContact, with(true, false), Location::Cloud, true),
            (Kind::MailContact, with(true, false), Location::OnPremises, false),
            (Kind::RemoteMailbox, with(true, false), Location::OnPremises, false),
        ] {
            let entry = Entry { key: Key { kind, guid: uuid::Uuid::from_u128(7) }, flags };
            assert_eq!(could_be_ours(&entry, location), looked_at, "{entry:?} {location:?}");
        }
    }
}
