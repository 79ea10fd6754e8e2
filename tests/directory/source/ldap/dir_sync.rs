//! Changes by replication, as servers tell them that do not always make sense.

use std::sync::atomic::{AtomicU64, Ordering};

use ldap3_proto::{
    control::LdapControl,
    proto::{LdapMsg, LdapOp, LdapResultCode, LdapSearchScope},
};
use smime_sync::directory::{Since, Source, Told};

use super::client::{Trusted, connect};
use crate::common::{
    events::context,
    stand_in::{BASE, Reply, Said, directory, done, entry, user},
};

/// The end of a part.
fn part(is_more: bool, cookie: &str) -> Said {
    let (op, _) = done(LdapResultCode::Success, "");
    let cookie = Some(cookie.as_bytes().to_vec());
    (op, vec![LdapControl::AdDirsync { flags: is_more.into(), max_bytes: 0, cookie }])
}

/// A domain controller whose number of changes grows by one each time that it is asked for, and which tells of changes with
/// `replicate`, by the cookie and what is asked for.
fn server(
    replicate: impl Fn(&str, &[String]) -> Vec<Said> + Send + Sync + 'static,
) -> impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static {
    let number = AtomicU64::new(100);
    let others = directory(move |wanted, controls| {
        let cookie = controls.iter().find_map(|control| match control {
            LdapControl::AdDirsync { cookie, .. } => Some(cookie.clone().unwrap_or_default()),
            _ => None,
        });
        Reply::Say(match cookie {
            Some(cookie) => replicate(&String::from_utf8(cookie).unwrap(), &wanted.attrs),
            // By number, user 9 has changed; everybody is user 9, too.
            None if format!("{:?}", wanted.filter).contains("groupPolicyContainer") => {
                vec![done(LdapResultCode::Success, "")]
            }
            None => vec![user(9, &[("uSNChanged", &[b"99"])]), done(LdapResultCode::Success, "")],
        })
    });
    move |request| match &request.op {
        LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base => {
            let newest = number.fetch_add(1, Ordering::SeqCst).to_string();
            let found = match wanted.base.as_str() {
                "" => entry(
                    "",
                    &[
                        ("defaultNamingContext", &[BASE.as_bytes()]),
                        ("dsServiceName", &[b"CN=NTDS Settings"]),
                        ("highestCommittedUSN", &[newest.as_bytes()]),
                    ],
                ),
                "CN=NTDS Settings" => entry("CN=NTDS Settings", &[("invocationId", &[&[1; 16]])]),
                _ => return others(request),
            };
            Reply::Say(vec![found, done(LdapResultCode::Success, "")])
        }
        _ => others(request),
    }
}

/// What is told since the first mark: the numbers of those who changed, those elsewhere, whether everybody was asked for,
/// and whether replication tells the next time, too.
fn told(
    replicate: impl Fn(&str, &[String]) -> Vec<Said> + Send + Sync + 'static,
) -> (String, String, bool, bool) {
    let (trusted, (context, _)) = (Trusted::new(), context());
    let mut source = connect(&trusted.served(server(replicate)), &context).unwrap();
    let mark = source.mark(&context).unwrap().unwrap();
    let (mut changed, mut elsewhere) = (String::new(), String::new());
    let since = source.changes(&mark, false, &context, &mut |told| {
        match told {
            Told::Changed(anchor) => changed.push_str(&anchor[1..2]),
            Told::ChangedElsewhere(anchor) => elsewhere.push_str(&anchor[1..2]),
            Told::There(..) => {}
        }
        Ok(())
    });
    let Since::Told { mark, shows_all } = since.unwrap() else { panic!("it can't tell") };
    (changed, elsewhere, shows_all, mark.position.contains(' '))
}

/// Nothing is replicated before the first cookie; then `people`, and no container.
fn after_first(
    people: impl Fn(&str) -> Vec<Said> + Send + Sync + 'static,
) -> impl Fn(&str, &[String]) -> Vec<Said> + Send + Sync + 'static {
    move |cookie, attributes| match (cookie, attributes) {
        ("", _) => vec![part(false, "first")],
        (cookie, [only]) if only == "name" => vec![part(false, cookie)],
        (cookie, _) => people(cookie),
    }
}

#[test]
fn parts_are_asked_for_until_the_last_and_who_was_deleted_or_moved_is_elsewhere() {
    let found = told(after_first(|cookie| {
        let gone =
            |number: u8, dn: &str| entry(dn, &[("objectGUID", &[&[number; 16]]), ("isDeleted", &[b"TRUE"])]);
        match cookie {
            "first" => vec![user(1, &[]), part(true, "second")],
            // The server had to look through others.
            "second" => vec![part(true, "third")],
            "third" => {
                vec![user(2, &[]), gone(3, "CN=User 3,CN=Deleted Objects,DC=other"), part(false, "fourth")]
            }
            other => panic!("{other}"),
        }
    }));
    assert_eq!(found, ("12".into(), "3".into(), false, true));
}

#[test]
fn a_container_that_was_renamed_or_an_object_without_a_name_asks_for_everybody() {
    let (renamed, nameless) = (
        |cookie: &str, attributes: &[String]| match (cookie, attributes) {
            ("", _) => vec![part(false, "first")],
            (_, [_]) => {
                vec![entry("OU=Renamed,DC=contoso,DC=test", &[("name", &[b"Renamed"])]), part(false, "x")]
            }
            _ => vec![user(1, &[]), part(false, "second")],
        },
        after_first(|_| {
            vec![user(1, &[]), entry("CN=Nobody,DC=contoso,DC=test", &[]), part(false, "second")]
        }),
    );
    assert_eq!(told(renamed), ("1".into(), String::new(), true, true));
    assert_eq!(told(nameless), ("1".into(), String::new(), true, true));
}

#[test]
fn where_replication_tells_nothing_that_makes_sense_the_numbers_do() {
    let refused = |code: LdapResultCode| move |_: &str, _: &[String]| vec![done(code.clone(), "")];
    let by_number = |shows_all| ("9".to_owned(), "9".to_owned(), shows_all, false);
    for code in [
        LdapResultCode::InsufficentAccessRights,
        LdapResultCode::UnavailableCriticalExtension,
        LdapResultCode::UnwillingToPerform,
        // No control, so no cookie.
        LdapResultCode::Success,
    ] {
        assert_eq!(told(refused(code.clone())), by_number(false), "{code:?}");
        let refused_later = after_first(move |_| vec![done(code.clone(), "")]);
        assert_eq!(told(refused_later), by_number(true), "the cookie is none any more");
    }
    let endless = after_first(|cookie| vec![part(true, cookie)]);
    assert_eq!(told(endless), by_number(true), "the same cookie without a change, for ever");
    let always_new =
        |cookie: &str, _: &[String]| vec![part(true, &format!("{}", cookie.parse().unwrap_or(0) + 1))];
    assert_eq!(told(always_new), by_number(false), "another cookie without a change, for ever");
}
