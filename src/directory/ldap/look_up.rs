//! What became of those whom an import no longer showed.

use std::collections::{HashMap, hash_map};

use super::{LdapSource, filter::Filter, limits::Room, message::Search, subtree};
use crate::{
    directory::{
        Presence,
        entry::{Entry, recipient},
    },
    error::{ErrorId, Result},
    event::Context,
    model::same_in_any_case,
};

/// An object that is anywhere in the domain.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// As a tombstone.
    Deleted,
    There,
    /// It does not show what it is, so that nobody can tell whether it is in scope: a server finds by no attribute that the
    /// account may not read.
    Unclear,
}

impl Seen {
    /// `shown_by_all`: the attributes that every object has, and a filter of recipients asks for.
    fn of(entry: &Entry, shown_by_all: &[&str]) -> Self {
        let is_shown = |name: &&str| entry.values(name).next().is_some();
        if entry.values("isDeleted").any(|value| value.eq_ignore_ascii_case(b"TRUE")) {
            Self::Deleted
        } else if shown_by_all.iter().all(is_shown) {
            Self::There
        } else {
            Self::Unclear
        }
    }
}

impl LdapSource {
    /// What became of `anchors`, one answer each, in their order.
    pub(super) fn presences(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        self.learn(context)?;
        let (mut here, mut anywhere) = ((HashMap::new(), false), (HashMap::new(), false));
        if let Some(filter) = self.dialect.anchors(anchors) {
            here = self.in_scope(anchors, &filter, context)?;
            anywhere = self.anywhere(anchors, &filter, context)?;
        }
        let ((here, unclear_here), (anywhere, unclear_anywhere)) = (here, anywhere);
        let presence = |anchor| match (here.get(anchor), anywhere.get(anchor)) {
            (Some(presence), _) => presence.clone(),
            (None, Some(Seen::Deleted)) => Presence::Deleted,
            // Whoever can't be made out may be this one.
            (None, _) if unclear_here || unclear_anywhere => Presence::Unreadable,
            (None, Some(Seen::Unclear)) => Presence::Unreadable,
            (None, Some(Seen::There)) => Presence::OutOfScope,
            (None, None) => Presence::Absent,
        };
        Ok(anchors.iter().map(presence).collect())
    }

    /// Which of `anchors` are in scope, and whether there is somebody of whom not even the anchor can be read.
    fn in_scope(
        &mut self,
        anchors: &[String],
        filter: &Filter,
        context: &Context,
    ) -> Result<(HashMap<String, Presence>, bool)> {
        let filter = Filter::and(&[self.filter.clone(), filter.clone()]);
        let (mut found, mut is_unclear, mut room) = (HashMap::new(), false, Room::new());
        let dialect = self.dialect.clone();
        self.entries(&filter, &dialect.attributes(), context, &mut |entry, whole| {
            let Some(anchor) = dialect.anchor_of(&entry) else {
                is_unclear |= whole.is_err();
                return whole.or_else(|error| context.error(error));
            };
            if !anchors.contains(&anchor) {
                return Ok(());
            }
            let dn = entry.dn.clone();
            let readable = whole.and_then(|()| room.take(&entry));
            let presence = match readable.and_then(|()| recipient(&entry, dialect.anchor)) {
                Ok(Some(recipient)) => Presence::InScope(Box::new(recipient)),
                Ok(None) => Presence::OutOfScope,
                // It is there, but what it holds can't be told: nothing may follow from that at once.
                Err(error) => {
                    context.error(error)?;
                    Presence::Unreadable
                }
            };
            match found.entry(anchor) {
                hash_map::Entry::Vacant(free) => drop(free.insert((dn, presence))),
                // Search bases may overlap, but no object is at two places.
                hash_map::Entry::Occupied(mut first) if !same_in_any_case(&first.get().0, &dn) => {
                    first.get_mut().1 = Presence::Unreadable;
                }
                hash_map::Entry::Occupied(_) => {}
            }
            Ok(())
        })?;
        let found = found.into_iter().map(|(anchor, (_, presence))| (anchor, presence));
        Ok((found.collect(), is_unclear))
    }

    /// Which of `anchors` are anywhere in the domain; and as [`Self::in_scope`].
    fn anywhere(
        &mut self,
        anchors: &[String],
        filter: &Filter,
        context: &Context,
    ) -> Result<(HashMap<String, Seen>, bool)> {
        let (mut found, mut is_unclear) = (HashMap::new(), false);
        let dialect = self.dialect.clone();
        for domain in self.learn(context)?.domains {
            let attributes = dialect.anchor_attributes();
            let wanted = Search { deleted: dialect.tombstones, ..subtree(&domain, filter, attributes) };
            let searched = self.session.search(&wanted, &dialect, context, &mut |entry, whole| {
                match dialect.anchor_of(&entry).filter(|anchor| anchors.contains(anchor)) {
                    Some(anchor) => drop(found.insert(anchor, Seen::of(&entry, dialect.shown_by_all))),
                    None => is_unclear |= whole.is_err(),
                }
                Ok(())
            });
            match searched {
                // A part of the directory that the account may not see shows nobody.
                Err(error) if error.id == ErrorId::SearchBaseNotFound => {}
                other => other?,
            }
        }
        Ok((found, is_unclear))
    }
}
