//! Finding people of another directory: by the keys that earlier runs kept, and by their addresses.

use std::{collections::HashMap, rc::Rc};

use super::{
    DirectoryTarget,
    matching::{self, Holders, Linked},
};
use crate::{
    directory::{Presence, Selection, Source, SourceItem},
    error::Result,
    event::Context,
    targets::TargetQuery,
};

impl DirectoryTarget {
    /// Whom an earlier run linked to each query.
    pub(super) fn linked(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Linked>> {
        let keys: Vec<String> = queries.iter().filter_map(|query| query.link.map(str::to_owned)).collect();
        let mut presences = self.directory.look_up(&keys, context)?.into_iter();
        let linked = |query: &TargetQuery<'_>| match query.link.and_then(|_| presences.next()) {
            Some(Presence::InScope(recipient)) => Linked::There(recipient),
            Some(Presence::Unreadable) => Linked::Unreadable,
            // Somebody else may have the address by now.
            None | Some(Presence::OutOfScope | Presence::Deleted | Presence::Absent) => Linked::Nobody,
        };
        Ok(queries.iter().map(linked).collect())
    }

    /// Who has the addresses of those queries that no link settles, by address.
    pub(super) fn holders<'a>(
        &mut self,
        queries: &[TargetQuery<'a>],
        linked: &[Linked],
        context: &Context,
    ) -> Result<HashMap<&'a str, Rc<Holders>>> {
        let open: Vec<&str> = queries
            .iter()
            .zip(linked)
            .filter(|(query, linked)| !linked.settles(query))
            .filter_map(|(query, _)| matching::address(query))
            .collect();
        let all = Rc::new(self.ask(&open, context)?);
        if all.unreadable.is_none() || open.len() < 2 {
            return Ok(open.into_iter().map(|address| (address, all.clone())).collect());
        }
        // Whose address the unreadable one has, only a question for each tells.
        open.into_iter().map(|address| Ok((address, Rc::new(self.ask(&[address], context)?)))).collect()
    }

    /// Everybody who has one of these addresses.
    fn ask(&mut self, addresses: &[&str], context: &Context) -> Result<Holders> {
        let mut holders = Holders::default();
        if addresses.is_empty() {
            return Ok(holders);
        }
        let wanted = Selection::Identities(addresses.iter().map(|address| (*address).to_owned()).collect());
        self.directory.read(&wanted, context, &mut |item| {
            match item {
                SourceItem::Recipient(recipient) => holders.people.push(recipient),
                SourceItem::Invalid(error) => holders.unreadable = Some(error),
            }
            Ok(())
        })?;
        Ok(holders)
    }
}
