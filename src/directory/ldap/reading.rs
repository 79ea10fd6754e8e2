//! Recipients, as searches find them.

use std::collections::HashSet;

use super::{
    BATCH, LdapSource, failure::protocol, filter::Filter, limits, malformed::Malformed, search::Sink, subtree,
};
use crate::{
    directory::{SourceItem, entry::recipient},
    error::Result,
    event::Context,
};

impl LdapSource {
    /// Hands what `filter` finds below the search bases to `sink`, converted.
    pub(super) fn recipients(
        &mut self,
        filter: &Filter,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.learn(context)?;
        let dialect = self.dialect.clone();
        let mut nobody_known = false;
        let read = self.entries(filter, &dialect.attributes(), context, &mut |entry, whole| match whole
            .and_then(|()| recipient(&entry, dialect.anchor))
        {
            Ok(Some(recipient)) => sink(SourceItem::Recipient(recipient)),
            Ok(None) => Ok(()),
            Err(error) => {
                nobody_known |= dialect.anchor_of(&entry).is_none();
                sink(SourceItem::Invalid(error))
            }
        });
        self.has_strangers |= nobody_known;
        read
    }

    /// Hands what `filter` finds below the search bases to `sink`, as it came; nobody twice, however often the directory
    /// had to be asked.
    pub(super) fn entries(
        &mut self,
        filter: &Filter,
        attributes: &[&str],
        context: &Context,
        sink: &mut Sink,
    ) -> Result<()> {
        let known = self.learn(context)?;
        for base in &known.bases {
            let wanted = subtree(base, filter, attributes);
            self.session.search(&wanted, &self.dialect, context, &mut |entry, whole| {
                if known.leaves_out(&entry.dn) { Ok(()) } else { sink(entry, whole) }
            })?;
        }
        Ok(())
    }

    /// Those that one of `identities` names, each object once.
    pub(super) fn named(
        &mut self,
        identities: &[String],
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.learn(context)?;
        let mut seen = HashSet::new();
        let server = self.session.server();
        for batch in identities.chunks(BATCH) {
            let filter = Filter::and(&[self.filter.clone(), self.dialect.identities(batch)]);
            let first = seen.len();
            self.recipients(&filter, context, &mut |item| match item {
                SourceItem::Recipient(_) if seen.len() - first > limits::NAMED => Err(protocol(
                    &server,
                    Malformed("more than 10,000 objects of the names that were asked for"),
                )),
                SourceItem::Recipient(found)
                    if !batch.iter().any(|identity| found.is_named(identity))
                        || !seen.insert((found.anchor.clone(), found.distinguished_name.to_lowercase())) =>
                {
                    Ok(())
                }
                item => sink(item),
            })?;
        }
        Ok(())
    }
}
