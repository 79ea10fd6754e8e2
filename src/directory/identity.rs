//! Who was asked for by identity, and whom each identity names.

use std::collections::HashSet;

use super::Selection;
use crate::{
    error::{Error, ErrorId},
    model::{Identity, Recipient, same_in_any_case},
};

/// Identities, and the anchors of the recipients that each of them turned out to name.
///
/// Recipients are read in rounds: by the first key of each identity, then by the next one of those that named nobody.
#[derive(Debug)]
pub struct Identities {
    asked: Vec<Asked>,
    /// Who was found in earlier rounds.
    earlier: HashSet<String>,
    begun: bool,
}

#[derive(Debug)]
struct Asked {
    identity: Identity,
    /// The place of the key by which it is looked for, or was last.
    place: usize,
    /// Whether it is looked for in this round.
    open: bool,
    anchors: Vec<String>,
    /// Whether somebody of that name was found, and could not be read.
    unreadable: bool,
}

impl Identities {
    /// Nobody is found yet. No identities stand for everybody.
    pub fn new(asked: &[Identity]) -> Self {
        let of = |identity: &Identity| Asked {
            identity: identity.clone(),
            place: 0,
            open: true,
            anchors: Vec::new(),
            unreadable: false,
        };
        Self { asked: asked.iter().map(of).collect(), earlier: HashSet::new(), begun: false }
    }

    /// Whom to read in the next round; `None` where everybody was found, or no key is left.
    pub fn next_selection(&mut self) -> Option<Selection> {
        if std::mem::replace(&mut self.begun, true) {
            self.earlier.extend(self.asked.iter().flat_map(|asked| &asked.anchors).cloned());
            self.asked.iter_mut().for_each(Asked::go_on);
        } else if self.asked.is_empty() {
            return Some(Selection::All);
        }
        let keys: Vec<String> =
            self.asked.iter().filter_map(|asked| asked.key().map(str::to_owned)).collect();
        Some(keys).filter(|keys| !keys.is_empty()).map(Selection::Identities)
    }

    /// Notes a recipient that was found; `false` for one that an earlier round found already.
    pub fn note(&mut self, recipient: &Recipient) -> bool {
        for asked in &mut self.asked {
            let named = asked.key().is_some_and(|key| recipient.is_named(key));
            if named && !asked.anchors.contains(&recipient.anchor) {
                asked.anchors.push(recipient.anchor.clone());
            }
        }
        !self.earlier.contains(&recipient.anchor)
    }

    /// Notes that somebody was found who can't be read: what is there is not unknown.
    pub fn note_unreadable(&mut self, name: &str) {
        let named =
            self.asked.iter_mut().filter(|asked| asked.key().is_some_and(|key| same_in_any_case(key, name)));
        named.for_each(|asked| asked.unreadable = true);
    }

    /// `IdentityNotFound` for each that names nobody in `place`.
    pub fn unknown(&self, place: &str) -> Vec<Error> {
        self.asked.iter().filter_map(|asked| asked.unknown(place)).collect()
    }

    /// For each that names nobody in the source `IdentityNotFound`, for each that names more than one
    /// `IdentityAmbiguous` with the anchors of those: none of them is to be touched.
    pub fn unclear(&self) -> Vec<(Error, &[String])> {
        let error = |asked: &Asked| asked.unknown("source").or_else(|| asked.ambiguous());
        self.asked.iter().filter_map(|asked| Some((error(asked)?, asked.anchors.as_slice()))).collect()
    }
}

impl Asked {
    /// The key of this round.
    fn key(&self) -> Option<&str> {
        self.identity.key(self.place).filter(|_| self.open)
    }

    fn go_on(&mut self) {
        self.open =
            !self.unreadable && self.anchors.is_empty() && self.identity.key(self.place + 1).is_some();
        self.place += usize::from(self.open);
    }

    fn unknown(&self, place: &str) -> Option<Error> {
        let label = self.identity.label();
        let others: Vec<String> =
            self.identity.keys().filter(|key| *key != label).map(|key| format!("'{key}'")).collect();
        let nor =
            if others.is_empty() { String::new() } else { format!(", nor one by {}", others.join(", ")) };
        let error =
            Error::new(ErrorId::IdentityNotFound, format!("The {place} has no recipient '{label}'{nor}."));
        Some(error.target(label)).filter(|_| self.anchors.is_empty() && !self.unreadable)
    }

    fn ambiguous(&self) -> Option<Error> {
        let identity = self.identity.key(self.place).unwrap_or_default();
        let count = self.anchors.len();
        let what = format!("'{identity}' names {count} recipients of the source; none of them is touched.");
        let error = Error::new(ErrorId::IdentityAmbiguous, what).target(identity);
        Some(error).filter(|_| count > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecipientKind;

    fn person(name: &str) -> Recipient {
        Recipient {
            mail: Some(format!("{name}@contoso.test")),
            user_principal_name: Some(format!("{name}@corp.test")),
            sam_account_name: Some("twin".into()),
            ..Recipient::new(
                format!("anchor of {name}"),
                format!("CN={name},DC=contoso,DC=test"),
                RecipientKind::User,
            )
        }
    }

    /// Reads all rounds from a source that has these people; who was new, and the keys of each round.
    fn read(named: &mut Identities, people: &[Recipient]) -> (Vec<String>, Vec<Vec<String>>) {
        let (mut found, mut rounds) = (Vec::new(), Vec::new());
        while let Some(selection) = named.next_selection() {
            for person in people.iter().filter(|person| selection.includes(person)) {
                if named.note(person) {
                    found.push(person.anchor.clone());
                }
            }
            if let Selection::Identities(keys) = selection {
                rounds.push(keys);
            }
        }
        (found, rounds)
    }

    fn identities(json: &str) -> Identities {
        Identities::new(&serde_json::from_str::<Vec<Identity>>(json).unwrap())
    }

    #[test]
    fn the_first_key_that_names_somebody_decides() {
        let people = ["alice", "bob"].map(person);
        for (json, found, rounds, unclear) in [
            ("[]", "alice bob", "", ""),
            (r#"["alice@contoso.test"]"#, "alice", "alice@contoso.test", ""),
            (r#"[["x","alice@corp.test","bob@corp.test"]]"#, "alice", "x; alice@corp.test", ""),
            // The better key decides, whatever others would.
            (r#"[["bob@corp.test","alice@contoso.test"]]"#, "bob", "bob@corp.test", ""),
            // Only those that nobody was found for are looked for again, and nobody is found twice.
            (
                r#"["alice@contoso.test",["x","alice@corp.test"],["y","bob@corp.test"]]"#,
                "alice bob",
                "alice@contoso.test x y; alice@corp.test bob@corp.test",
                "",
            ),
            (
                r#"[["x","y@contoso.test","z"]]"#,
                "",
                "x; y@contoso.test; z",
                "The source has no recipient 'y@contoso.test', nor one by 'x', 'z'.",
            ),
            (r#"["x"]"#, "", "x", "The source has no recipient 'x'."),
            (
                r#"[["x","twin","alice@corp.test"]]"#,
                "alice bob",
                "x; twin",
                "'twin' names 2 recipients of the source; none of them is touched.",
            ),
        ] {
            let mut named = identities(json);
            let (who, asked) = read(&mut named, &people);
            let who: Vec<_> = who.iter().map(|anchor| anchor.trim_start_matches("anchor of ")).collect();
            assert_eq!(who.join(" "), found, "{json}");
            let asked: Vec<_> = asked.iter().map(|keys| keys.join(" ")).collect();
            assert_eq!(asked.join("; "), rounds, "{json}");
            let errors: Vec<_> = named.unclear().into_iter().map(|(error, _)| error.message).collect();
            assert_eq!(errors.join(" "), unclear, "{json}");
        }
    }

    #[test]
    fn who_cannot_be_read_is_not_looked_for_under_another_name() {
        let mut named = identities(r#"[["x","alice@corp.test"]]"#);
        assert!(named.next_selection().is_some());
        named.note_unreadable("X");
        assert_eq!(named.next_selection(), None);
        assert!(named.unclear().is_empty());
    }
}
