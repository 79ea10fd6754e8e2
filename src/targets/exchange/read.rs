//! Matching and reading recipients.

use uuid::Uuid;

use super::{
    Exchange, command,
    found::{Found, to_recipient},
    index::{Entry, Located, Wanted},
    kind::Key,
    renamed::{Doubt, is_still},
};
use crate::{
    directory::SourceItem,
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{Command, Location, Object, Output},
    model::Exclusion,
    policy::{RuleId, target_finding},
    targets::{Match, TargetQuery, TargetRecipient},
};

/// What reading one recipient by its key gave; `None`: it is not there, or not of that kind any more.
pub(super) type Got = Result<Option<(Found, Object)>>;

impl Exchange {
    pub(super) fn read_queries(
        &mut self,
        queries: &[TargetQuery<'_>],
        context: &Context,
    ) -> Result<Vec<Result<Match>>> {
        let location = self.location(context)?;
        let linked: Vec<Option<Key>> = queries.iter().map(|query| query.link.and_then(Key::parse)).collect();
        let mut doubts = Vec::new();
        let mut matches = self.read_linked(queries, &linked, location, &mut doubts, context)?;
        let searched: Vec<usize> =
            (0..).zip(&matches).filter(|(_, matched)| matched.is_none()).map(|(place, _)| place).collect();
        let wanted: Vec<(usize, Wanted)> = searched
            .into_iter()
            .filter_map(|place| {
                let (query, link) = (queries.get(place)?, linked.get(place)?);
                Some((place, Wanted::of(query, guids(query, *link, location))))
            })
            .collect();
        for (place, matched) in self.search(queries, wanted, location, &mut doubts, context)? {
            if let Some(one) = matches.get_mut(place) {
                *one = Some(matched);
            }
        }
        self.settle_doubts(queries, doubts, &mut matches, context)?;
        Ok(matches.into_iter().map(|matched| matched.unwrap_or(Ok(Match::None))).collect())
    }

    /// Reads those that have a link; `None` for all others, and for those that are not there any more.
    fn read_linked(
        &mut self,
        queries: &[TargetQuery<'_>],
        linked: &[Option<Key>],
        location: Location,
        doubts: &mut Vec<Doubt>,
        context: &Context,
    ) -> Result<Vec<Option<Result<Match>>>> {
        let near = |query: &TargetQuery<'_>| query.recipient.address.clone();
        let keys: Vec<(Key, Option<String>)> =
            queries.iter().zip(linked).filter_map(|(query, key)| Some(((*key)?, near(query)))).collect();
        let mut got = self.get(&keys, location, context)?.into_iter();
        let mut matches = Vec::with_capacity(queries.len());
        for (place, (query, key)) in queries.iter().zip(linked).enumerate() {
            matches.push(match key.and_then(|_| got.next()) {
                None | Some(Ok(None)) => None,
                Some(Ok(Some((found, object)))) => {
                    self.compare_with_list(&found, &object, context)?;
                    let matched = judge(&found, &object, location);
                    if is_still(&found, query, location) {
                        self.directory.claim(found.key.guid, query.anchor);
                    } else {
                        doubts.push(Doubt { place, found });
                    }
                    Some(matched)
                }
                Some(Err(error)) => {
                    // Whose it is, the link says.
                    if let Some(key) = key {
                        self.directory.claim(key.guid, query.anchor);
                    }
                    Some(Err(error))
                }
            });
        }
        Ok(matches)
    }

    /// Reads recipients by their keys, one result each. Those that nothing can write are not read.
    pub(super) fn get(
        &mut self,
        keys: &[(Key, Option<String>)],
        location: Location,
        context: &Context,
    ) -> Result<Vec<Got>> {
        let commands: Vec<_> =
            keys.iter().map(|(key, near)| command::get(*key, near.as_deref(), location)).collect();
        let mut outputs = self.invoke(&commands, context)?;
        self.look_twice(keys, &commands, &mut outputs, context)?;
        for object in outputs.iter().flatten().flat_map(|output| &output.objects) {
            self.saw(object);
        }
        let read = |key: Key, output: Result<Output>, command: &Command| {
            let objects = match output {
                Err(error) if error.id == ErrorId::RecipientNotFound => return Ok(None),
                other => other?.objects,
            };
            let mut objects = objects.into_iter();
            let Some(object) = objects.next() else { return Ok(None) };
            if objects.next().is_some() {
                let what = format!("Exchange has more than one recipient with the Guid {}.", key.guid);
                return Err(Error::new(ErrorId::RecipientAmbiguous, what));
            }
            let Some(found) = Found::read(Some(key.kind), &object)? else { return Ok(None) };
            if found.key.guid != key.guid { Err(another(command)) } else { Ok(Some((found, object))) }
        };
        let answers = keys.iter().zip(outputs).zip(&commands);
        Ok(answers.map(|(((key, _), output), command)| read(*key, output, command)).collect())
    }

    /// Finds those that have no link, and reads their values where that is needed.
    fn search(
        &mut self,
        queries: &[TargetQuery<'_>],
        wanted: Vec<(usize, Wanted)>,
        location: Location,
        doubts: &mut Vec<Doubt>,
        context: &Context,
    ) -> Result<Vec<(usize, Result<Match>)>> {
        let new = wanted.iter().filter(|(place, _)| queries.get(*place).is_some_and(|query| !query.fresh));
        let (new, meant): (usize, Vec<Wanted>) =
            (new.count(), wanted.iter().map(|(_, wanted)| wanted.clone()).collect());
        let located = self.locate(&meant, new, context)?;
        let (mut matches, mut to_read) = (Vec::with_capacity(wanted.len()), Vec::new());
        for ((place, wanted), located) in wanted.into_iter().zip(located) {
            let Some(query) = queries.get(place) else { continue };
            match located {
                Err(error) => matches.push((place, Err(error))),
                Ok(Located::Several(names)) => matches.push((place, Ok(several(query, &names)))),
                Ok(Located::Nobody) => {
                    matches.push((place, Ok(self.nobody(query, &wanted, location, context)?)));
                }
                Ok(Located::One(entry)) => match self.known(query, &entry, location) {
                    Some(matched) => matches.push((place, Ok(matched))),
                    None => to_read.push((place, wanted, entry.key)),
                },
            }
        }
        let near = |place: &usize| queries.get(*place).and_then(|query| query.recipient.address.clone());
        let keys: Vec<_> = to_read.iter().map(|(place, _, key)| (*key, near(place))).collect();
        let got = self.get(&keys, location, context)?;
        for ((place, wanted, _), got) in to_read.into_iter().zip(got) {
            let matched = match got {
                Ok(Some((found, object))) if is_meant(&found, &wanted) => {
                    let matched = judge(&found, &object, location);
                    // Found by the link, under another kind than it had.
                    if queries.get(place).is_some_and(|query| {
                        query.link.and_then(Key::parse).is_some_and(|link| link.guid == found.key.guid)
                            && !is_still(&found, query, location)
                    }) {
                        self.directory.release(found.key.guid);
                        doubts.push(Doubt { place, found });
                    }
                    matched
                }
                Ok(_) => Err(moved(queries.get(place))),
                Err(error) => Err(error),
            };
            matches.push((place, matched));
        }
        Ok(matches)
    }

    /// What can be said of a recipient without reading its values; `None` where they have to be read.
    fn known(&mut self, query: &TargetQuery<'_>, entry: &Entry, location: Location) -> Option<Match> {
        let (label, key) = (&query.recipient.label, entry.key);
        if !self.directory.claim(key.guid, query.anchor) {
            return Some(Match::Ambiguous(format!(
                "{label} and another recipient of the source both match {key} of Exchange."
            )));
        }
        if key.kind.set_cmdlet(location).is_none() {
            return Some(Match::Excluded(Exclusion::NoCmdlet, None));
        }
        let unread = entry.flags.has_values;
        let locked = entry.flags.directory_synced;
        if query.fresh || (unread && !locked) {
            return None;
        }
        let found = (!unread).then(|| TargetRecipient {
            findings: entry.flags.findings(label),
            ..TargetRecipient::new(key.to_string(), Vec::new())
        });
        match found {
            // The values of those that can't be written are not worth a request each.
            found if locked => Some(Match::Excluded(Exclusion::DirectorySynced, found)),
            found => found.map(Match::One),
        }
    }

    fn nobody(
        &mut self,
        query: &TargetQuery<'_>,
        wanted: &Wanted,
        location: Location,
        context: &Context,
    ) -> Result<Match> {
        if self.creates(query, location) {
            return Ok(Match::None);
        }
        let entry = match self.locate_soft_deleted(wanted, context)? {
            Located::Nobody => return Ok(Match::Excluded(Exclusion::NotFound, None)),
            Located::One(entry) => Some(entry),
            Located::Several(_) => None,
        };
        let label = &query.recipient.label;
        let message = format!("{label} is deleted in Exchange and can still be restored.");
        let found = entry.map(|entry| TargetRecipient {
            findings: vec![target_finding(RuleId::SoftDeletedRecipient, message)],
            ..TargetRecipient::new(entry.key.to_string(), Vec::new())
        });
        Ok(Match::Excluded(Exclusion::SoftDeleted, found))
    }

    /// Hands over everybody who has values that the cmdlets show, perhaps with others.
    pub(super) fn list_recipients(
        &mut self,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.list_with_values(false, context, &mut |kind, object| match Found::read(Some(kind), &object) {
            Ok(None) => Ok(()),
            Ok(Some(found)) => sink(item(&found, &object)),
            Err(error) => sink(SourceItem::Invalid(error)),
        })
    }

    /// Hands over those whom one of the identities names.
    pub(super) fn get_recipients(
        &mut self,
        identities: &[String],
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let location = self.location(context)?;
        let question = |identity: &String| match Key::parse(identity) {
            Some(key) => command::recipient_by_guid(key.guid),
            None => command::recipient_by_identity(identity),
        };
        let questions: Vec<_> = identities.iter().map(question).collect();
        let mut keys: Vec<(Key, Option<String>)> = Vec::new();
        for answer in self.invoke(&questions, context)? {
            let objects = match answer {
                Err(error) if error.id == ErrorId::RecipientNotFound => continue,
                Err(error) => {
                    sink(SourceItem::Invalid(error))?;
                    continue;
                }
                Ok(output) => output.objects,
            };
            for object in &objects {
                let found = Found::read(None, object)?.map(|found| (found.key, Some(found.label())));
                let known = |key: Key| keys.iter().any(|(other, _)| *other == key);
                keys.extend(found.filter(|(key, _)| key.kind.set_cmdlet(location).is_some() && !known(*key)));
            }
        }
        for got in self.get(&keys, location, context)? {
            match got.map(|got| got.map(|(found, object)| item(&found, &object))) {
                Ok(None) => {}
                Ok(Some(item)) => sink(item)?,
                Err(error) => sink(SourceItem::Invalid(error))?,
            }
        }
        Ok(())
    }
}

/// The error for an answer that shows somebody else than was asked for.
pub(super) fn another(command: &Command) -> Error {
    let what = format!("{} failed: Exchange answered with another recipient.", command.what());
    Error::new(ErrorId::ExchangeProtocol, what).target(command.object().unwrap_or_default())
}

fn item(found: &Found, object: &Object) -> SourceItem {
    match to_recipient(found, object) {
        Ok(recipient) => SourceItem::Recipient(recipient),
        Err(error) => SourceItem::Invalid(error),
    }
}

/// Identifiers that settle by themselves who is meant: that of an earlier link, and on premises the objectGUID,
/// which Exchange shows as `Guid`.
fn guids(query: &TargetQuery<'_>, link: Option<Key>, location: Location) -> Vec<Uuid> {
    let own = Uuid::parse_str(query.anchor).ok().filter(|_| location == Location::OnPremises);
    link.map(|key| key.guid).into_iter().chain(own).collect()
}

fn judge(found: &Found, object: &Object, location: Location) -> Result<Match> {
    if found.key.kind.set_cmdlet(location).is_none() {
        return Ok(Match::Excluded(Exclusion::NoCmdlet, None));
    }
    let recipient = found.with_values(object)?;
    Ok(if found.flags.directory_synced {
        Match::Excluded(Exclusion::DirectorySynced, Some(recipient))
    } else {
        Match::One(recipient)
    })
}

/// Whether a recipient that was just read is still the one that was looked for.
fn is_meant(found: &Found, wanted: &Wanted) -> bool {
    let texts = [&wanted.address, &wanted.user_principal_name];
    wanted.guids.contains(&found.key.guid)
        || texts.into_iter().flatten().any(|text| found.addresses.iter().any(|(address, _)| address == text))
}

fn several(query: &TargetQuery<'_>, names: &[String]) -> Match {
    Match::Ambiguous(format!(
        "Exchange has more than one recipient for {}: {}.",
        query.recipient.label,
        names.join(", ")
    ))
}

/// A recipient that was moved, changed or deleted between two requests; the next run finds out.
fn moved(query: Option<&TargetQuery<'_>>) -> Error {
    let label = query.map(|query| query.recipient.label.as_str()).unwrap_or_default();
    let what = format!("{label} was changed in Exchange while it was looked for.");
    Error::new(ErrorId::RecipientNotFound, what).advice("Run again; it is looked for again then.")
}
