//! Change records of RFC 2849. Pure.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::directory::ldap::{Modification, Operation};

/// The line's end: `ldifde` is a program of Windows, and RFC 2849 allows it everywhere.
const END: &str = "\r\n";

/// Bytes a line; longer ones are folded (RFC 2849, note 10).
const LINE: usize = 76;

/// How a file begins. RFC 2849 wants a version in files of changes.
pub(super) fn head(comments: &[&str]) -> String {
    let mut text = format!("version: 1{END}");
    comments.iter().for_each(|line| comment(&mut text, line));
    text.push_str(END);
    text
}

/// How a file ends: with a comment, so that one that was cut on its way shows.
pub(super) fn end(comment_of_all: &str) -> String {
    let mut text = String::new();
    comment(&mut text, comment_of_all);
    text
}

/// The record of one change, with comments above it.
pub(super) fn change(dn: &str, modifications: &[Modification<'_>], comments: &[&str]) -> String {
    let mut text = String::new();
    comments.iter().for_each(|line| comment(&mut text, line));
    value(&mut text, "dn", dn.as_bytes());
    line(&mut text, "changetype: modify");
    for Modification { operation, attribute, values } in modifications {
        let operation = match operation {
            Operation::Add => "add",
            Operation::Delete => "delete",
            Operation::Replace => "replace",
        };
        line(&mut text, &format!("{operation}: {attribute}"));
        values.iter().for_each(|bytes| encoded(&mut text, attribute, bytes));
        line(&mut text, "-");
    }
    text.push_str(END);
    text
}

/// A comment of one line: what is no printable ASCII is shown by its number, since not every program reads UTF-8.
fn comment(text: &mut String, comment: &str) {
    text.push_str("# ");
    for c in comment.chars() {
        if c.is_ascii_graphic() || c == ' ' {
            text.push(c);
        } else {
            // Writing to a text can't fail.
            let _ = write!(text, "{}", c.escape_unicode());
        }
    }
    text.push_str(END);
}

/// A value as text where that is safe (SAFE-STRING of RFC 2849), else in base64.
fn value(text: &mut String, name: &str, bytes: &[u8]) {
    let safe_first = bytes.first().is_none_or(|first| !matches!(first, b' ' | b':' | b'<'));
    let is_safe = safe_first
        && bytes.last() != Some(&b' ')
        && bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    match std::str::from_utf8(bytes) {
        Ok(plain) if is_safe => line(text, &format!("{name}: {plain}")),
        _ => encoded(text, name, bytes),
    }
}

fn encoded(text: &mut String, name: &str, bytes: &[u8]) {
    line(text, &format!("{name}:: {}", STANDARD.encode(bytes)));
}

/// A line of ASCII, folded where it is long.
fn line(text: &mut String, line: &str) {
    let (mut rest, mut room) = (line, LINE);
    while let Some((part, others)) = rest.split_at_checked(room).filter(|(_, others)| !others.is_empty()) {
        text.push_str(part);
        text.push_str(END);
        text.push(' ');
        (rest, room) = (others, LINE - 1);
    }
    text.push_str(rest);
    text.push_str(END);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader makes of a text: lines put together, comments left out.
    fn unfolded(text: &str) -> Vec<String> {
        let text = text.replace("\r\n ", "");
        text.split("\r\n").filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn a_record_names_exact_values() {
        let modifications = [
            Modification {
                operation: Operation::Delete,
                attribute: "userCertificate".into(),
                values: vec![b"a", b"b"],
            },
            Modification {
                operation: Operation::Add,
                attribute: "userSMIMECertificate".into(),
                values: vec![b"c"],
            },
            Modification {
                operation: Operation::Replace,
                attribute: "userSMIMECertificate".into(),
                values: vec![],
            },
        ];
        let text = change("CN=Alice,DC=x", &modifications, &["Al\u{ef}ce"]);
        assert!(text.starts_with("# Al\\u{ef}ce\r\n"), "{text}");
        let expected = [
            "dn: CN=Alice,DC=x",
            "changetype: modify",
            "delete: userCertificate",
            "userCertificate:: YQ==",
            "userCertificate:: Yg==",
            "-",
            "add: userSMIMECertificate",
            "userSMIMECertificate:: Yw==",
            "-",
            "replace: userSMIMECertificate",
            "-",
            "",
            "",
        ];
        assert_eq!(unfolded(&text), expected);
    }

    #[test]
    fn names_that_are_not_safe_are_encoded() {
        for (dn, expected) in [
            ("CN=A B,DC=x", "dn: CN=A B,DC=x"),
            ("CN=\u{c4},DC=x", "dn:: Q049w4QsREM9eA=="),
            (" CN=A", "dn:: IENOPUE="),
            ("CN=A ", "dn:: Q049QSA="),
            (":CN", "dn:: OkNO"),
            ("CN=a\nb", "dn:: Q049YQpi"),
        ] {
            assert_eq!(unfolded(&change(dn, &[], &[]))[0], expected, "{dn:?}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_short_and_lose_nothing(bytes in prop::collection::vec(any::<u8>(), 0..600), dn in "\\PC{0,200}") {
            let modifications =
                [Modification { operation: Operation::Add, attribute: "userCertificate;binary".into(), values: vec![&bytes] }];
            let text = change(&dn, &modifications, &[]);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= LINE && line.is_ascii()));
            let value = format!("userCertificate;binary:: {}", STANDARD.encode(&bytes));
            prop_assert!(unfolded(&text).contains(&value));
        }
    }
}
