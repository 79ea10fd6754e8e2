//! Who of another directory a recipient of the source is. Pure.

use crate::{
    error::{Error, ErrorId, Result},
    model::{Exclusion, Recipient, same_in_any_case, same_name},
    targets::{Match, Renamed, TargetQuery, TargetRecipient},
};

/// Whom an earlier run linked.
#[derive(Debug, Clone)]
pub(super) enum Linked {
    Nobody,
    There(Box<Recipient>),
    Unreadable,
}

impl Linked {
    /// Whom, where that is to be read.
    pub fn recipient(&self) -> Option<&Recipient> {
        match self {
            Self::There(one) => Some(one),
            Self::Nobody | Self::Unreadable => None,
        }
    }

    /// Whether the link tells by itself who it is: names are used again by others, so that who has lost them is not believed.
    pub fn settles(&self, query: &TargetQuery<'_>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Unreadable => true,
            Self::There(one) => {
                let has = |names: &[&str], name: &str| names.iter().any(|one| same_in_any_case(one, name));
                let (own, any) = (one.mail_addresses(), one.addresses());
                query.keeps_name(|name| has(&own, name), |name| has(&any, name))
            }
        }
    }
}

/// Who has an address, among others that were asked for with it.
#[derive(Debug, Clone, Default)]
pub(super) struct Holders {
    pub people: Vec<Recipient>,
    /// Why somebody who has it can't be read.
    pub unreadable: Option<Error>,
}

/// Who of those who have an address it is.
#[derive(Debug, PartialEq)]
enum Found<'a> {
    Nobody,
    One(&'a Recipient),
    /// More than one; the sentence says which.
    Several(String),
}

/// Fails with `ProfileInvalid` where somebody is one object in source and target: what a run takes out of the target would
/// be gone from the source.
pub(super) fn check_apart(query: &TargetQuery<'_>, found: &Recipient, target: &str) -> Result<()> {
    let (anchor, name) = (query.anchor, &query.recipient.distinguished_name);
    // A name by itself proves nothing: another directory may have the same tree.
    if found.anchor != anchor || anchor == name || !same_name(&found.distinguished_name, name) {
        return Ok(());
    }
    let what = format!(
        "The target, {target}, is the directory that the profile reads, or a copy of it: '{name}' is one object in both \
         ({anchor})."
    );
    let advice = "Name another directory with -TargetServer or -TargetSearchBase; with -Target ActiveDirectory values are put right \
                  in place.";
    Err(Error::new(ErrorId::ProfileInvalid, what).target(name).advice(advice))
}

/// Who of the directory `target` the query means. `take` takes note of somebody who may be written to.
/// Fails with `TargetUnreadable` where that is not to be seen.
pub(super) fn matched(
    query: &TargetQuery<'_>,
    linked: Linked,
    holders: &Holders,
    target: &str,
    take: &mut dyn FnMut(&Recipient) -> TargetRecipient,
) -> Result<Match> {
    let linked = match linked {
        Linked::Unreadable => {
            let key = query.link.unwrap_or_default();
            let what = format!("The object '{key}' of {target} can't be read.");
            return Err(Error::new(ErrorId::TargetUnreadable, what).target(key));
        }
        Linked::There(one) if linked.settles(query) => return Ok(Match::One(take(&one))),
        Linked::There(one) => Some(one),
        Linked::Nobody => None,
    };
    // Whoever can't be read has the address, too.
    if let Some(error) = &holders.unreadable {
        return Err(error.clone());
    }
    let found = by_address(query, &holders.people);
    let Some(linked) = linked else {
        return Ok(match found {
            Found::One(one) => Match::One(take(one)),
            Found::Several(why) => Match::Ambiguous(why),
            Found::Nobody => Match::Excluded(Exclusion::NotFound, None),
        });
    };
    let taken = match found {
        Found::Nobody => false,
        Found::One(one) => one.anchor != linked.anchor,
        Found::Several(_) => true,
    };
    let recipient = take(&linked);
    Ok(if taken || query.is_by_address() {
        Match::Renamed(Renamed { recipient, now: linked.label().to_owned(), taken })
    } else {
        Match::One(recipient)
    })
}

/// By what a recipient is looked for: its primary address, else its user principal name.
pub(super) fn address<'a>(query: &TargetQuery<'a>) -> Option<&'a str> {
    let recipient = query.recipient;
    let name = recipient.address.as_deref().or(recipient.user_principal_name.as_deref());
    name.filter(|name| !name.is_empty())
}

/// Who of `people` has the recipient's address: as the first one, before all who have it among others.
fn by_address<'a>(query: &TargetQuery<'_>, people: &'a [Recipient]) -> Found<'a> {
    let Some(address) = address(query) else { return Found::Nobody };
    let has = |one: &&Recipient| one.names().any(|name| same_in_any_case(name, address));
    let all: Vec<&Recipient> = people.iter().filter(has).collect();
    let first: Vec<&Recipient> = all
        .iter()
        .copied()
        .filter(|one| one.primary_address().is_some_and(|first| same_in_any_case(first, address)))
        .collect();
    let candidates = if first.is_empty() { all } else { first };
    match candidates.as_slice() {
        [] => Found::Nobody,
        [one] => Found::One(one),
        several => {
            let names: Vec<String> =
                several.iter().map(|one| format!("'{}'", one.distinguished_name)).collect();
            Found::Several(format!("'{address}' is an address of {}", names.join(" and ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecipientKind, RecipientRecord};

    fn person(name: &str, addresses: &[&str]) -> Recipient {
        let mut all = addresses.iter().map(|address| (*address).to_owned());
        Recipient {
            mail: all.next(),
            proxy_addresses: all.collect(),
            ..Recipient::new(name, format!("cn={name}"), RecipientKind::User)
        }
    }

    #[test]
    fn the_first_address_comes_before_others_and_two_are_too_many() {
        let people = [
            person("alice", &["alice@x.test", "al@x.test"]),
            person("al", &["AL@x.test"]),
            person("b1", &["b@x.test"]),
            person("b2", &["b@x.test"]),
            person("c1", &["c1@x.test", "c@x.test"]),
            person("c2", &["c2@x.test", "c@x.test"]),
        ];
        for (wanted, expected) in [
            ("Alice@X.test", Some("alice")),
            ("al@x.test", Some("al")),
            ("c1@x.test", Some("c1")),
            ("nobody@x.test", None),
        ] {
            let record = RecipientRecord::of(&person("source", &[wanted]));
            let found = match by_address(&TargetQuery::of("source", &record), &people) {
                Found::One(one) => Some(one.anchor.as_str()),
                Found::Nobody => None,
                Found::Several(why) => panic!("{wanted}: {why}"),
            };
            assert_eq!(found, expected, "{wanted}");
        }
        for wanted in ["b@x.test", "c@x.test"] {
            let record = RecipientRecord::of(&person("source", &[wanted]));
            let found = by_address(&TargetQuery::of("source", &record), &people);
            let Found::Several(why) = found else { panic!("{found:?}") };
            assert!(why.contains("' and 'cn="), "{why}");
        }
        let nameless = RecipientRecord::of(&person("source", &[]));
        assert_eq!(by_address(&TargetQuery::of("source", &nameless), &people), Found::Nobody);
    }
}
