//! What hostile servers do when all people are asked for, and when a value shall be changed.

use std::{io, time::Duration};

use ldap3_proto::proto::{LdapMsg, LdapSearchScope};

use crate::common::raw_server::{
    Out, announced, attribute, done, drip, element, entry, for_ever, message, nested, octets, person,
    raw_attribute, result, searched, user,
};

/// How reading such a server ends.
pub enum End {
    /// With an error of the whole read: its id, and what its message holds.
    Fails(&'static str, &'static str),
    /// Well; these are the messages of objects that were skipped.
    Skips(&'static [&'static str]),
}

/// What one server does with each search that is not the usual one.
pub struct Case {
    pub name: &'static str,
    pub script: fn(&LdapMsg, Out) -> io::Result<()>,
    pub end: End,
    /// Whether nothing but the time limit, or a cancel, ends it.
    pub lasts: bool,
}

/// What is asked of a hostile server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Reading,
    Writing,
}

const PROTOCOL: &str = "DirectoryProtocol";
const TIMEOUT: &str = "DirectoryTimeout";
const MIB: usize = 1 << 20;

fn id(request: &LdapMsg) -> u32 {
    request.msgid as u32
}

/// An attribute of which the server gives one value, with the number `from`.
fn part(from: usize, value: &[u8]) -> Vec<u8> {
    attribute(&format!("userCertificate;range={from}-{from}"), &[value])
}

/// Gives the next value whenever more are asked for, without end.
fn endless_parts(request: &LdapMsg, out: Out, size: usize) -> io::Result<()> {
    let (id, wanted) = (id(request), searched(request));
    let from = wanted.attrs.iter().find_map(|name| name.split_once(";range=")?.1.strip_suffix("-*"));
    let from: usize = from.map_or(0, |from| from.parse().unwrap());
    out.write_all(&user(id, 1, &part(from, &vec![0x30; size])))?;
    if wanted.scope == LdapSearchScope::Subtree {
        out.write_all(&user(id, 2, b""))?;
    }
    out.write_all(&done(id, b""))
}

/// One object like this between two users; asked for alone, it makes sense.
fn between(request: &LdapMsg, out: Out, odd: &[u8]) -> io::Result<()> {
    let id = id(request);
    if searched(request).scope == LdapSearchScope::Base {
        return out.write_all(&[user(id, 7, b""), done(id, b"")].concat());
    }
    out.write_all(&user(id, 1, b""))?;
    out.write_all(odd)?;
    out.write_all(&user(id, 2, b""))?;
    out.write_all(&done(id, b""))
}

fn empty_values(size: usize) -> Vec<u8> {
    raw_attribute(b"userCertificate", &[4, 0].repeat(size / 2))
}

/// Servers that are read.
pub const READ: &[Case] = &[
    Case {
        name: "values in endless parts",
        script: |request, out| endless_parts(request, out, 1),
        end: End::Skips(&[
            "The object 'CN=User 1,DC=contoso,DC=test' was skipped: its values come in more than 200 parts.",
        ]),
        lasts: false,
    },
    Case {
        name: "large values in endless parts",
        script: |request, out| endless_parts(request, out, MIB),
        end: End::Skips(&[
            "The object 'CN=User 1,DC=contoso,DC=test' was skipped: it is larger than 16 MiB.",
        ]),
        lasts: false,
    },
    Case {
        name: "a part that begins anew for ever",
        script: |request, out| {
            let range = attribute("userCertificate;range=0-0", &[b"0"]);
            out.write_all(&[user(id(request), 1, &range), done(id(request), b"")].concat())
        },
        end: End::Skips(&[
            "The object 'CN=User 1,DC=contoso,DC=test' was skipped: it was changed while the values of its \
             userCertificate from number 1 on were read.",
        ]),
        lasts: false,
    },
    Case {
        name: "objects without end",
        script: |request, out| for_ever(out, |number| user(id(request), number, b"")),
        end: End::Fails(PROTOCOL, "it sent far more objects than it was asked for."),
        lasts: false,
    },
    Case {
        name: "objects in part without end",
        script: |request, out| for_ever(out, |number| user(id(request), number, &part(0, &vec![1; 2048]))),
        end: End::Fails(PROTOCOL, "it sent more than 2,000 incomplete objects in one page."),
        lasts: false,
    },
    Case {
        name: "references without end",
        script: |request, out| for_ever(out, |_| message(id(request), 0x73, &octets(&[b'a'; 4096]))),
        end: End::Fails(PROTOCOL, "it sent more than 1,000 references in one answer."),
        lasts: false,
    },
    Case {
        name: "60 MiB of empty values",
        script: |request, out| between(request, out, &user(id(request), 7, &empty_values(60 * MIB))),
        end: End::Skips(&[
            "The object 'CN=User 7,DC=contoso,DC=test' was skipped: it is larger than 16 MiB.",
        ]),
        lasts: false,
    },
    Case {
        name: "15 MiB of empty values",
        script: |request, out| between(request, out, &user(id(request), 7, &empty_values(15 * MIB))),
        end: End::Skips(&[
            "The object 'CN=User 7,DC=contoso,DC=test' was skipped: it has more than 65,536 values.",
        ]),
        lasts: false,
    },
    Case {
        name: "15 MiB of empty attributes",
        script: |request, out| {
            let attributes = raw_attribute(b"", b"").repeat(15 * MIB / 18);
            between(request, out, &user(id(request), 7, &attributes))
        },
        end: End::Skips(&[
            "The object 'CN=User 7,DC=contoso,DC=test' was skipped: it has more than 65,536 values.",
        ]),
        lasts: false,
    },
    Case {
        name: "8 objects of 10 MiB",
        script: |request, out| {
            let large = attribute("userCertificate", &[&vec![0x30; 10 * MIB]]);
            (0..8).try_for_each(|number| out.write_all(&user(id(request), number, &large)))?;
            out.write_all(&done(id(request), b""))
        },
        end: End::Skips(&[]),
        lasts: false,
    },
    Case {
        name: "one byte a second",
        script: |request, out| drip(out, &user(id(request), 1, b""), Duration::from_secs(1)),
        end: End::Fails(TIMEOUT, "waiting for the rest of an answer (server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "one object a second",
        script: |request, out| {
            (0..).try_for_each(|number| {
                out.write_all(&user(id(request), number, b""))?;
                out.flush()?;
                std::thread::sleep(Duration::from_secs(1));
                Ok(())
            })
        },
        end: End::Fails(TIMEOUT, "waiting for an answer (server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "a large message of which little comes",
        script: |_, out| {
            out.write_all(&announced(0x30, 60 << 20))?;
            drip(out, &[0; 600], Duration::from_millis(100))
        },
        end: End::Fails(TIMEOUT, "waiting for the rest of an answer (server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "answers to another request for ever",
        script: |_, out| for_ever(out, |number| user(9_999, number, b"")),
        end: End::Fails(TIMEOUT, "(server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "notices that are no disconnection for ever",
        script: |_, out| {
            let name = element(0x8a, b"1.3.6.1.4.1.1466.20037");
            for_ever(out, |_| message(0, 0x78, &[result(52, "soon"), name.clone()].concat()))
        },
        end: End::Fails(TIMEOUT, "(server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "a notice that is no disconnection",
        script: |request, out| {
            let name = element(0x8a, b"1.3.6.1.4.1.1466.20037");
            between(request, out, &message(0, 0x78, &[result(52, "soon"), name].concat()))
        },
        end: End::Skips(&[]),
        lasts: false,
    },
    Case {
        name: "the same cookie without objects for ever",
        script: |request, out| out.write_all(&done(id(request), b"cookie")),
        end: End::Fails(PROTOCOL, "it sent more than 100 pages without an object."),
        lasts: false,
    },
    Case {
        name: "pages without objects, now and then",
        script: |request, out| {
            std::thread::sleep(Duration::from_millis(300));
            out.write_all(&done(id(request), b"cookie"))
        },
        end: End::Fails(TIMEOUT, "(server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "a cookie of 15 MiB",
        script: |request, out| out.write_all(&done(id(request), &vec![1; 15 * MIB])),
        end: End::Fails(PROTOCOL, "it sent a page's cookie of more than 64 KiB."),
        lasts: false,
    },
    Case {
        name: "a name that is no UTF-8",
        script: |request, out| between(request, out, &entry(id(request), b"CN=Jos\xe9", &person(7).1)),
        end: End::Skips(&[
            "The object 'CN=Jos\u{fffd}' was skipped: its name is not UTF-8, or longer than 8 KiB.",
        ]),
        lasts: false,
    },
    Case {
        name: "a name of an attribute that is no UTF-8",
        script: |request, out| {
            between(request, out, &user(id(request), 7, &raw_attribute(b"userCertificat\xe9", b"")))
        },
        end: End::Skips(&[
            "The object 'CN=User 7,DC=contoso,DC=test' was skipped: the name of one of its attributes is not UTF-8.",
        ]),
        lasts: false,
    },
    // Only shown, and never followed.
    Case {
        name: "a reference that is no UTF-8",
        script: |request, out| between(request, out, &message(id(request), 0x73, &octets(b"ldap://\xe9"))),
        end: End::Skips(&[]),
        lasts: false,
    },
    Case {
        name: "36 KB of nested elements in an object",
        script: |request, out| between(request, out, &user(id(request), 7, &nested(36_000))),
        end: End::Skips(&[
            "The object 'CN=User 7,DC=contoso,DC=test' was skipped: the server sent it with an element of another \
             kind than expected.",
        ]),
        lasts: false,
    },
    Case {
        name: "36 KB of nested elements",
        script: |_, out| out.write_all(&nested(36_000)),
        end: End::Fails(PROTOCOL, "it sent an element of another kind than expected."),
        lasts: false,
    },
    Case {
        name: "a length of 2 GiB",
        script: |_, out| out.write_all(&announced(0x30, 0x8000_0000)),
        end: End::Fails(PROTOCOL, "it sent a message of more than 64 MiB."),
        lasts: false,
    },
    Case {
        name: "a length of 2 GiB within an object",
        script: |request, out| between(request, out, &user(id(request), 7, &announced(0x30, 0x8000_0000))),
        end: End::Skips(&[
            "The object 'CN=User 7,DC=contoso,DC=test' was skipped: the server sent it with an element that ends \
             too early.",
        ]),
        lasts: false,
    },
    Case {
        name: "the end of a search of 40 MiB",
        script: |request, out| {
            let text = result(0, &"a".repeat(40 * MIB));
            out.write_all(&message(id(request), 0x65, &text))
        },
        end: End::Fails(PROTOCOL, "it sent an answer of more than 16 MiB."),
        lasts: false,
    },
    Case {
        name: "an end with a text of 10 MiB",
        script: |request, out| out.write_all(&message(id(request), 0x65, &result(53, &"a".repeat(10 * MIB)))),
        end: End::Fails("DirectoryRefused", "It says: aaa"),
        lasts: false,
    },
];

/// Servers that are asked to change something.
pub const WRITTEN: &[Case] = &[
    Case {
        name: "a change, answered byte by byte",
        script: |request, out| drip(out, &changed(request), Duration::from_secs(1)),
        end: End::Fails(TIMEOUT, "waiting for the rest of an answer (server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "a change, answered with other numbers for ever",
        script: |_, out| for_ever(out, |_| message(9_999, 0x67, &result(0, ""))),
        end: End::Fails(TIMEOUT, "(server 'localhost')."),
        lasts: true,
    },
    Case {
        name: "a change, answered with objects for ever",
        script: |request, out| for_ever(out, |number| user(id(request), number, b"")),
        end: End::Fails(PROTOCOL, "it sent another answer than one to a change."),
        lasts: false,
    },
    Case {
        name: "a change, answered with 2 GiB",
        script: |_, out| out.write_all(&announced(0x30, 0x8000_0000)),
        end: End::Fails(PROTOCOL, "it sent a message of more than 64 MiB."),
        lasts: false,
    },
    Case {
        name: "a change, answered with 40 MiB",
        script: |request, out| out.write_all(&message(id(request), 0x67, &result(0, &"a".repeat(40 * MIB)))),
        end: End::Fails(PROTOCOL, "it sent an answer of more than 16 MiB."),
        lasts: false,
    },
    Case {
        name: "a change, answered with nested elements",
        script: |_, out| out.write_all(&nested(36_000)),
        end: End::Fails(PROTOCOL, "it sent an element of another kind than expected."),
        lasts: false,
    },
    Case {
        name: "a change, answered behind a notice that is no disconnection",
        script: |request, out| {
            let name = element(0x8a, b"1.2.3");
            out.write_all(&message(0, 0x78, &[result(52, "soon"), name].concat()))?;
            out.write_all(&changed(request))
        },
        end: End::Skips(&[]),
        lasts: false,
    },
];

/// The answer to a change that was made.
fn changed(request: &LdapMsg) -> Vec<u8> {
    message(id(request), 0x67, &result(0, ""))
}
