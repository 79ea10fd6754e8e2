//! Under which names a directory has the attributes that a recipient is made of. Pure.
//!
//! Requests name attributes as the directory does, and what comes back gets our names, in one place each; all that looks
//! at an object in between knows ours alone.

use std::{borrow::Cow, sync::Arc};

use super::entry::base_name;
use crate::profile::AttributeMap;

/// The attributes that have other names than ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AttributeNames(Option<Arc<[Name]>>);

/// An attribute that has another name than ours.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    ours: &'static str,
    theirs: String,
    /// All names under which it may come back: a server may answer with another one than it was asked for (RFC 4511,
    /// 4.1.4).
    known: Vec<String>,
}

/// All names that a schema has for the attribute of one name; none where there is no such attribute.
pub(super) type NamesOf<'a> = dyn Fn(&str) -> Vec<String> + 'a;

/// Why names can't be those of a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NamesError {
    /// The schema has no such attribute: ours and theirs.
    Unknown(&'static str, String),
    /// An object identifier, and no schema that has its name.
    Nameless(String),
    /// Two names of the directory for one attribute.
    Same(String, String),
}

impl AttributeNames {
    /// Our own names.
    pub const OURS: Self = Self(None);

    pub fn new(map: &AttributeMap) -> Self {
        let other = |(ours, theirs): (&'static str, &str)| {
            let name = Name { ours, theirs: theirs.to_owned(), known: vec![theirs.to_owned()] };
            (!ours.eq_ignore_ascii_case(theirs)).then_some(name)
        };
        let names: Vec<Name> = map.iter().filter_map(other).collect();
        Self((!names.is_empty()).then(|| names.into()))
    }

    /// The same for a server whose schema has all these names of the attribute of one name; `None` for the schema of a
    /// server that shows none. Servers ignore requests for what they don't know, and then everybody seems to have lost it.
    pub fn resolved(&self, schema: Option<&NamesOf>) -> Result<Self, NamesError> {
        let mut names = self.all().to_vec();
        let Some(names_of) = schema else {
            return match names.iter().find(|name| name.theirs.contains('.')) {
                Some(name) => Err(NamesError::Nameless(name.theirs.clone())),
                None => Ok(self.clone()),
            };
        };
        for name in &mut names {
            name.known = names_of(&name.theirs);
            if name.known.is_empty() {
                return Err(NamesError::Unknown(name.ours, name.theirs.clone()));
            }
        }
        // Also where ours is another name of one of theirs.
        for name in &names {
            for ours in AttributeMap::NAMES.into_iter().filter(|ours| *ours != name.ours) {
                let other = self.of(ours);
                if name.known.iter().any(|known| known.eq_ignore_ascii_case(other)) {
                    return Err(NamesError::Same(name.theirs.clone(), other.to_owned()));
                }
            }
        }
        Ok(Self(self.0.as_ref().map(|_| names.into())))
    }

    fn all(&self) -> &[Name] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether all names are ours.
    pub fn are_ours(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the attribute that we call so has another name.
    pub fn has_other(&self, ours: &str) -> bool {
        self.all().iter().any(|name| name.ours == ours)
    }

    /// The directory's name of the attribute that we call so.
    pub fn of<'a>(&'a self, ours: &'a str) -> &'a str {
        let name = self.all().iter().find(|name| name.ours.eq_ignore_ascii_case(ours));
        name.map_or(ours, |name| name.theirs.as_str())
    }

    /// What to ask for, by what we want: names, perhaps with options. No name comes twice.
    pub fn asked<'a>(&'a self, wanted: &[&'a str]) -> Vec<Cow<'a, str>> {
        let mut asked: Vec<Cow<'a, str>> = Vec::with_capacity(wanted.len());
        for description in wanted {
            let (base, options) = split(description);
            let name = match self.of(base) {
                same if same == base => Cow::Borrowed(*description),
                theirs if options.is_empty() => Cow::Borrowed(theirs),
                theirs => Cow::Owned(format!("{theirs}{options}")),
            };
            if !asked.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                asked.push(name);
            }
        }
        asked
    }

    /// What we call an attribute that came, with its options; `None` for one that has our name and is not what we mean by it.
    pub fn received<'a>(&self, description: &'a str) -> Option<Cow<'a, str>> {
        let (base, options) = split(description);
        let is_known = |name: &&Name| name.known.iter().any(|known| known.eq_ignore_ascii_case(base));
        match self.all().iter().find(is_known) {
            Some(name) => Some(Cow::Owned(format!("{}{options}", name.ours))),
            None if self.all().iter().any(|name| name.ours.eq_ignore_ascii_case(base)) => None,
            None => Some(Cow::Borrowed(description)),
        }
    }
}

/// Name and options, these with the semicolon before them.
fn split(description: &str) -> (&str, &str) {
    let base = base_name(description);
    (base, description.get(base.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
