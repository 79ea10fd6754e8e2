//! Looking up who is no longer seen: gone, elsewhere, or still there.

use smime_sync::directory::{Presence, Selection, Source};

use super::objects::{CHANGING, ELSEWHERE, Server};
use crate::common::{directory::read, events::context};

#[test]
fn looking_up_tells_who_moved_and_who_is_not_to_be_seen() {
    let server = Server::get();
    let (context, _) = context();
    let mut settings = server.settings(&[CHANGING]);
    settings.filter = Some("(!(description=hidden))".into());
    let mut source = server.connect(&settings, "reader", &context).unwrap();
    let mut found = read(&mut source, &Selection::All, &context).unwrap();
    found.sort_by(|a, b| a.mail.cmp(&b.mail));
    let mut anchors: Vec<_> = found.into_iter().map(|recipient| recipient.anchor).collect();
    assert_eq!(anchors.len(), 4);
    anchors.push("00000000-0000-4000-8000-000000000000".into());
    anchors.push("cn=somebody,dc=elsewhere".into());

    let change = |dn: &str, lines: &str| format!("dn: cn={dn},{CHANGING}\nchangetype: {lines}\n\n");
    let changes = [
        change("p1", &format!("moddn\nnewrdn: cn=p1\ndeleteoldrdn: 0\nnewsuperior: {ELSEWHERE}")),
        change("p2", "modify\nadd: description\ndescription: hidden\n-"),
        change("p3", "delete"),
    ];
    server.tool("ldapmodify", &[], &changes.concat()).expect("changed");

    let presences = source.look_up(&anchors, &context).unwrap();
    let [zero, one, two, three, unknown, no_uuid] = presences.as_slice() else { panic!("{presences:?}") };
    let Presence::InScope(zero) = zero else { panic!("{zero:?}") };
    assert_eq!((zero.label(), zero.values.len()), ("p0@chan.test", 1));
    assert_eq!((one, two), (&Presence::OutOfScope, &Presence::OutOfScope));
    // A server without tombstones can't tell that somebody was deleted.
    assert_eq!((three, unknown, no_uuid), (&Presence::Absent, &Presence::Absent, &Presence::Absent));

    // Whose objectClass may not be read is found by no filter that asks for it, and is in scope all the same.
    let veiled = change("p0", "modify\nadd: description\ndescription: veiled\n-");
    server.tool("ldapmodify", &[], &veiled).expect("changed");
    assert_eq!(source.look_up(&anchors[..1], &context).unwrap(), [Presence::Unreadable]);
}
