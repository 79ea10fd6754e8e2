//! Filters, wildcards and SIDs as the server is asked, and when the first object is there.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ldap3_proto::{
    control::LdapControl,
    proto::{LdapResultCode, LdapSearchScope},
};
use serde_json::json;
use smime_sync::{
    directory::{Presence, Selection, Source, SourceItem},
    error::ErrorId,
    event::ResultType,
    operation::{Engine, EngineConfig},
    profile::{ActiveDirectorySettings, FolderSettings, Profile, Source as From, Target},
    wildcard::Pattern,
};

use super::client::{PASSWORD, Trusted, USER, connect};
use crate::common::{
    certificates::{Draft, root},
    events::context,
    stand_in::{BASE, Reply, directory, done, entry, more, user},
};

/// A SID of the domain, and the number of the user who has it.
const SID: &[u8] = &[1, 2, 0, 0, 0, 0, 0, 5, 0x20, 0, 0, 0, 7, 0, 0, 0];

#[test]
fn what_is_asked_for_is_what_the_server_is_asked_and_what_comes_is_compared_again() {
    let trusted = Trusted::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    let settings = trusted.served(directory(move |wanted, _| {
        kept.lock().unwrap().push(format!("{:?}", wanted.filter));
        let of = |number| user(number, &[("objectSid", &[SID]), ("sAMAccountName", &[b"user"])]);
        Reply::Say(vec![of(1), of(2), done(LdapResultCode::Success, "")])
    }));
    let (context, _) = context();
    let matching = |pattern: &str| Selection::Matching(vec![Pattern::parse(pattern).unwrap()]);
    for (selection, attribute, found) in [
        (matching("user1@*"), "proxyAddresses", 1),
        (matching("us?r*"), "sAMAccountName", 2),
        (matching("CN=User 2,*"), "objectClass", 1),
        (Selection::Identities(vec!["s-1-5-32-7".into()]), "objectSid", 2),
        (Selection::Identities(vec!["S-1-5-32-8".into()]), "objectSid", 0),
    ] {
        let mut source = connect(&settings, &context).unwrap();
        source.narrow("(department=Sales)").unwrap();
        let mut count = 0;
        let mut counting = |item| {
            count += usize::from(matches!(item, SourceItem::Recipient(_)));
            Ok(())
        };
        source.read(&selection, &context, &mut counting).unwrap();
        assert_eq!(count, found, "{selection:?}");
        let filter = asked.lock().unwrap().pop().unwrap();
        assert!(filter.contains("department") && filter.contains(attribute), "{selection:?}: {filter}");
    }
    let mut source = connect(&settings, &context).unwrap();
    assert_eq!(source.narrow("(department=").unwrap_err().id, ErrorId::FilterInvalid);
}

#[test]
fn who_is_left_out_or_in_no_group_is_out_of_scope() {
    let trusted = Trusted::new();
    let asked = Arc::new(Mutex::new(String::new()));
    let kept = asked.clone();
    let out = format!("OU=Out,{BASE}");
    let group = format!("CN=Mail,{BASE}");
    let names = [out.clone(), group.clone()];
    let mut settings = trusted.served(directory(move |wanted, _| {
        if wanted.scope == LdapSearchScope::Base {
            let found = names.iter().find(|name| name.eq_ignore_ascii_case(&wanted.base));
            return Reply::Say(match found {
                Some(name) => vec![entry(name, &[]), done(LdapResultCode::Success, "")],
                None => vec![done(LdapResultCode::NoSuchObject, "")],
            });
        }
        *kept.lock().unwrap() = format!("{:?}", wanted.filter);
        let inner = |number: u8| {
            let guid: &[&[u8]] = &[&[number; 16]];
            let all: &[(&str, &[&[u8]])] = &[
                ("objectClass", &[b"user"]),
                ("objectCategory", &[b"CN=Person,CN=Schema"]),
                ("objectGUID", guid),
                ("mail", &[b"inner@contoso.test"]),
            ];
            entry(&format!("CN=Inner,OU=Deep,{}", names[0]), all)
        };
        Reply::Say(vec![user(1, &[]), inner(2), done(LdapResultCode::Success, "")])
    }));
    settings.excluded_search_base = vec![out.to_lowercase()];
    settings.member_of = vec![group.to_uppercase()];
    let (context, _) = context();
    let mut source = connect(&settings, &context).unwrap();
    let mut found = Vec::new();
    source
        .read(&Selection::All, &context, &mut |item| {
            if let SourceItem::Recipient(one) = item {
                found.push(one.mail.unwrap());
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(found, ["user1@contoso.test"]);
    let filter = asked.lock().unwrap().clone();
    assert!(filter.contains("memberOf") && filter.contains("1.2.840.113556.1.4.1941"), "{filter}");
    let anchors = [1, 2].map(|number| uuid::Uuid::from_bytes_le([number; 16]).to_string());
    let presence = source.look_up(&anchors, &context).unwrap();
    assert!(matches!(presence.as_slice(), [Presence::InScope(_), Presence::OutOfScope]), "{presence:?}");

    for (excluded, groups, id) in [
        (vec!["OU=No"], vec![], ErrorId::SearchBaseNotFound),
        (vec![], vec!["CN=No"], ErrorId::GroupNotFound),
    ] {
        settings.excluded_search_base = excluded.into_iter().map(str::to_owned).collect();
        settings.member_of = groups.into_iter().map(str::to_owned).collect();
        let Err(error) = connect(&settings, &context) else { panic!("{id:?}") };
        assert_eq!(error.id, id, "{error:?}");
    }
}

#[test]
fn the_first_object_is_there_before_the_second_page_is_asked_for() {
    let trusted = Trusted::new();
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("root.cer"), root().der).unwrap();
    let good = Draft::person("user1@contoso.test").valid_today().sign(&root());
    let (context, recorder) = context();
    let seen = recorder.clone();
    let settings = trusted.served(directory(move |_, controls| {
        if !has_cookie(controls) {
            let certificate: &[&[u8]] = &[&good];
            return Reply::Say(vec![user(1, &[("userCertificate", certificate)]), more(b"page")]);
        }
        // The first page is handed over while this one is asked for, or never.
        for _ in 0..500 {
            if !seen.results_of(ResultType::Certificate).is_empty() {
                return Reply::Say(vec![user(2, &[]), done(LdapResultCode::Success, "")]);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Reply::Say(vec![done(LdapResultCode::OperationsError, "nobody came")])
    }));
    let source = From::ActiveDirectory(ActiveDirectorySettings::of(settings));
    let mut profile =
        Profile::new("corp", source, Target::Folder(FolderSettings::new(home.path().join("out"))));
    profile.trust.trust_anchor_path = vec![home.path().join("root.cer")];
    let places = Some(home.path().display().to_string());
    let engine = Engine::new(EngineConfig { home: places, ..EngineConfig::default() }).unwrap();
    engine.set_secret("password", PASSWORD.as_bytes());
    let ask = |request| engine.run(serde_json::from_value(request).unwrap(), &context);
    ask(json!({"Operation": "NewProfile", "Profile": profile})).unwrap();
    ask(json!({"Operation": "GetCertificate", "ProfileName": "corp", "Credential": {"UserName": USER}}))
        .unwrap();
    assert_eq!(recorder.results_of(ResultType::Certificate).len(), 1);
}

fn has_cookie(controls: &[LdapControl]) -> bool {
    let later = |one: &LdapControl| matches!(one, LdapControl::SimplePagedResults { cookie, .. } if !cookie.is_empty());
    controls.iter().any(later)
}
