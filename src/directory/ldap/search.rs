//! Searches: page by page, with the rest of attributes that the server cuts.

use std::collections::BTreeSet;

use super::{
    answer::{Answer, Faulty, LdapResult, Rest, TOO_MANY_VALUES},
    connection::Connection,
    domain,
    failure::protocol,
    filter::Filter,
    limits::{self, skipped},
    malformed::Malformed,
    message::{Parts, Scope, Search},
    result::Asked,
    time_left::TimeLeft,
};
use crate::{
    directory::entry::Entry,
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
};

/// What is done with each entry, and whether it was read whole; an error of its own ends the search.
/// An entry that was not has its name, and what it is known by where that can be read.
pub(super) type Sink<'a> = dyn FnMut(Entry, Result<()>) -> Result<()> + 'a;

/// What a page brings.
pub(super) enum Found {
    Whole(Entry),
    Faulty(Faulty),
}

/// How a page ended.
pub(super) struct Page {
    pub result: LdapResult,
    /// Where the next one begins.
    pub rest: Rest,
    /// How many objects it had.
    pub count: u32,
    /// Other domains that it refers to.
    domains: BTreeSet<String>,
}

/// An object of a page that is to be asked for again.
enum Again {
    /// Values are missing.
    Cut(String),
    /// It can't be taken as it came.
    Faulty(Faulty),
}

/// Hands all that `search` finds to `sink`, entry by entry, while pages arrive. `anchor` are the attributes by which
/// an object is known that can't be read whole.
/// Returns the domains below its base that the server refers to.
/// Fails where the server does not give a complete answer.
pub(super) fn search(
    connection: &mut Connection,
    search: &Search,
    anchor: &[&str],
    context: &Context,
    sink: &mut Sink,
) -> Result<BTreeSet<String>> {
    let server = connection.server().to_owned();
    let (mut cookie, mut time, mut empty, mut domains) = (Vec::new(), connection.time(), 0, BTreeSet::new());
    for _ in 0..limits::PAGES {
        let mut again = Vec::new();
        let page = page(connection, search, &cookie, &mut time, context, &mut |found| {
            // What is missing is asked for when the page is read: a search at a time.
            again.push(match found {
                Found::Whole(entry) if cut_attribute(&entry).is_none() => return sink(entry, Ok(())),
                Found::Whole(entry) => Again::Cut(entry.dn),
                Found::Faulty(faulty) => Again::Faulty(faulty),
            });
            if again.len() > limits::AGAIN {
                return Err(protocol(&server, Malformed("more than 2,000 incomplete objects in one page")));
            }
            Ok(())
        })?;
        page.result.check(connection.server(), Asked::Search(search.base))?;
        domains.extend(page.domains);
        for object in again {
            let (entry, whole) = match object {
                Again::Cut(dn) => read_whole(connection, dn, search.attributes, anchor, context)?,
                Again::Faulty(faulty) => identify(connection, faulty, anchor, context)?,
            };
            sink(entry, whole)?;
        }
        if !page.rest.is_more {
            return Ok(domains);
        }
        empty = if page.count == 0 { empty + 1 } else { 0 };
        if empty > limits::EMPTY_PAGES {
            return Err(connection.protocol(Malformed("more than 100 pages without an object")));
        }
        if page.count > 0 {
            time = connection.time();
        }
        // Not compared with the one before: some servers give the same cookie for every page.
        cookie = page.rest.cookie;
    }
    Err(connection.protocol(Malformed("more than a million pages")))
}

/// Hands the first page of what `search` finds to `sink`, as it came.
pub(super) fn first_page(
    connection: &mut Connection,
    search: &Search,
    context: &Context,
    sink: &mut dyn FnMut(Entry),
) -> Result<()> {
    let mut time = connection.time();
    let page = page(connection, search, &[], &mut time, context, &mut |found| {
        if let Found::Whole(entry) = found {
            sink(entry);
        }
        Ok(())
    })?;
    page.result.check(connection.server(), Asked::Search(search.base))
}

/// One request and all its answers.
pub(super) fn page(
    connection: &mut Connection,
    search: &Search,
    cookie: &[u8],
    time: &mut TimeLeft,
    context: &Context,
    sink: &mut dyn FnMut(Found) -> Result<()>,
) -> Result<Page> {
    let most = match search.parts {
        Parts::One => 1,
        Parts::Pages(size) => size.saturating_mul(limits::ANSWER_FACTOR),
        Parts::Changes => limits::CHANGES,
    };
    let id = connection.start(search, cookie, time, context)?;
    let (mut count, mut references, mut domains) = (0, 0, BTreeSet::new());
    loop {
        let found = match connection.receive(id, time, context)? {
            Answer::Entry(entry) => Found::Whole(entry),
            Answer::Faulty(faulty) => Found::Faulty(faulty),
            Answer::Reference(places) => {
                references += 1;
                if references > limits::REFERENCES {
                    return Err(connection.protocol(Malformed("more than 1,000 references in one answer")));
                }
                domains.extend(places.iter().filter_map(|place| domain::referred(place)));
                let places = places.join(", ");
                context.log(
                    LogLevel::Verbose,
                    format!("'{}' also refers to other servers, which are not asked: {places}", search.base),
                )?;
                continue;
            }
            Answer::Done(result, rest) => return Ok(Page { result, rest, count, domains }),
            Answer::Bind(..) | Answer::Modify(_) | Answer::Extended(_) | Answer::Disconnection(_) => {
                return Err(connection.protocol(Malformed("an answer that does not belong to a search")));
            }
        };
        count += 1;
        if count > most {
            return Err(connection.protocol(Malformed("far more objects than it was asked for")));
        }
        sink(found)?;
    }
}

/// The entry that a search of one object finds; `None` if the object is not there.
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

/// What a search of one object ended with, and the entry that it found.
pub(super) fn look_at(
    connection: &mut Connection,
    dn: &str,
    attributes: &[&str],
    context: &Context,
) -> Result<(LdapResult, Option<Entry>)> {
    let mut time = connection.time();
    match one(connection, dn, attributes, &mut time, context)? {
        (result, None) => Ok((result, None)),
        (result, Some(Found::Whole(entry))) => Ok((result, Some(entry))),
        (_, Some(Found::Faulty(Faulty { dn, why, .. }))) => {
            let server = connection.server();
            let message =
                format!("The server '{server}' sent the object '{dn}', which can't be read: {why}.");
            Err(Error::new(ErrorId::DirectoryProtocol, message).target(server))
        }
    }
}

fn one(
    connection: &mut Connection,
    dn: &str,
    attributes: &[&str],
    time: &mut TimeLeft,
    context: &Context,
) -> Result<(LdapResult, Option<Found>)> {
    let filter = Filter::present("objectClass");
    let search = Search {
        base: dn,
        scope: Scope::Base,
        filter: &filter,
        attributes,
        deleted: false,
        parts: Parts::One,
    };
    let mut found = None;
    let page = page(connection, &search, &[], time, context, &mut |one| {
        found = Some(one);
        Ok(())
    })?;
    Ok((page.result, found))
}

/// As [`one`]; `None` if the object is not there.
fn one_there(
    connection: &mut Connection,
    dn: &str,
    attributes: &[&str],
    time: &mut TimeLeft,
    context: &Context,
) -> Result<Option<Found>> {
    let (result, found) = one(connection, dn, attributes, time, context)?;
    if result.is_no_such_object() {
        return Ok(None);
    }
    result.check(connection.server(), Asked::Search(dn)).map(|()| found)
}

/// What an object is known by that can't be read, as far as that can be; and why it can't.
fn identify(
    connection: &mut Connection,
    faulty: Faulty,
    anchor: &[&str],
    context: &Context,
) -> Result<(Entry, Result<()>)> {
    let error = skipped(&faulty.dn, &faulty.why);
    let mut known = Entry::new(faulty.dn);
    if faulty.is_named {
        let mut time = connection.time();
        if let Some(Found::Whole(found)) = one_there(connection, &known.dn, anchor, &mut time, context)? {
            known = found;
        }
    }
    Ok((known, Err(error)))
}

/// An attribute of which the server gave a part ([MS-ADTS] 3.1.1.3.1.3.3): its place in the entry, its name, and
/// the number of the first value that is missing.
fn cut_attribute(entry: &Entry) -> Option<(usize, String, u64)> {
    entry.attributes().enumerate().find_map(|(index, attribute)| {
        let (name, range) = split_range(attribute.name())?;
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

/// Reads an object of which the server gave a part, again and to its end. The inner error is about it alone.
fn read_whole(
    connection: &mut Connection,
    dn: String,
    attributes: &[&str],
    anchor: &[&str],
    context: &Context,
) -> Result<(Entry, Result<()>)> {
    let mut time = connection.time();
    match one_there(connection, &dn, attributes, &mut time, context)? {
        Some(Found::Whole(mut entry)) => {
            let whole = complete(connection, &mut entry, &mut time, context)?;
            Ok((entry, whole))
        }
        Some(Found::Faulty(faulty)) => identify(connection, faulty, anchor, context),
        None => {
            let gone = skipped(&dn, "it was deleted or renamed while it was read").advice("Run again.");
            Ok((Entry::new(dn), Err(gone)))
        }
    }
}

/// Reads the values that the server cut off. The inner error is about this object alone.
fn complete(
    connection: &mut Connection,
    entry: &mut Entry,
    time: &mut TimeLeft,
    context: &Context,
) -> Result<Result<()>> {
    for _ in 0..limits::PARTS {
        let Some((index, name, next)) = cut_attribute(entry) else { return Ok(Ok(())) };
        let asked = format!("{name};range={next}-*");
        let rest = match one_there(connection, &entry.dn, &[&asked], time, context)? {
            Some(Found::Whole(rest)) => rest,
            Some(Found::Faulty(faulty)) => return Ok(Err(skipped(&entry.dn, &faulty.why))),
            None => Entry::default(),
        };
        let part = rest.attributes().find(|part| {
            let matches = |(found, range): (&str, &str)| {
                found.eq_ignore_ascii_case(&name) && range.split('-').next() == Some(&next.to_string())
            };
            part.values().next().is_some() && split_range(part.name()).is_some_and(matches)
        });
        let Some(part) = part else {
            let why = format!(
                "it was changed while the values of its {} from number {next} on were read",
                entry.called(&name)
            );
            return Ok(Err(skipped(&entry.dn, &why).advice("Run again.")));
        };
        if entry.size() + rest.size() > limits::OBJECT {
            return Ok(Err(skipped(&entry.dn, "it is larger than 16 MiB")));
        }
        if entry.count() + rest.count() > limits::VALUES {
            return Ok(Err(skipped(&entry.dn, TOO_MANY_VALUES)));
        }
        entry.continue_attribute(index, part.name(), part.values());
    }
    Ok(Err(skipped(&entry.dn, "its values come in more than 200 parts")))
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
            let mut entry = Entry::new("CN=A");
            entry.add_attribute(name);
            assert_eq!(cut_attribute(&entry), expected, "{name}");
        }
    }
}
