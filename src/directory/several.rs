//! Several directories read as one source: the forests of a company, one after another.
//!
//! Whoever can't be read is not absent: where one of them fails, the whole fails, and so does a question about what
//! changed. One person with an account in two of them is two recipients with one address, which the plan tells.

use super::{ChangeForm, Presence, Selection, Since, Source, SourceItem, Told};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Mark, Timestamp},
};

/// One of several directories.
pub struct Part {
    /// Its server, or what else people know it by.
    pub name: String,
    /// How it is read.
    pub source: Box<dyn Source>,
}

/// What a directory showed when everybody was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shown {
    recipients: u64,
    with_values: u64,
}

/// What one of several directories did not show when everybody was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// Any recipient, in the directory of this name.
    Nobody(String),
    /// Any recipient's values.
    NoValues(String),
}

/// Several directories as one source.
pub struct SeveralSources {
    parts: Vec<Part>,
    /// What each showed in the last read of everybody.
    shown: Vec<Shown>,
    /// Whether a filter narrows what is read, so that nobody is an answer.
    is_narrowed: bool,
}

impl SeveralSources {
    /// These directories, read in their order.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts, shown: Vec::new(), is_narrowed: false }
    }

    /// The marks of the parts, in their order; `None` where `mark` is not one of as many.
    fn marks(&self, mark: &Mark) -> Option<Vec<Mark>> {
        let list = |text: &str| serde_json::from_str::<Vec<String>>(text).ok();
        let (places, positions) = (list(&mark.place)?, list(&mark.position)?);
        let fits = places.len() == self.parts.len() && positions.len() == self.parts.len();
        let marks = places.into_iter().zip(positions).map(|(place, position)| Mark { place, position });
        fits.then(|| marks.collect())
    }
}

/// The marks of several directories as one.
fn joined(marks: &[Mark]) -> Result<Mark> {
    let list = |texts: Vec<&str>| {
        serde_json::to_string(&texts)
            .map_err(|e| Error::new(ErrorId::Internal, format!("No mark can be kept: {e}.")))
    };
    Ok(Mark {
        place: list(marks.iter().map(|mark| mark.place.as_str()).collect())?,
        position: list(marks.iter().map(|mark| mark.position.as_str()).collect())?,
    })
}

/// Fails for a recipient that is known by its distinguished name: another directory may have one of the same name.
fn check_anchor(part: &str, item: &SourceItem) -> Result<()> {
    match item {
        SourceItem::Recipient(recipient) if recipient.anchor == recipient.distinguished_name => {
            let what = format!(
                "The directory '{part}' knows its objects by their names only (it has no entryUUID), and another one that the profile \
                 reads may have an object of the same name."
            );
            let error = Error::new(ErrorId::ProfileInvalid, what).target(part);
            Err(error.advice("Read this directory with a profile of its own."))
        }
        _ => Ok(()),
    }
}

/// What one directory tells since its mark, and whether it told everybody to be there, of whom it told at least one.
struct Tale {
    since: Since,
    is_nobody: bool,
}

impl Part {
    fn tell(
        &mut self,
        mark: &Mark,
        enumerate: bool,
        context: &Context,
        sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Tale> {
        let mut is_nobody = true;
        let since = self.source.changes(mark, enumerate, context, &mut |told| {
            is_nobody &= !matches!(told, Told::There(..));
            sink(told)
        })?;
        Ok(Tale { since, is_nobody })
    }
}

impl Source for SeveralSources {
    fn sign_in(&mut self, context: &Context) -> Result<Option<String>> {
        let mut told = Vec::new();
        for part in &mut self.parts {
            told.extend(part.source.sign_in(context)?);
        }
        Ok((!told.is_empty()).then(|| told.join(" ")))
    }

    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        let mut all = Vec::with_capacity(self.parts.len());
        for Part { name, source } in &mut self.parts {
            let mut shown = Shown::default();
            source.read(selection, context, &mut |item| {
                check_anchor(name, &item)?;
                if let SourceItem::Recipient(recipient) = &item {
                    shown.recipients += 1;
                    shown.with_values += u64::from(!recipient.values.is_empty());
                }
                sink(item)
            })?;
            all.push(shown);
        }
        if *selection == Selection::All && !self.is_narrowed {
            self.shown = all;
        }
        Ok(())
    }

    fn narrow(&mut self, filter: &str) -> Result<()> {
        self.is_narrowed = true;
        self.parts.iter_mut().try_for_each(|part| part.source.narrow(filter))
    }

    /// By the directory that knows most of it.
    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>> {
        let mut best = vec![Presence::Absent; anchors.len()];
        for part in &mut self.parts {
            let found = part.source.look_up(anchors, context)?;
            for (best, found) in best.iter_mut().zip(found) {
                if weight(&found) > weight(best) {
                    *best = found;
                }
            }
        }
        Ok(best)
    }

    fn has_strangers(&mut self, is_known: &dyn Fn(&str) -> Result<bool>, context: &Context) -> Result<bool> {
        for part in &mut self.parts {
            if part.source.has_strangers(is_known, context)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// That of the first: nothing is written to several.
    fn change_form(&mut self, context: &Context) -> Result<ChangeForm> {
        self.parts
            .first_mut()
            .map_or_else(|| Ok(ChangeForm::standard()), |part| part.source.change_form(context))
    }

    fn mark(&mut self, context: &Context) -> Result<Option<Mark>> {
        let mut marks = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            let Some(mark) = part.source.mark(context)? else { return Ok(None) };
            marks.push(mark);
        }
        joined(&marks).map(Some)
    }

    fn changes(
        &mut self,
        mark: &Mark,
        enumerate: bool,
        context: &Context,
        sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Since> {
        let Some(marks) = self.marks(mark) else {
            let why = "the last run read other directories".into();
            return Ok(Since::Unknown { why, is_lost: false });
        };
        let (mut after, mut without_all) = (Vec::with_capacity(marks.len()), Vec::new());
        let mut shows_any = false;
        for (index, (part, mark)) in self.parts.iter_mut().zip(&marks).enumerate() {
            let tale = part.tell(mark, enumerate, context, sink)?;
            match told(tale, &part.name) {
                Ok((mark, shows_all)) => {
                    after.push(mark);
                    shows_any |= shows_all;
                    if !shows_all {
                        without_all.push(index);
                    }
                }
                Err(unknown) => return Ok(unknown),
            }
        }
        // Who was not told to be there is gone, or nobody is: all of them say who is, or none.
        for index in without_all.into_iter().filter(|_| shows_any) {
            let (Some(part), Some(mark)) = (self.parts.get_mut(index), marks.get(index)) else { continue };
            let tale = part.tell(mark, true, context, sink)?;
            match told(tale, &part.name) {
                Ok((_, true)) => {}
                Ok((_, false)) => {
                    let why = format!("'{}' does not tell who is there", part.name);
                    return Ok(Since::Unknown { why, is_lost: false });
                }
                Err(unknown) => return Ok(unknown),
            }
        }
        Ok(Since::Told { mark: joined(&after)?, shows_all: shows_any })
    }

    /// The one that is furthest from this machine's.
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        let mut clocks = Vec::new();
        for part in &mut self.parts {
            clocks.extend(part.source.clock(context)?);
        }
        let now = Timestamp::now();
        Ok(clocks.into_iter().max_by_key(|clock| clock.0.abs_diff(now.0)))
    }

    fn places(&mut self, context: &Context) -> Result<Vec<Vec<String>>> {
        self.parts.iter_mut().map(|part| part.source.search_bases(context)).collect()
    }

    fn silences(&self) -> Vec<Silence> {
        let named = self.parts.iter().map(|part| &part.name).zip(&self.shown);
        named
            .filter_map(|(name, shown)| match shown {
                Shown { recipients: 0, .. } => Some(Silence::Nobody(name.clone())),
                Shown { with_values: 0, .. } => Some(Silence::NoValues(name.clone())),
                _ => None,
            })
            .collect()
    }
}

/// Where a directory is to go on from and whether it told everybody; as an error, why that can't be said.
fn told(Tale { since, is_nobody }: Tale, name: &str) -> Result<(Mark, bool), Since> {
    match since {
        Since::Told { mark, shows_all } if !(shows_all && is_nobody) => Ok((mark, shows_all)),
        // Whether it lost everybody, or the account its rights, only a read of all can say.
        Since::Told { .. } => Err(Since::Unknown { why: format!("'{name}' shows nobody"), is_lost: false }),
        Since::Unknown { why, is_lost } => {
            Err(Since::Unknown { why: format!("of '{name}', {why}"), is_lost })
        }
    }
}

/// How much a directory knows of somebody: who is in one of them is not absent because others don't have them.
fn weight(presence: &Presence) -> u8 {
    match presence {
        Presence::InScope(_) => 4,
        Presence::Unreadable => 3,
        Presence::OutOfScope => 2,
        Presence::Deleted => 1,
        Presence::Absent => 0,
    }
}
