//! What a domain controller tells of changes.

use std::collections::{BTreeMap, BTreeSet};

use smime_sync::{
    directory::{Selection, Since, Source, Told, ldap::LdapSource},
    event::Context,
    model::{Mark, Recipient},
};

use super::objects::{lab, ldap};
use crate::common::{
    directory::{ADMINISTRATOR, DOMAIN, Lab, read},
    events::context,
};

const AWAY: &str = "OU=st-delta-away,DC=contoso,DC=test";
const BASE: &str = "OU=st-delta,DC=contoso,DC=test";
const READER: &str = "reader@contoso.test";
/// An ordinary account that may replicate changes.
const REPLICATING: &str = "replicating@contoso.test";

/// Six people, the last of them in a container of their own.
fn fill(lab: &Lab) {
    for unit in [BASE, AWAY] {
        let _ = ldap(lab, "ldapdelete", &["-r", unit], "");
    }
    let mut text = String::new();
    for unit in [BASE.to_owned(), AWAY.to_owned(), format!("OU=inner,{BASE}")] {
        text.push_str(&format!("dn: {unit}\nobjectClass: organizationalUnit\n\n"));
    }
    for n in 0..6 {
        let parent = if n == 5 { format!("OU=inner,{BASE}") } else { BASE.to_owned() };
        text.push_str(&format!(
            "dn: CN=st-delta{n},{parent}\nobjectClass: user\nsAMAccountName: st-delta{n}\nmail: delta{n}@contoso.test\n\n"
        ));
    }
    ldap(lab, "ldapadd", &[], &text).unwrap();
}

/// What was told of our people, whoever else is changed meanwhile.
struct News {
    changed: BTreeSet<String>,
    elsewhere: BTreeSet<String>,
    there: BTreeMap<String, Option<String>>,
    shows_all: bool,
    mark: Mark,
}

fn news(
    source: &mut LdapSource,
    ours: &[Recipient],
    mark: &Mark,
    enumerate: bool,
    context: &Context,
) -> News {
    let name = |anchor: &str| -> Option<String> {
        let found = ours.iter().find(|one| one.anchor == anchor)?;
        Some(found.sam_account_name.clone().unwrap().trim_start_matches("st-delta").to_owned())
    };
    let (mut changed, mut elsewhere, mut there) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let since = source.changes(mark, enumerate, context, &mut |told| {
        match told {
            Told::Changed(anchor) => changed.extend(name(&anchor)),
            Told::ChangedElsewhere(anchor) => elsewhere.extend(name(&anchor)),
            Told::There(anchor, version) => there.extend(name(&anchor).map(|name| (name, version))),
        }
        Ok(())
    });
    let Since::Told { mark, shows_all } = since.unwrap() else { panic!("it can't tell") };
    News { changed, elsewhere, there, shows_all, mark }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn who_changed_moved_or_went_is_told() {
    let lab = lab();
    let (context, _) = context();
    fill(&lab);
    for account in [ADMINISTRATOR, READER, REPLICATING] {
        fill(&lab);
        let mut source = lab.connect(&lab.settings(&[BASE]), account, &context).unwrap();
        let mark = source.mark(&context).unwrap().unwrap();
        let ours = read(&mut source, &Selection::All, &context).unwrap();
        assert_eq!(ours.len(), 6);
        let nothing = news(&mut source, &ours, &mark, true, &context);
        assert!(nothing.changed.is_empty() && nothing.shows_all, "{account}");
        let versions: BTreeMap<_, _> = ours
            .iter()
            .map(|one| (one.mail.as_deref().unwrap()[5..6].to_owned(), one.version.clone()))
            .collect();
        assert!(versions.values().all(Option::is_some), "{versions:?}");
        assert_eq!(nothing.there, versions, "{account}");

        ldap(&lab, "ldapdelete", &[&format!("CN=st-delta1,{BASE}")], "").unwrap();
        let change =
            |name: &str, lines: String| format!("dn: CN=st-delta{name},{BASE}\nchangetype: {lines}\n\n");
        let changes = [
            change("0", "modify\nreplace: mail\nmail: delta0.new@contoso.test\n-".into()),
            change("2", format!("modrdn\nnewrdn: CN=st-delta2\ndeleteoldrdn: 1\nnewsuperior: {AWAY}")),
            change("3", "modify\ndelete: mail\n-".into()),
        ];
        ldap(&lab, "ldapmodify", &[], &changes.concat()).unwrap();
        let found = news(&mut source, &ours, &nothing.mark, false, &context);
        assert_eq!(found.changed, set(&["0", "3"]), "{account}");
        assert!(
            found.elsewhere.contains("2") && !found.elsewhere.contains("4"),
            "{account}: {:?}",
            found.elsewhere
        );
        // Tombstones are for those with the right to see them; Samba shows them to nobody else who replicates, either.
        assert_eq!(found.elsewhere.contains("1"), account == ADMINISTRATOR, "{account}");
        let cookies = |mark: &Mark| mark.position.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (cookies(&nothing.mark), cookies(&found.mark));
        assert_eq!((before.len(), after.len()), if account == READER { (0, 0) } else { (1, 1) }, "{account}");
        assert!(account == READER || before != after, "{account}");

        let rename = format!("dn: OU=inner,{BASE}\nchangetype: modrdn\nnewrdn: OU=other\ndeleteoldrdn: 1\n");
        ldap(&lab, "ldapmodify", &[], &rename).unwrap();
        let found = news(&mut source, &ours, &found.mark, false, &context);
        assert!(found.shows_all, "{account}");
        assert_eq!(found.there.keys().cloned().collect::<BTreeSet<_>>(), set(&["0", "3", "4", "5"]));
        assert_eq!(found.there["4"], versions["4"], "{account}");
        assert_ne!(found.there["5"], versions["5"], "{account}");
    }
}

#[test]
fn a_filter_over_what_groups_hold_asks_for_everybody() {
    let lab = lab();
    let (context, _) = context();
    for (filter, shows_all) in [
        ("(description=*)", false),
        ("(memberOf=CN=Users,CN=Builtin,DC=contoso,DC=test)", true),
        ("(memberOf:1.2.840.113556.1.4.1941:=CN=Users,CN=Builtin,DC=contoso,DC=test)", true),
    ] {
        let mut settings = lab.settings(&[DOMAIN]);
        settings.filter = Some(filter.into());
        let mut source = lab.connect(&settings, READER, &context).unwrap();
        // Somebody else may change a container meanwhile: then everybody is asked for, whatever the filter.
        let tells = (0..20).any(|_| {
            let mark = source.mark(&context).unwrap().unwrap();
            news(&mut source, &[], &mark, false, &context).shows_all == shows_all
        });
        assert!(tells, "{filter}");
    }
}

/// A right that came or went, and a cookie that the server does not take: nothing is lost by it.
#[test]
fn without_the_right_to_replicate_changes_are_told_by_number() {
    let lab = lab();
    let (context, _) = context();
    for (account, forged, tells_all, cookies) in [
        // The right came: numbers tell once more, and the next time replication does.
        (REPLICATING, "", false, 1),
        (READER, "", false, 0),
        // The right went, or the cookie is none: who went meanwhile is seen by asking for everybody.
        (READER, " TVNEUwMAAAA=", true, 0),
        (REPLICATING, " TVNEUwMAAAA=", true, 0),
        (REPLICATING, " AAAA", true, 0),
    ] {
        let mut source = lab.connect(&lab.settings(&[DOMAIN]), account, &context).unwrap();
        let told = (0..20).any(|time| {
            // After a container, which another test may have changed last, everybody is asked for.
            let person = format!(
                "dn: CN=reader,OU=Accounts,{DOMAIN}\nchangetype: modify\nreplace: description\ndescription: {account} {time}\n\n"
            );
            ldap(&lab, "ldapmodify", &[], &person).unwrap();
            let mark = source.mark(&context).unwrap().unwrap();
            let number: u64 = mark.position.split(' ').next().unwrap().parse().unwrap();
            let mark = Mark { position: format!("{}{forged}", number - 1), ..mark };
            let found = news(&mut source, &[], &mark, false, &context);
            assert_eq!(found.mark.position.split(' ').count() - 1, cookies, "{account}{forged}");
            found.shows_all == tells_all
        });
        assert!(told, "{account}{forged}");
    }
}

#[test]
fn a_mark_is_of_one_copy_one_time_and_one_account() {
    let lab = lab();
    let (context, _) = context();
    let settings = lab.settings(&[DOMAIN]);
    let mut source = lab.connect(&settings, READER, &context).unwrap();
    let mark = source.mark(&context).unwrap().unwrap();
    let mut other = lab.connect(&settings, ADMINISTRATOR, &context).unwrap();
    let ahead = Mark { position: "9000000000".into(), ..mark.clone() };
    let restored =
        Mark { place: mark.place.replace(|digit: char| digit.is_ascii_digit(), "0"), ..mark.clone() };
    for (is_other, mark, why) in [
        (true, &mark, "another account"),
        (false, &ahead, "gone back to an earlier time"),
        (false, &restored, "after a restore"),
    ] {
        let source = if is_other { &mut other } else { &mut source };
        let told = source.changes(mark, false, &context, &mut |told| panic!("{told:?}")).unwrap();
        let Since::Unknown { why: found, is_lost: true } = told else { panic!("{told:?}") };
        assert!(found.contains(why), "{found}");
    }
}
