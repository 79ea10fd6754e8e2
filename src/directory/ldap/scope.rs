//! What a profile's source covers: search bases and filter.

use super::{connection::Connection, dialect::Dialect, filter::Filter, result::Asked, search::look_at};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    profile::DirectorySettings,
};

/// The filter of a profile's recipients.
/// Fails with `FilterInvalid`, naming the place.
pub(super) fn filter(settings: &DirectorySettings, dialect: &Dialect) -> Result<Filter> {
    let parse = |text: &str| Filter::parse(text).map_err(|e| e.describe(text));
    let recipients = parse(dialect.recipients)?;
    match settings.filter.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(own) => Ok(Filter::and(&[recipients, parse(own)?])),
        None => Ok(recipients),
    }
}

/// The search bases as the server writes them, without those that lie within another one, so that no recipient is
/// found twice; where none are `given`, the one of the server's `naming_contexts`. Fails with `SearchBaseNotFound`.
pub(super) fn bases(
    connection: &mut Connection,
    given: &[String],
    naming_contexts: &[String],
    context: &Context,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let wanted = match (given, naming_contexts) {
        ([], [one]) => std::slice::from_ref(one),
        ([], several) => return Err(ambiguous(connection.server(), several)),
        (given, _) => given,
    };
    for base in wanted {
        found.push(known(connection, base, context)?);
    }
    let (outer, inner) = outermost(&found);
    for base in inner {
        context.log(LogLevel::Verbose, format!("The search base '{base}' lies within another one."))?;
    }
    Ok(outer)
}

/// The containers that are left out, as the server writes them. Fails with `SearchBaseNotFound`.
pub(super) fn excluded(
    connection: &mut Connection,
    given: &[String],
    context: &Context,
) -> Result<Vec<String>> {
    let advice = "Correct -ExcludedSearchBase; it must be the distinguished name of an existing container.";
    let advised = |error: Error| match error.id {
        ErrorId::SearchBaseNotFound => error.advice(advice),
        _ => error,
    };
    given.iter().map(|base| known(connection, base, context).map_err(advised)).collect()
}

/// The filter of the members of these groups; `None` where there are no groups. Fails with `GroupNotFound`.
pub(super) fn members(
    connection: &mut Connection,
    groups: &[String],
    dialect: &Dialect,
    context: &Context,
) -> Result<Option<Filter>> {
    let mut filters = Vec::new();
    for group in groups {
        let found = known(connection, group, context).map_err(|error| match error.id {
            ErrorId::SearchBaseNotFound => {
                let what = format!("The server '{}' has no group '{group}'.", connection.server());
                Error::new(ErrorId::GroupNotFound, what).target(group)
            }
            _ => error,
        })?;
        filters.push(dialect.member_of(&found));
    }
    Ok((!filters.is_empty()).then(|| Filter::or(&filters)))
}

/// A name as the server writes it. Fails with `SearchBaseNotFound`.
fn known(connection: &mut Connection, base: &str, context: &Context) -> Result<String> {
    if base.trim().is_empty() {
        // The empty name is the root DSE, below which servers find nothing.
        return Err(Error::new(ErrorId::SearchBaseNotFound, "A search base is empty.").target(base));
    }
    let (result, entry) =
        look_at(connection, base, &["distinguishedName"], context).map_err(|e| e.target(base))?;
    let server = connection.server();
    result.check(server, Asked::Search(base)).map_err(|e| e.target(base))?;
    entry.map(|entry| entry.dn).ok_or_else(|| result.base_not_found(server, base))
}

/// The error of a server that holds several things, or tells of none, where the settings leave it open.
fn ambiguous(server: &str, naming_contexts: &[String]) -> Error {
    let held = match naming_contexts {
        [] => "does not tell what it holds".to_owned(),
        several => format!("holds several: {}", several.join("; ")),
    };
    let message = format!("No -SearchBase is given, and the server '{server}' {held}.");
    Error::new(ErrorId::SearchBaseNotFound, message).target(server).advice("Give -SearchBase.")
}

/// Splits into those that lie in no other one, and those that do.
fn outermost(bases: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for (index, base) in bases.iter().enumerate() {
        let covered = bases.iter().enumerate().any(|(other, candidate)| {
            // Of two equal ones the first stays.
            other != index && is_within(base, candidate) && (other < index || !is_within(candidate, base))
        });
        if covered { inner.push(base.clone()) } else { outer.push(base.clone()) }
    }
    (outer, inner)
}

/// Whether `dn` is `container` or lies within it. Both are as the server writes them.
pub(super) fn is_within(dn: &str, container: &str) -> bool {
    let (dn, container) = (dn.to_lowercase(), container.to_lowercase());
    let Some(before) = dn.strip_suffix(&container) else { return false };
    let Some(parent) = before.strip_suffix(',') else { return before.is_empty() };
    // An odd number of backslashes makes the comma a part of a name.
    (parent.len() - parent.trim_end_matches('\\').len()) % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_within_another_one_is_not_searched_again() {
        let bases = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        for (given, outer) in [
            (&["DC=contoso,DC=test", "OU=A,DC=contoso,DC=test"][..], &["DC=contoso,DC=test"][..]),
            (&["OU=A,DC=contoso,DC=test", "dc=CONTOSO,dc=test"], &["dc=CONTOSO,dc=test"]),
            (&["OU=A,DC=x", "OU=B,DC=x"], &["OU=A,DC=x", "OU=B,DC=x"]),
            (&["OU=A,DC=x", "ou=a,dc=x"], &["OU=A,DC=x"]),
            (&["OU=AB,DC=x", "B,DC=x"], &["OU=AB,DC=x", "B,DC=x"]),
            (&[r"CN=a\,OU=A,DC=x", "OU=A,DC=x"], &[r"CN=a\,OU=A,DC=x", "OU=A,DC=x"]),
            (&[r"CN=a\\,OU=A,DC=x", "OU=A,DC=x"], &["OU=A,DC=x"]),
        ] {
            assert_eq!(outermost(&bases(given)).0, bases(outer), "{given:?}");
        }
    }
}
