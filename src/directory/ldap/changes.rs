//! What changed in the directory since a mark.
//!
//! (docs/design/active-directory.md §10.) A domain controller numbers the changes of its own copy (uSNChanged, [MS-ADTS] 3.1.1.1.9), so that it can be asked for
//! those after a number. What that does not show: who was deleted, since an ordinary account sees no tombstones; who
//! moved along with a container, whose number alone changes; and who fulfils a filter over what is kept elsewhere, as
//! `memberOf` is with the group. Then everybody who is in scope is asked for, by name and number alone.
//!
//! Accounts with the right to are told by replication (DirSync) instead, which shows who was deleted, too.
//!
//! OpenLDAP stamps each entry (entryCSN), and the stamps of replicas come in any order: there everybody is always asked for.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{
    Known, LdapSource,
    dialect::Dialect,
    dir_sync,
    filter::Filter,
    message::{Parts, Search},
    plain, scope,
    session::Session,
    subtree,
};

use crate::{
    directory::{
        Since, Told,
        entry::{ENTRY_CSN, Entry, USN_CHANGED, version},
    },
    error::Result,
    event::{Context, LogLevel},
    model::Mark,
};

/// Names a page: what Active Directory gives at once (MaxPageSize).
const NAMES: u32 = 1_000;

/// What a container of recipients never is; these change often.
const NO_CONTAINERS: &str = "(!(|(objectClass=person)(objectClass=group)(objectClass=domainDNS)(objectClass=dnsNode)\
     (objectClass=rIDSet)(objectClass=rIDManager)(objectClass=groupPolicyContainer)(objectClass=printQueue)))";

/// What is told, and to whom.
type Sink<'a> = dyn FnMut(Told) -> Result<()> + 'a;

/// How far a copy of the directory was, as a mark keeps it.
struct Position {
    /// The number of its last change; empty where it numbers none.
    number: String,
    /// Where replication goes on, a cookie for each domain; none where the account is not told.
    cookies: Vec<Vec<u8>>,
}

impl Position {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(' ');
        let number = parts.next().unwrap_or_default().to_owned();
        let cookies: Option<Vec<Vec<u8>>> = parts.map(|part| BASE64.decode(part).ok()).collect();
        Self { number, cookies: cookies.unwrap_or_default() }
    }

    fn text(&self) -> String {
        let cookies = self.cookies.iter().map(|cookie| BASE64.encode(cookie));
        [self.number.clone()].into_iter().chain(cookies).collect::<Vec<_>>().join(" ")
    }
}

impl LdapSource {
    /// Where the server is, and where replication goes on; `None` as for [`Self::place`].
    pub(super) fn mark_all(&mut self, context: &Context) -> Result<Option<Mark>> {
        let Some(Mark { place, position: number }) = self.place(context)? else { return Ok(None) };
        let cookies = self.cookies(context)?;
        Ok(Some(Mark { place, position: Position { number, cookies }.text() }))
    }

    /// A cookie for each domain, of the first time that somebody asked: what came since then is told once more.
    fn cookies(&mut self, context: &Context) -> Result<Vec<Vec<u8>>> {
        if !self.dialect.counts_changes {
            return Ok(Vec::new());
        }
        if let Some(cookies) = &self.cookies {
            return Ok(cookies.clone());
        }
        let mut cookies = Vec::new();
        for domain in self.learn(context)?.domains {
            match self.session.cookie(&domain, context)? {
                Some(cookie) => cookies.push(cookie),
                None => {
                    let what = "What changed is asked for by number, since the server does not replicate it to this account.";
                    context.log(LogLevel::Verbose, what.to_owned())?;
                    cookies.clear();
                    break;
                }
            }
        }
        Ok(self.cookies.insert(cookies).clone())
    }

    /// Where the server is; `None` where it does not number or stamp what changes, or a second connection had to be made:
    /// nobody can tell then whether all of it was of one server.
    fn place(&mut self, context: &Context) -> Result<Option<Mark>> {
        let Known { bases, domains, .. } = self.learn(context)?;
        let found = self.copy(&bases, &domains, context)?;
        let connections = self.session.connections();
        if *self.placed.get_or_insert(connections) != connections {
            return Ok(None);
        }
        // Another account may see other things.
        let (account, _) = self.session.signed_in(context)?;
        Ok(found.map(|(copy, position)| Mark { place: format!("{copy} {account}"), position }))
    }

    /// Which copy of the directory it is, and how far that is.
    fn copy(
        &mut self,
        bases: &[String],
        domains: &[String],
        context: &Context,
    ) -> Result<Option<(String, String)>> {
        if self.dialect.counts_changes {
            let holds = |base: &String| domains.iter().any(|domain| scope::is_within(base, domain));
            return if bases.iter().all(holds) { usn(&mut self.session, context) } else { Ok(None) };
        }
        for base in bases {
            let found = self.session.object(base, &["entryUUID", ENTRY_CSN], context)?.unwrap_or_default();
            if self.dialect.anchor_of(&found).is_none() || version(&found).is_none() {
                return Ok(None);
            }
        }
        Ok(Some((ENTRY_CSN.to_owned(), String::new())))
    }

    /// Tells what may have changed since `mark`.
    pub(super) fn tell(
        &mut self,
        mark: &Mark,
        enumerate: bool,
        context: &Context,
        sink: &mut Sink,
    ) -> Result<Since> {
        let Some(now) = self.place(context)? else {
            let is_anew = self.placed.is_some_and(|placed| placed != self.session.connections());
            return Ok(match is_anew {
                true => unknown("this run had to connect to the server again", false),
                false => unknown("the server does not tell any more what changed", true),
            });
        };
        if now.place != mark.place {
            let what = "the last run read another server, another copy of its database (as after a restore), or with \
                        another account";
            return Ok(unknown(what, true));
        }
        let plain = plain::attributes(&self.filter);
        let mut enumerate = enumerate || !self.dialect.counts_changes || plain.is_none();
        let before = Position::parse(&mark.position);
        let mut cookies = before.cookies;
        if self.dialect.counts_changes {
            match (before.number.parse::<u64>(), now.position.parse::<u64>()) {
                (Ok(before), Ok(newest)) if before < newest => {
                    let told = self.replicated(&cookies, &plain.unwrap_or_default(), context, sink)?;
                    let (is_unclear, next) = match told {
                        Some(told) => told,
                        // A cookie comes first: what changes meanwhile is told by number.
                        None => {
                            let is_lost = !cookies.is_empty();
                            let next = if is_lost { Vec::new() } else { self.cookies(context)? };
                            (self.numbered(before, context, sink)? || is_lost, next)
                        }
                    };
                    enumerate |= is_unclear;
                    cookies = next;
                }
                (Ok(before), Ok(newest)) if before == newest => {}
                _ => return Ok(unknown("the server has gone back to an earlier time", true)),
            }
        }
        if enumerate && !self.there(context, sink)? {
            return Ok(unknown("the server shows an object that can't be read", false));
        }
        let after = self.place(context)?;
        if after.is_none_or(|after| after.place != now.place) {
            return Ok(unknown("another server answered in between", false));
        }
        let position = Position { number: now.position, cookies }.text();
        Ok(Since::Told { mark: Mark { place: now.place, position }, shows_all: enumerate })
    }

    /// Tells who has changed by replication since `cookies`, and returns whether a container has, with which people may have
    /// moved, and the cookies for the next time. `None` where the account is not told, or has not been before.
    fn replicated(
        &mut self,
        cookies: &[Vec<u8>],
        of_filter: &BTreeSet<String>,
        context: &Context,
        sink: &mut Sink,
    ) -> Result<Option<(bool, Vec<Vec<u8>>)>> {
        let known = self.learn(context)?;
        if cookies.is_empty() || cookies.len() != known.domains.len() {
            return Ok(None);
        }
        let dialect = self.dialect.clone();
        let attributes = dir_sync::attributes(of_filter.iter().map(String::as_str));
        let (people, containers) = (people(), no_people()?);
        let (mut is_unclear, mut next) = (false, Vec::new());
        for (domain, cookie) in known.domains.iter().zip(cookies) {
            let told =
                self.session.replicated(domain, &people, &attributes, cookie, context, &mut |entry| {
                    let found = entry.and_then(|entry| Some((dialect.anchor_of(&entry)?, entry)));
                    let Some((anchor, entry)) = found else {
                        is_unclear = true;
                        return Ok(());
                    };
                    sink(match known.holds(&entry.dn) {
                        true => Told::Changed(anchor),
                        false => Told::ChangedElsewhere(anchor),
                    })
                })?;
            let Some(cookie_after) = told else { return Ok(None) };
            next.push(cookie_after);
            let moved =
                self.session.replicated(domain, &containers, &["name"], cookie, context, &mut |_| {
                    is_unclear = true;
                    Ok(())
                })?;
            if moved.is_none() {
                return Ok(None);
            }
        }
        Ok(Some((is_unclear, next)))
    }

    /// Tells who has changed by number since the change `before`, and returns whether a container has.
    fn numbered(&mut self, before: u64, context: &Context, sink: &mut Sink) -> Result<bool> {
        let newer = &Filter::at_least(USN_CHANGED, before.saturating_add(1).to_string().as_bytes());
        let known = self.learn(context)?;
        let Known { bases, domains, .. } = &known;
        let dialect = self.dialect.clone();
        let in_scope = Filter::and(&[self.filter.clone(), newer.clone()]);
        let mut is_unclear = false;
        for base in bases {
            let wanted = names(base, &in_scope, &dialect);
            self.session.search(
                &wanted,
                &dialect,
                context,
                &mut |entry, _| match dialect.anchor_of(&entry) {
                    _ if known.leaves_out(&entry.dn) => Ok(()),
                    Some(anchor) => sink(Told::Changed(anchor)),
                    None => {
                        is_unclear = true;
                        Ok(())
                    }
                },
            )?;
        }
        let people = Filter::and(&[people(), newer.clone()]);
        let containers = Filter::and(&[newer.clone(), no_people()?]);
        for domain in domains {
            let wanted = Search { deleted: dialect.tombstones, ..names(domain, &people, &dialect) };
            self.session.search(&wanted, &dialect, context, &mut |entry, _| {
                dialect.anchor_of(&entry).map_or(Ok(()), |anchor| sink(Told::ChangedElsewhere(anchor)))
            })?;
            let wanted = names(domain, &containers, &dialect);
            self.session.search(&wanted, &dialect, context, &mut |_, _| {
                is_unclear = true;
                Ok(())
            })?;
        }
        Ok(is_unclear)
    }

    /// Tells who is in scope; `false` where one of them can't be made out.
    fn there(&mut self, context: &Context, sink: &mut Sink) -> Result<bool> {
        let (dialect, filter) = (self.dialect.clone(), self.filter.clone());
        let mut is_clear = true;
        let known = self.learn(context)?;
        for base in &known.bases {
            let wanted = names(base, &filter, &dialect);
            self.session.search(&wanted, &dialect, context, &mut |entry, _| {
                match (dialect.anchor_of(&entry), version(&entry)) {
                    _ if known.leaves_out(&entry.dn) => Ok(()),
                    (Some(anchor), Some(version)) => sink(Told::There(anchor, Some(version))),
                    // Without a number nobody can tell whether it is the one that was read.
                    (Some(anchor), None) => sink(Told::Changed(anchor)),
                    (None, _) => {
                        is_clear = false;
                        Ok(())
                    }
                }
            })?;
        }
        Ok(is_clear)
    }
}

fn unknown(why: &str, is_lost: bool) -> Since {
    Since::Unknown { why: why.to_owned(), is_lost }
}

/// What recipients are, whatever becomes of them: a tombstone keeps its class.
fn people() -> Filter {
    Filter::equality("objectClass", b"person")
}

fn no_people() -> Result<Filter> {
    Filter::parse(NO_CONTAINERS).map_err(|error| error.describe(NO_CONTAINERS))
}

/// A search for what objects are known by, and their version.
fn names<'a>(base: &'a str, filter: &'a Filter, dialect: &Dialect) -> Search<'a> {
    let attributes: &[&str] =
        if dialect.counts_changes { &["objectGUID", USN_CHANGED] } else { &["entryUUID", ENTRY_CSN] };
    Search { parts: Parts::Pages(NAMES), ..subtree(base, filter, attributes) }
}

/// Which copy of the domain a domain controller has (its own name in the directory and its invocation id, [MS-ADTS]
/// 3.1.1.1.9), and the number of its last change.
fn usn(session: &mut Session, context: &Context) -> Result<Option<(String, String)>> {
    let text = |entry: &Entry, name: &str| -> Option<String> {
        entry.values(name).next().map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let root = session.object("", &["dsServiceName", "highestCommittedUSN"], context)?.unwrap_or_default();
    let (Some(service), Some(newest)) = (text(&root, "dsServiceName"), text(&root, "highestCommittedUSN"))
    else {
        return Ok(None);
    };
    let settings = session.object(&service, &["invocationId"], context)?.unwrap_or_default();
    let invocation = settings.values("invocationId").next().map(hex::encode);
    Ok(invocation.map(|invocation| (format!("{USN_CHANGED} {service} {invocation}"), newest)))
}
