//! What changed in the directory since a mark.
//!
//! (docs/design/active-directory.md §10.) A domain controller numbers the changes of its own copy (uSNChanged, [MS-ADTS] 3.1.1.1.9), so that it can be asked for
//! those after a number. What that does not show: who was deleted, since an ordinary account sees no tombstones; who
//! moved along with a container, whose number alone changes; and who fulfils a filter over what is kept elsewhere, as
//! `memberOf` is with the group. Then everybody who is in scope is asked for, by name and number alone.
//!
//! OpenLDAP stamps each entry (entryCSN), and the stamps of replicas come in any order: there everybody is always asked for.

use super::{
    Known, LdapSource, dialect::Dialect, filter::Filter, message::Search, plain, scope, session::Session,
    subtree,
};
use crate::{
    directory::{
        Since, Told,
        entry::{ENTRY_CSN, Entry, USN_CHANGED, version},
    },
    error::Result,
    event::Context,
    model::Mark,
};

/// Names a page: what Active Directory gives at once (MaxPageSize).
const NAMES: u32 = 1_000;

/// What a container of recipients never is; these change often.
const NO_CONTAINERS: &str = "(!(|(objectClass=person)(objectClass=group)(objectClass=domainDNS)(objectClass=dnsNode)\
     (objectClass=rIDSet)(objectClass=rIDManager)(objectClass=groupPolicyContainer)(objectClass=printQueue)))";

/// What is told, and to whom.
type Sink<'a> = dyn FnMut(Told) -> Result<()> + 'a;

impl LdapSource {
    /// Where the server is; `None` where it does not number or stamp what changes, or a second connection had to be made:
    /// nobody can tell then whether all of it was of one server.
    pub(super) fn place(&mut self, context: &Context) -> Result<Option<Mark>> {
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
            return Ok(unknown("the server does not tell any more what changed", true));
        };
        if now.place != mark.place {
            let what = "the last run read another server, another copy of its database (as after a restore), or with \
                        another account";
            return Ok(unknown(what, true));
        }
        let mut enumerate = enumerate || !self.dialect.counts_changes || !plain::is_plain(&self.filter);
        if self.dialect.counts_changes {
            match (mark.position.parse::<u64>(), now.position.parse::<u64>()) {
                (Ok(before), Ok(newest)) if before < newest => {
                    let newer =
                        Filter::at_least(USN_CHANGED, before.saturating_add(1).to_string().as_bytes());
                    enumerate |= self.changed(&newer, context, sink)?;
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
        Ok(Since::Told { mark: now, shows_all: enumerate })
    }

    /// Tells who has changed, and returns whether a container has, with which people may have moved.
    fn changed(&mut self, newer: &Filter, context: &Context, sink: &mut Sink) -> Result<bool> {
        let known = self.learn(context)?;
        let Known { bases, domains, .. } = &known;
        let dialect = self.dialect;
        let in_scope = Filter::and(&[self.filter.clone(), newer.clone()]);
        let mut is_unclear = false;
        for base in bases {
            let wanted = names(base, &in_scope, &dialect);
            self.session.search(
                &wanted,
                dialect,
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
        let people = Filter::and(&[Filter::equality("objectClass", b"person"), newer.clone()]);
        let containers = Filter::and(&[newer.clone(), no_people()?]);
        for domain in domains {
            let wanted = Search { deleted: dialect.tombstones, ..names(domain, &people, &dialect) };
            self.session.search(&wanted, dialect, context, &mut |entry, _| {
                dialect.anchor_of(&entry).map_or(Ok(()), |anchor| sink(Told::ChangedElsewhere(anchor)))
            })?;
            let wanted = names(domain, &containers, &dialect);
            self.session.search(&wanted, dialect, context, &mut |_, _| {
                is_unclear = true;
                Ok(())
            })?;
        }
        Ok(is_unclear)
    }

    /// Tells who is in scope; `false` where one of them can't be made out.
    fn there(&mut self, context: &Context, sink: &mut Sink) -> Result<bool> {
        let (dialect, filter) = (self.dialect, self.filter.clone());
        let mut is_clear = true;
        let known = self.learn(context)?;
        for base in &known.bases {
            let wanted = names(base, &filter, &dialect);
            self.session.search(&wanted, dialect, context, &mut |entry, _| {
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

fn no_people() -> Result<Filter> {
    Filter::parse(NO_CONTAINERS).map_err(|error| error.describe(NO_CONTAINERS))
}

/// A search for what objects are known by, and their version.
fn names<'a>(base: &'a str, filter: &'a Filter, dialect: &Dialect) -> Search<'a> {
    let attributes: &[&str] =
        if dialect.counts_changes { &["objectGUID", USN_CHANGED] } else { &["entryUUID", ENTRY_CSN] };
    Search { page_size: Some(NAMES), ..subtree(base, filter, attributes) }
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
