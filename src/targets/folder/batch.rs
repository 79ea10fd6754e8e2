//! A batch of writes: staged whole, moved in, and what is left over taken away at the end.
//!
//! A file's name is an address, and addresses pass from one recipient to another: two people swap theirs, or a whole
//! personnel file moves by a row. So whose a file is, its anchor says. A file that is somebody else's is replaced only
//! by a batch that also writes or removes its owner, and nothing is taken away that has become somebody else's.
//! Whatever the order, and wherever a crash ends it, each recipient's values are in a file of its own or, where the
//! state still has the change in flight, written by the next run.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use super::{
    durable,
    file::{self, RecipientFile, Staged},
    leftover::Workplace,
    name,
};
use crate::{
    error::{Error, ErrorId, Result},
    targets::{TargetQuery, TargetWrite},
};

/// Whether a file with this anchor is that of the recipient asked for.
pub(super) fn is_owner(query: &TargetQuery<'_>, anchor: &str) -> bool {
    query.anchor == anchor || query.former.iter().any(|former| former == anchor)
}

/// Whether `error` is damage of the file that the recipient asked for was linked to.
pub(super) fn is_linked_damage(query: &TargetQuery<'_>, key: &str, error: &Error) -> bool {
    error.id == ErrorId::TargetDamaged && query.link == Some(key)
}

/// One recipient's way from its old name to its new one.
struct Move<'a> {
    write: &'a TargetWrite<'a>,
    /// The name that it shall have.
    key: String,
    /// What is to be moved there; nothing where it shall have nothing, or could not be staged.
    staged: Option<Staged>,
    error: Option<Error>,
}

/// Writes a batch; one result each, with the name of its files.
/// Fails with `DiskFull` where nothing else could be written either.
pub(super) fn write(workplace: &Workplace, writes: &[TargetWrite<'_>]) -> Result<Vec<Result<String>>> {
    let folder = workplace.path.as_path();
    let mut moves = Vec::with_capacity(writes.len());
    for write in writes {
        moves.push(Move::stage(workplace, write)?);
    }
    durable::contents(folder)?;
    let holders = holders(folder, &mut moves);
    for place in order(&holders) {
        if let Some(one) = moves.get_mut(place) {
            let done = one.staged.take().filter(|_| one.error.is_none()).map(|staged| staged.publish(folder));
            one.note(done.unwrap_or(Ok(())))?;
        }
    }
    // What is new is there for good before anything old goes.
    durable::names(folder)?;
    for one in &mut moves {
        let done = one.take_away(folder);
        one.note(done)?;
    }
    durable::names(folder)?;
    Ok(moves.into_iter().map(|one| one.error.map_or(Ok(one.key), Err)).collect())
}

impl<'a> Move<'a> {
    /// Writes beside their places what the recipient shall have.
    fn stage(workplace: &Workplace, write: &'a TargetWrite<'a>) -> Result<Self> {
        let mut one = Self { write, key: name::key(&write.query), staged: None, error: None };
        if !write.values.is_empty() {
            match RecipientFile::new(&write.query, &write.values).stage(workplace, &one.key) {
                Ok(staged) => one.staged = Some(staged),
                Err(error) => one.note(Err(error))?,
            }
        }
        Ok(one)
    }

    /// Keeps what went wrong. Where the disk is full, nothing else could be written either: that ends the run.
    fn note(&mut self, done: Result<()>) -> Result<()> {
        match done {
            Err(error) if error.id == ErrorId::DiskFull => return Err(error),
            Err(error) => self.error = Some(error),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Whether it leaves the name `key` to others.
    fn leaves(&self, key: &str) -> bool {
        self.error.is_none() && (self.write.values.is_empty() || self.key != key)
    }

    /// Whose the file is now that it goes to. Fails where it can't be read.
    fn holder(&self, folder: &Path) -> Result<Holder> {
        Ok(match RecipientFile::read(&file::json_path(folder, &self.key)) {
            Ok(None) => Holder::Nobody,
            Ok(Some(file)) if is_owner(&self.write.query, &file.anchor) => Holder::Itself,
            Ok(Some(file)) if is_copy(folder, &self.key, &file)? => Holder::Nobody,
            Ok(Some(file)) => Holder::Other(file),
            Err(error) if is_linked_damage(&self.write.query, &self.key, &error) => Holder::Itself,
            Err(error) if error.id == ErrorId::TargetDamaged => Holder::Damaged(error),
            Err(error) => return Err(error),
        })
    }

    /// Takes away what is left under the old name, unless somebody else has it by now.
    fn take_away(&self, folder: &Path) -> Result<()> {
        let old = self.write.current.as_ref().map_or(&self.key, |current| &current.key);
        if !self.leaves(old) {
            return Ok(());
        }
        match RecipientFile::read(&file::json_path(folder, old)) {
            Ok(Some(other)) if !is_owner(&self.write.query, &other.anchor) => Ok(()),
            Err(error) if !is_linked_damage(&self.write.query, old, &error) => Err(error),
            _ => file::remove(folder, old),
        }
    }
}

/// Whether a file is a copy that somebody made of one that stands in its own place.
pub(super) fn is_copy(folder: &Path, key: &str, file: &RecipientFile) -> Result<bool> {
    let own = name::of(&file.recipient);
    let there = (own != key).then(|| RecipientFile::read(&file::json_path(folder, &own))).transpose()?;
    Ok(there.flatten().is_some_and(|there| there.anchor == file.anchor))
}

/// Which other one of the batch has the name that each goes to. Those that go where somebody stays fail, and so does
/// who would follow them.
fn holders(folder: &Path, moves: &mut [Move<'_>]) -> Vec<Option<usize>> {
    let mut of_anchor: HashMap<&str, usize> = HashMap::new();
    for (place, one) in moves.iter().enumerate() {
        let query = &one.write.query;
        let former = query.former.iter().map(String::as_str);
        of_anchor.extend(former.chain([query.anchor]).map(|anchor| (anchor, place)));
    }
    let of_link: HashMap<&str, usize> =
        moves.iter().enumerate().filter_map(|(place, one)| Some((one.write.query.link?, place))).collect();
    let found: Vec<_> = moves.iter().map(|one| one.staged.as_ref().map(|_| one.holder(folder))).collect();
    // Where two go to one name, it is for the one that has it.
    let mut taken: HashMap<String, (usize, String)> = HashMap::new();
    for (place, (one, found)) in moves.iter().zip(&found).enumerate() {
        let whose = || (place, one.write.query.recipient.distinguished_name.clone());
        match found {
            Some(Ok(Holder::Itself)) => drop(taken.insert(one.key.clone(), whose())),
            Some(Ok(_)) => drop(taken.entry(one.key.clone()).or_insert_with(whose)),
            _ => {}
        }
    }
    let mut holders = Vec::with_capacity(moves.len());
    for (place, (one, found)) in moves.iter_mut().zip(found).enumerate() {
        let holder = match found.transpose() {
            Err(error) => Err(error),
            Ok(None) => Ok(None),
            Ok(Some(_))
                if let Some((_, other)) = taken.get(&one.key).filter(|(winner, _)| *winner != place) =>
            {
                Err(wanted_twice(&one.key, other))
            }
            Ok(Some(Holder::Nobody | Holder::Itself)) => Ok(None),
            Ok(Some(Holder::Damaged(error))) => of_link.get(one.key.as_str()).copied().map(Some).ok_or(error),
            Ok(Some(Holder::Other(file))) => {
                of_anchor.get(file.anchor.as_str()).copied().map(Some).ok_or_else(|| held(&one.key, &file))
            }
        };
        holders.push(holder.unwrap_or_else(|error| {
            one.error.get_or_insert(error);
            None
        }));
    }
    fail_followers(moves, &holders);
    holders
}

/// Whose the file is that a write goes to.
enum Holder {
    Nobody,
    Itself,
    Other(RecipientFile),
    /// Who was linked to it, if anybody of the batch was.
    Damaged(Error),
}

/// Whoever follows one that stays where it is can't go there.
fn fail_followers(moves: &mut [Move<'_>], holders: &[Option<usize>]) {
    let mut followers: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut stuck = Vec::new();
    for (place, (one, holder)) in moves.iter().zip(holders).enumerate() {
        let Some(holder) = *holder else { continue };
        followers.entry(holder).or_default().push(place);
        if !moves.get(holder).is_some_and(|other| other.leaves(&one.key)) {
            stuck.push(place);
        }
    }
    while let Some(place) = stuck.pop() {
        let holder = holders.get(place).copied().flatten().and_then(|holder| moves.get(holder));
        let label = holder.map(|holder| holder.write.query.recipient.label.clone()).unwrap_or_default();
        let Some(one) = moves.get_mut(place) else { continue };
        if one.error.is_none() {
            let what =
                format!("'{}.json' is still that of {label}, whose own change could not be made.", one.key);
            one.error = Some(Error::new(ErrorId::TargetConflict, what).advice(NEXT_RUN));
            stuck.extend(followers.get(&place).into_iter().flatten());
        }
    }
}

fn wanted_twice(key: &str, other: &str) -> Error {
    let what = format!("'{key}.json' is the name of the files of another recipient ('{other}'), too.");
    Error::new(ErrorId::TargetConflict, what)
}

const NEXT_RUN: &str = "It is tried again by the next run.";

fn held(key: &str, other: &RecipientFile) -> Error {
    let what = format!(
        "'{key}.json' belongs to another object ('{}', anchor {}), which this run neither moves nor removes.",
        other.recipient, other.anchor
    );
    Error::new(ErrorId::TargetConflict, what).advice(
        "It is tried again by each run, and done once the other one has made room: a run with -Identity moves only whom it \
         names, and -Confirm asks again where its change was declined. Where both belong there, give one of them another \
         address in the source. Remove the files only where no profile publishes the other one any more.",
    )
}

/// The order of the moves: whoever has the name that another one goes to is put into its own new place first.
fn order(holders: &[Option<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(holders.len());
    let mut seen = HashSet::with_capacity(holders.len());
    for start in 0..holders.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(place) = next.filter(|place| seen.insert(*place)) {
            path.push(place);
            next = holders.get(place).copied().flatten();
        }
        order.extend(path.into_iter().rev());
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everybody_moves_once_and_after_the_one_in_front_unless_they_go_round(
            holders in (1..12_usize).prop_flat_map(|n| proptest::collection::vec(proptest::option::of(0..n), n))
        ) {
            let order = order(&holders);
            let mut all = order.clone();
            all.sort_unstable();
            prop_assert_eq!(all, (0..holders.len()).collect::<Vec<_>>());
            let at = |place: usize| order.iter().position(|one| *one == place).unwrap();
            let goes_round = |start: usize| {
                let mut place = start;
                for _ in 0..holders.len() {
                    let Some(next) = holders[place] else { return false };
                    place = next;
                }
                true
            };
            for (place, holder) in holders.iter().enumerate() {
                if let Some(holder) = *holder && !goes_round(place) {
                    prop_assert!(at(holder) < at(place), "{holders:?}: {order:?}");
                }
            }
        }
    }
}
