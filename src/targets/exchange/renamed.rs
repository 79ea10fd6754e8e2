//! Linked recipients that have lost the address by which the source knows them: addresses are given to others.
//!
//! The Guid says which recipient of Exchange it is, and not whose. While it has one of the names of the source's recipient,
//! or nobody else has them, the link holds; otherwise whoever runs the target decides.

use super::{
    Exchange,
    found::{Found, role},
    index::{Located, Wanted},
};
use crate::{
    error::Result,
    event::Context,
    exchange::Location,
    targets::{Match, Renamed, TargetQuery},
};
use uuid::Uuid;

/// A linked recipient that was read, and has not the address that it should have.
pub(super) struct Doubt {
    /// Where its query is.
    pub place: usize,
    pub found: Found,
}

/// Whether a linked recipient is still the one that the link is for, as far as it tells by itself.
pub(super) fn is_still(found: &Found, query: &TargetQuery<'_>, location: Location) -> bool {
    // There the source's objectGUID is the recipient's Guid.
    let is_object =
        location == Location::OnPremises && Uuid::parse_str(query.anchor).ok() == Some(found.key.guid);
    is_object
        || query.keeps_name(|name| found.has(name, role::PRIMARY | role::PROXY), |name| found.has(name, !0))
}

impl Exchange {
    /// Decides on those in doubt by who has the names now.
    pub(super) fn settle_doubts(
        &mut self,
        queries: &[TargetQuery<'_>],
        doubts: Vec<Doubt>,
        matches: &mut [Option<Result<Match>>],
        context: &Context,
    ) -> Result<()> {
        let located = self.holders(queries, &doubts, context)?;
        for (Doubt { place, found }, located) in doubts.into_iter().zip(located) {
            let (Some(query), Some(matched)) = (queries.get(place), matches.get_mut(place)) else { continue };
            let has_any = || {
                let names = Wanted::of(query, Vec::new());
                [names.address, names.user_principal_name].iter().flatten().any(|name| found.has(name, !0))
            };
            let taken = match located {
                Err(error) => {
                    *matched = Some(Err(error));
                    continue;
                }
                Ok(Located::Nobody) => Some(false).filter(|_| query.is_by_address()),
                Ok(Located::One(entry)) => Some(true).filter(|_| entry.key.guid != found.key.guid),
                Ok(Located::Several(_)) => Some(true).filter(|_| !has_any()),
            };
            match (taken, matched.take()) {
                (Some(taken), Some(Ok(Match::One(recipient) | Match::Excluded(_, Some(recipient))))) => {
                    *matched = Some(Ok(Match::Renamed(Renamed { recipient, now: found.label(), taken })));
                }
                (_, other) => {
                    self.directory.claim(found.key.guid, query.anchor);
                    *matched = other;
                }
            }
        }
        Ok(())
    }

    /// Who has the names of those in doubt. A list of this run may be older than what was just read, so it is not believed
    /// before a write, nor where it shows what the read does not.
    fn holders(
        &mut self,
        queries: &[TargetQuery<'_>],
        doubts: &[Doubt],
        context: &Context,
    ) -> Result<Vec<Result<Located>>> {
        let query = |doubt: &Doubt| queries.get(doubt.place);
        let wanted: Vec<Wanted> =
            doubts.iter().filter_map(query).map(|query| Wanted::of(query, Vec::new())).collect();
        if doubts.iter().filter_map(query).any(|query| query.fresh) {
            return self.look_up(&wanted, context);
        }
        let mut located = self.locate(&wanted, wanted.len(), context)?;
        let is_old = |(doubt, located): (&Doubt, &Result<Located>)| matches!(located, Ok(Located::One(entry)) if entry.key.guid == doubt.found.key.guid);
        let old: Vec<usize> = (0..located.len())
            .filter(|at| doubts.get(*at).zip(located.get(*at)).is_some_and(is_old))
            .collect();
        let again: Vec<Wanted> = old.iter().filter_map(|at| wanted.get(*at)).cloned().collect();
        if again.is_empty() {
            return Ok(located);
        }
        for (at, now) in old.into_iter().zip(self.look_up(&again, context)?) {
            if let Some(one) = located.get_mut(at) {
                *one = now;
            }
        }
        Ok(located)
    }
}
