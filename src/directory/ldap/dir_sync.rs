//! What a domain controller replicates since a cookie, deletions and moves among it, also for accounts that see no tombstones
//! ([MS-ADTS] 3.1.1.3.4.1.3; docs/design/active-directory.md §10).
//!
//! It takes the right `DS-Replication-Get-Changes` on the domain. With it the server looks at no other right, so nothing is
//! asked for but what recipients are read by; each object that is told is read again as the account may see it.

use super::{
    answer::Rest,
    connection::Connection,
    filter::Filter,
    limits,
    message::{Parts, Scope, Search},
    result::Asked,
    search::{Found, page},
    session::Session,
};
use crate::{
    directory::entry::{ATTRIBUTES, Entry},
    error::Result,
    event::Context,
};

/// What of [`ATTRIBUTES`] is not replicated, or of other directories.
const NOT_REPLICATED: [&str; 2] = ["entryUUID", "whenChanged"];

/// What is done with each object that changed; `None` for one that can't be made out.
pub(super) type Sink<'a> = dyn FnMut(Option<Entry>) -> Result<()> + 'a;

/// The attributes whose changes are asked for, besides those of the filter. An object that is moved has another name.
pub(super) fn attributes<'a>(of_filter: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let own = ATTRIBUTES.into_iter().filter(|name| !NOT_REPLICATED.contains(name));
    let mut all: Vec<&str> = own.chain(["name"]).collect();
    for name in of_filter {
        if !all.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            all.push(name);
        }
    }
    all
}

/// What is asked of `domain`: the root of what is replicated, below which everything is told.
fn search<'a>(domain: &'a str, filter: &'a Filter, attributes: &'a [&'a str]) -> Search<'a> {
    Search { base: domain, scope: Scope::Subtree, filter, attributes, deleted: false, parts: Parts::Changes }
}

impl Session {
    /// Hands what changed in `domain` since `cookie` to `sink`, an object perhaps more than once. Returns the cookie for the
    /// next time; `None` where the server does not tell: this account may not ask, the
    /// cookie is none, or it does not come to an end.
    pub fn replicated(
        &mut self,
        domain: &str,
        filter: &Filter,
        attributes: &[&str],
        cookie: &[u8],
        context: &Context,
        sink: &mut Sink,
    ) -> Result<Option<Vec<u8>>> {
        let wanted = search(domain, filter, attributes);
        self.read(context, |connection| changes(connection, &wanted, cookie, context, sink))
    }

    /// The cookie of this moment; `None` as for [`Session::replicated`].
    pub fn cookie(&mut self, domain: &str, context: &Context) -> Result<Option<Vec<u8>>> {
        let nobody = Filter::equality("objectGUID", &[0; 16]);
        self.replicated(domain, &nobody, &["objectGUID"], &[], context, &mut |_| Ok(()))
    }
}

fn changes(
    connection: &mut Connection,
    search: &Search,
    cookie: &[u8],
    context: &Context,
    sink: &mut Sink,
) -> Result<Option<Vec<u8>>> {
    let (mut cookie, mut empty) = (cookie.to_vec(), 0);
    for _ in 0..limits::PAGES {
        let mut time = connection.time();
        let page = page(connection, search, &cookie, &mut time, context, &mut |found| match found {
            Found::Whole(entry) => sink(Some(entry)),
            Found::Faulty(_) => sink(None),
        })?;
        if page.result.is_refusal() {
            return Ok(None);
        }
        page.result.check(connection.server(), Asked::Search(search.base))?;
        let Rest { cookie: next, is_more } = page.rest;
        empty = if page.count == 0 { empty + 1 } else { 0 };
        let is_stuck = page.count == 0 && next == cookie || empty > limits::EMPTY_PARTS;
        match is_more {
            false if next.is_empty() => return Ok(None),
            false => return Ok(Some(next)),
            true if is_stuck => return Ok(None),
            true => cookie = next,
        }
    }
    Ok(None)
}
