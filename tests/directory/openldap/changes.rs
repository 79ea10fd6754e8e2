//! What OpenLDAP tells of changes.

use std::collections::BTreeMap;

use smime_sync::{
    directory::{Selection, Since, Source, Told},
    model::Mark,
};

use super::objects::{ELSEWHERE, SUFFIX, Server};
use crate::common::{directory::read, events::context};

const BASE: &str = "ou=deltas,dc=partner,dc=test";

#[test]
fn whoever_changed_has_another_version_and_who_went_is_not_there() {
    let server = Server::get();
    let (context, _) = context();
    let _ = server.tool("ldapdelete", &["-r", BASE], "");
    let mut text = String::new();
    for unit in [BASE.to_owned(), format!("ou=inner,{BASE}")] {
        text.push_str(&format!("dn: {unit}\nobjectClass: organizationalUnit\n\n"));
    }
    for n in 0..6 {
        let parent = if n == 5 { format!("ou=inner,{BASE}") } else { BASE.to_owned() };
        text.push_str(&format!(
            "dn: cn=d{n},{parent}\nobjectClass: inetOrgPerson\nsn: d{n}\nmail: d{n}@delta.test\n\n"
        ));
    }
    server.tool("ldapadd", &[], &text).expect("added");
    let mut settings = server.settings(&[BASE]);
    settings.filter = Some("(!(description=hidden))".into());
    let mut source = server.connect(&settings, "reader", &context).unwrap();
    let mark = source.mark(&context).unwrap().unwrap();
    let people = read(&mut source, &Selection::All, &context).unwrap();
    let versions: BTreeMap<_, _> =
        people.iter().map(|one| (one.anchor.clone(), one.version.clone())).collect();
    assert_eq!(versions.len(), 6);
    assert!(versions.values().all(Option::is_some));
    let mut there = |mark: &Mark| {
        let mut all = BTreeMap::new();
        let since = source.changes(mark, false, &context, &mut |told| {
            let Told::There(anchor, version) = told else { panic!("{told:?}") };
            all.insert(anchor, version);
            Ok(())
        });
        let Since::Told { mark, shows_all: true } = since.unwrap() else { panic!("it can't tell") };
        (all, mark)
    };
    let (all, mark) = there(&mark);
    assert_eq!(all, versions);

    let change = |dn: &str, lines: &str| format!("dn: cn={dn},{BASE}\nchangetype: {lines}\n\n");
    let changes = [
        change("d0", "modify\nreplace: mail\nmail: new@delta.test\n-"),
        change("d1", "delete"),
        change("d2", &format!("moddn\nnewrdn: cn=d2\ndeleteoldrdn: 0\nnewsuperior: {ELSEWHERE}")),
        change("d3", "modify\nadd: description\ndescription: hidden\n-"),
        format!("dn: ou=inner,{BASE}\nchangetype: modrdn\nnewrdn: ou=other\ndeleteoldrdn: 1\n\n"),
    ];
    let _ = server.tool("ldapdelete", &[&format!("cn=d2,{ELSEWHERE}")], "");
    server.tool("ldapmodify", &[], &changes.concat()).expect("changed");
    let (all, _) = there(&mark);
    let of = |name: &str| {
        let found =
            people.iter().find(|one| one.mail.as_deref() == Some(&*format!("{name}@delta.test"))).unwrap();
        (all.get(&found.anchor), &versions[&found.anchor])
    };
    for (name, is_there, is_same) in [
        ("d0", true, false),
        ("d1", false, false),
        ("d2", false, false),
        ("d3", false, false),
        ("d4", true, true),
        // It moved along with its container.
        ("d5", true, false),
    ] {
        let (now, before) = of(name);
        assert_eq!((now.is_some(), now == Some(before)), (is_there, is_same), "{name}");
    }
}

#[test]
fn a_mark_is_of_one_account_and_only_where_stamps_show() {
    let server = Server::get();
    let (context, _) = context();
    let settings = server.settings(&[SUFFIX]);
    let mut source = server.connect(&settings, "reader", &context).unwrap();
    let mark = source.mark(&context).unwrap().unwrap();
    let mut other = server.connect(&settings, "blind", &context).unwrap();
    let told = other.changes(&mark, false, &context, &mut |told| panic!("{told:?}")).unwrap();
    assert!(matches!(told, Since::Unknown { is_lost: true, .. }), "{told:?}");
}
