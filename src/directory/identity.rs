//! Who was asked for by identity, and whom each identity names.

use crate::{
    error::{Error, ErrorId},
    model::{Recipient, same_in_any_case},
};

/// Identities, and the anchors of the recipients that each of them turned out to name.
#[derive(Debug)]
pub struct Identities(Vec<Asked>);

#[derive(Debug)]
struct Asked {
    identity: String,
    anchors: Vec<String>,
    /// Whether somebody of that name was found, and could not be read.
    unreadable: bool,
}

impl Identities {
    /// Nobody is found yet.
    pub fn new(asked: &[String]) -> Self {
        let of =
            |identity: &String| Asked { identity: identity.clone(), anchors: Vec::new(), unreadable: false };
        Self(asked.iter().map(of).collect())
    }

    /// Notes a recipient that was found.
    pub fn note(&mut self, recipient: &Recipient) {
        for asked in self.0.iter_mut().filter(|asked| recipient.is_named(&asked.identity)) {
            if !asked.anchors.contains(&recipient.anchor) {
                asked.anchors.push(recipient.anchor.clone());
            }
        }
    }

    /// Notes that somebody was found who can't be read: what is there is not unknown.
    pub fn note_unreadable(&mut self, name: &str) {
        let named = self.0.iter_mut().filter(|asked| same_in_any_case(&asked.identity, name));
        named.for_each(|asked| asked.unreadable = true);
    }

    /// `IdentityNotFound` for each that names nobody in `place`.
    pub fn unknown(&self, place: &str) -> Vec<Error> {
        self.0.iter().filter_map(|asked| asked.unknown(place)).collect()
    }

    /// For each that names nobody in the source `IdentityNotFound`, for each that names more than one
    /// `IdentityAmbiguous` with the anchors of those: none of them is to be touched.
    pub fn unclear(&self) -> Vec<(Error, &[String])> {
        let error = |asked: &Asked| asked.unknown("source").or_else(|| asked.ambiguous());
        self.0.iter().filter_map(|asked| Some((error(asked)?, asked.anchors.as_slice()))).collect()
    }
}

impl Asked {
    fn unknown(&self, place: &str) -> Option<Error> {
        let what = format!("The {place} has no recipient '{}'.", self.identity);
        let error = Error::new(ErrorId::IdentityNotFound, what).target(&self.identity);
        Some(error).filter(|_| self.anchors.is_empty() && !self.unreadable)
    }

    fn ambiguous(&self) -> Option<Error> {
        let (identity, count) = (&self.identity, self.anchors.len());
        let what = format!("'{identity}' names {count} recipients of the source; none of them is touched.");
        let error = Error::new(ErrorId::IdentityAmbiguous, what).target(identity);
        Some(error).filter(|_| count > 1)
    }
}
