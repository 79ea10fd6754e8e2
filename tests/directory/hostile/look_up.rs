//! What can't be read is never taken for what is not there.

use ldap3_proto::proto::LdapSearchScope;
use smime_sync::{
    directory::{Presence, Source},
    model::Recipient,
};

use crate::{
    common::{
        events::context,
        raw_server::{attribute, directory, done, entry, person, raw_attribute, searched, serve, user},
    },
    source::ldap::client::{Trusted, connect},
};

/// What became of the users 1 and 2 where the server shows the second one so.
fn look_up(odd: fn(u32) -> Vec<u8>) -> Vec<&'static str> {
    let trusted = Trusted::new();
    let (port, _) = serve(
        &trusted.authority.good(),
        directory(move |request, out| {
            let (id, wanted) = (request.msgid as u32, searched(request));
            if wanted.scope == LdapSearchScope::Base {
                return out.write_all(&[user(id, 2, b""), done(id, b"")].concat());
            }
            out.write_all(&[user(id, 1, b""), odd(id), done(id, b"")].concat())
        }),
    );
    let context = context().0;
    let mut source = connect(&trusted.settings(port), &context).unwrap();
    let presences = source.look_up(&[anchor(1), anchor(2)], &context).unwrap();
    let told = |presence| match presence {
        Presence::InScope(recipient) if Recipient::label(&recipient).starts_with("user1@") => "in scope",
        Presence::InScope(_) => "somebody else",
        Presence::Unreadable => "unreadable",
        Presence::OutOfScope => "out of scope",
        Presence::Deleted => "deleted",
        Presence::Absent => "absent",
    };
    presences.into_iter().map(told).collect()
}

fn guid(number: u64) -> [u8; 16] {
    let mut guid = [0; 16];
    guid[..8].copy_from_slice(&number.to_be_bytes());
    guid
}

fn anchor(number: u64) -> String {
    uuid::Uuid::from_bytes_le(guid(number)).to_string()
}

#[test]
fn who_does_not_show_what_it_is_is_not_out_of_scope() {
    for (shown, due) in [
        (&["objectClass", "objectCategory"][..], Presence::OutOfScope),
        (&["objectClass"], Presence::Unreadable),
        (&["objectCategory"], Presence::Unreadable),
    ] {
        let trusted = Trusted::new();
        let (port, _) = serve(
            &trusted.authority.good(),
            directory(move |request, out| {
                let (id, wanted) = (request.msgid as u32, searched(request));
                let is_anywhere = !wanted.attrs.iter().any(|name| name == "mail");
                let mut attributes = attribute("objectGUID", &[&guid(1)]);
                shown.iter().for_each(|name| attributes.extend(attribute(name, &[b"user"])));
                let found =
                    if is_anywhere { entry(id, b"CN=A,DC=contoso,DC=test", &attributes) } else { Vec::new() };
                out.write_all(&[found, done(id, b"")].concat())
            }),
        );
        let context = context().0;
        let mut source = connect(&trusted.settings(port), &context).unwrap();
        assert_eq!(source.look_up(&[anchor(1)], &context).unwrap(), [due], "{shown:?}");
    }
}

#[test]
fn who_can_not_be_read_is_not_taken_for_gone() {
    for (odd, name, second) in [
        // It is known who it is: the server is asked for that alone.
        (|id| user(id, 2, &raw_attribute(b"mail", &[0x30])) as Vec<u8>, "broken", "unreadable"),
        (|id| user(id, 2, &raw_attribute(b"mail", &vec![0; 17 << 20])), "too large", "unreadable"),
        // It may be anybody who was asked for.
        (|id| entry(id, b"CN=Jos\xe9", &person(2).1), "without a proper name", "unreadable"),
        // Nobody asked for this one.
        (|id| user(id, 3, b""), "somebody else", "absent"),
    ] as [(fn(u32) -> Vec<u8>, _, _); 4]
    {
        assert_eq!(look_up(odd), ["in scope", second], "{name}");
    }
}
