//! Searches: page by page, with the rest of attributes that the server cuts.

use super::{
    connection::Connection,
    filter::Filter,
    malformed::Malformed,
    message::{Answer, LdapResult, Scope, Search},
    result::Asked,
};
use crate::{
    directory::entry::Entry,
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
};

/// What is done with each entry, and whether it was read whole; an error of its own ends the search.
pub(super) type Sink<'a> = dyn FnMut(Entry, Result<()>) -> Result<()> + 'a;

/// Hands all that `search` finds to `sink`, entry by entry, while pages arrive.
/// Fails where the server does not give a complete answer.
pub(super) fn search(
    connection: &mut Connection,
    search: &Search,
    context: &Context,
    sink: &mut Sink,
) -> Result<()> {
    let mut cookie = Vec::new();
    loop {
        let mut cut = Vec::new();
        let (result, next) = page(connection, search, &cookie, context, &mut |entry| {
            // The rest of it is asked for when the page is read: a search at a time.
            if cut_attribute(&entry).is_none() {
                return sink(entry, Ok(()));
            }
            cut.push(entry);
            Ok(())
        })?;
        result.check(connection.server(), Asked::Search(search.base))?;
        for mut entry in cut {
            let whole = complete(connection, &mut entry, context)?;
            sink(entry, whole)?;
        }
        if next.is_empty() {
            return Ok(());
        }
        cookie = next;
    }
}

/// The first page of what `search` finds, as it came.
pub(super) fn first_page(
    connection: &mut Connection,
    search: &Search,
    context: &Context,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let (result, _) = page(connection, search, &[], context, &mut |entry| {
        entries.push(entry);
        Ok(())
    })?;
    result.check(connection.server(), Asked::Search(search.base)).map(|()| entries)
}

/// One request and all its answers: how it ended, and the cookie of the next page.
fn page(
    connection: &mut Connection,
    search: &Search,
    cookie: &[u8],
    context: &Context,
    sink: &mut dyn FnMut(Entry) -> Result<()>,
) -> Result<(LdapResult, Vec<u8>)> {
    let id = connection.start(search, cookie, context)?;
    loop {
        match connection.receive(id, context)? {
            Answer::Entry(entry) => sink(entry)?,
            Answer::Reference(places) => context.log(
                LogLevel::Verbose,
                format!(
                    "'{}' also refers to other servers, which are not asked: {}",
                    search.base,
                    places.join(", ")
                ),
            )?,
            Answer::Done(result, cookie) => return Ok((result, cookie)),
            Answer::Bind(_) | Answer::Modify(_) | Answer::Extended(_) => {
                return Err(connection.protocol(Malformed("an answer that does not belong to a search")));
            }
        }
    }
}

/// The first entry that a search of one object finds; `None` if the object is not there.
pub(super) fn read_object(
    connection: &mut Connection,
    dn: &str,
    attributes: &[&str],
    context: &Context,
) -> Result<Option<Entry>> {
    let (result, found) = look_at(connection, dn, attributes, context)?;
    if result.is_no_such_object() {
        return Ok(None);
    }
    result.check(connection.server(), Asked::Search(dn)).map(|()| found)
}

/// What a search of one object ended with, and the first entry that it found.
pub(super) fn look_at(
    connection: &mut Connection,
    dn: &str,
    attributes: &[&str],
    context: &Context,
) -> Result<(LdapResult, Option<Entry>)> {
    let filter = Filter::present("objectClass");
    let search =
        Search { base: dn, scope: Scope::Base, filter: &filter, attributes, deleted: false, page_size: None };
    let mut found = None;
    let (result, _) = page(connection, &search, &[], context, &mut |entry| {
        found = Some(entry);
        Ok(())
    })?;
    Ok((result, found))
}

/// An attribute of which the server gave a part ([MS-ADTS] 3.1.1.3.1.3.3): its place in the entry, its name, and
/// the number of the first value that is missing.
fn cut_attribute(entry: &Entry) -> Option<(usize, String, u64)> {
    entry.attributes.iter().enumerate().find_map(|(index, (name, _))| {
        let (name, range) = split_range(name)?;
        let (_, last) = range.split_once('-')?;
        let last: u64 = last.parse().ok()?;
        Some((index, name.to_owned(), last.checked_add(1)?))
    })
}

/// `userCertificate;range=0-1499` → name and range.
fn split_range(name: &str) -> Option<(&str, &str)> {
    let at = name.to_ascii_lowercase().find(";range=")?;
    Some((name.get(..at)?, name.get(at + ";range=".len()..)?))
}

/// Reads the values that the server cut off. The inner error is about this object alone.
fn complete(connection: &mut Connection, entry: &mut Entry, context: &Context) -> Result<Result<()>> {
    while let Some((index, name, next)) = cut_attribute(entry) {
        let asked = format!("{name};range={next}-*");
        let rest = read_object(connection, &entry.dn, &[&asked], context)?;
        let part = rest.into_iter().flat_map(|rest| rest.attributes).find(|(found, values)| {
            let matches = |(found, range): (&str, &str)| {
                found.eq_ignore_ascii_case(&name) && range.split('-').next() == Some(&next.to_string())
            };
            !values.is_empty() && split_range(found).is_some_and(matches)
        });
        let (Some((found, values)), Some(slot)) = (part, entry.attributes.get_mut(index)) else {
            let message = format!(
                "The object '{}' was left out: it was changed while the values of its {name} from number {next} on were read.",
                entry.dn
            );
            return Ok(Err(Error::new(ErrorId::RecipientInvalid, message)
                .target(entry.dn.clone())
                .advice("Run again.")));
        };
        slot.0 = found;
        slot.1.extend(values);
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_attribute_shows_where_its_rest_begins() {
        for (name, expected) in [
            ("userCertificate;range=0-1499", Some((0, "userCertificate".to_owned(), 1500))),
            ("userCertificate;binary;Range=1500-2999", Some((0, "userCertificate;binary".to_owned(), 3000))),
            ("userCertificate;range=1500-*", None),
            ("userCertificate", None),
            ("userCertificate;range=0-x", None),
            ("userCertificate;range=0-18446744073709551615", None),
        ] {
            let entry = Entry { dn: "CN=A".into(), attributes: vec![(name.into(), vec![])] };
            assert_eq!(cut_attribute(&entry), expected, "{name}");
        }
    }
}
