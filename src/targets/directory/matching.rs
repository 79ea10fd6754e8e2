//! Who of another directory a recipient of the source is. Pure.

use crate::{
    model::{Recipient, same_in_any_case},
    targets::TargetQuery,
};

/// Who it is.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'a> {
    Nobody,
    One(&'a Recipient),
    /// More than one; the sentence says which.
    Several(String),
}

/// By what a recipient is looked for: its primary address, else its user principal name.
pub(super) fn address<'a>(query: &TargetQuery<'a>) -> Option<&'a str> {
    let recipient = query.recipient;
    let name = recipient.address.as_deref().or(recipient.user_principal_name.as_deref());
    name.filter(|name| !name.is_empty())
}

/// Who of `people` has the recipient's address: as the first one, before all who have it among others.
pub(super) fn by_address<'a>(query: &TargetQuery<'_>, people: &'a [Recipient]) -> Found<'a> {
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
