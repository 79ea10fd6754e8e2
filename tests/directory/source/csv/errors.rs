//! Files that are no list of partners: nobody of them is handed over.

use std::io::Write as _;

use smime_sync::{
    directory::Selection,
    error::{Error, ErrorId},
};

use super::*;

const GOOD: &str = "Mail,Certificate\nzoe@partner.test,MAA=\n";

#[test]
fn what_breaks_the_form_is_named_with_its_line_and_nobody_is_handed_over() {
    let with = |tail: &[u8]| [GOOD.as_bytes(), tail].concat();
    let lone = [utf16(GOOD), 0xD83Du16.to_le_bytes().to_vec(), utf16("x\n")[2..].to_vec()].concat();
    for (content, line, reason) in [
        (Vec::new(), 1, "the file has no header"),
        (with(b"\xE9va@partner.test,MAA=\n"), 3, "it is not UTF-8; save the file as 'CSV UTF-8'"),
        (
            with("eve@partner.test,MAA=\n".as_bytes()).into_iter().flat_map(|b| [b, 0]).collect(),
            1,
            "UTF-16 needs a byte order mark",
        ),
        (lone, 3, "it has a surrogate without its other half"),
        (utf16(GOOD)[..utf16(GOOD).len() - 1].to_vec(), 2, "the file ends in the middle of a character"),
        (
            with(b"\"bob@partner.test,MAA=\nann@partner.test,MAA=\n"),
            3,
            "a value that begins with a quotation mark never ends",
        ),
        (with(b"bob@partner.test,MA\"A=\n"), 3, "a quotation mark stands within a value"),
        (with(b"bob@partner.test,MAA="), 3, "the last line has no line end, as in a file that was cut"),
        (with(b"bob@partner.test,\"MAA=\""), 3, "the last line has no line end"),
        (with(b"bob@partner.test"), 3, "the last line has no line end"),
        (with("\r\nbob@partner.test,MAA=\r\neva".as_bytes()), 5, "the last line has no line end"),
        (utf16("Mail,Certificate\nzoe@partner.test,MAA="), 2, "the last line has no line end"),
        (b"Mail,Certificate".to_vec(), 1, "the last line has no line end"),
        (b"Name,Certificate\nZoe,MAA=\n".to_vec(), 1, "the header has no column EmailAddress"),
        (with(&[b'x'; (4 << 20) + 1]), 3, "the row is longer than 4194304 bytes"),
    ] {
        let partners = Partners::of(&content);
        let (recipients, errors, done) = partners.read(&Selection::All);
        let error = done.expect_err(reason);
        assert_eq!((recipients.len(), errors.len(), error.id), (0, 0, ErrorId::CsvSyntax), "{error}");
        let begin = format!("'{}', line {line}: ", partners.path().display());
        assert!(error.message.starts_with(&begin) && error.message.contains(reason), "{error}");
        assert!(
            partners.source().look_up(&["x".into()], &crate::common::events::context().0).is_err(),
            "{reason}"
        );
    }
}

#[test]
fn a_file_that_can_not_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("none.csv");
    let error = CsvSource::open(&missing).err().expect("not there");
    assert_eq!((error.id, error.target), (ErrorId::CsvUnreadable, Some(missing.display().to_string())));
}

#[test]
fn a_file_that_grows_meanwhile_is_no_import() {
    let partners = Partners::of(GOOD);
    let error = partners
        .source()
        .read(&Selection::All, &crate::common::events::context().0, &mut |_| {
            let mut file = fs::OpenOptions::new().append(true).open(partners.path()).expect("opened");
            file.write_all(b"\n").expect("written");
            Ok(())
        })
        .expect_err("changed");
    assert_eq!(error.id, ErrorId::CsvUnreadable);
    assert_eq!(error.message, format!("'{}' was changed while it was read.", partners.path().display()));
}

#[test]
fn values_that_wait_for_more_rows_have_a_limit() {
    use base64::Engine as _;
    // 30 addresses with 2.5 MB each, and their second rows at the end.
    let value = |n: usize| {
        base64::engine::general_purpose::STANDARD
            .encode([vec![0x30, 0x83, 0x26, 0x25, 0xA0], vec![n as u8; 2_500_000]].concat())
    };
    let rows = |text: &dyn Fn(usize) -> String| -> String {
        (0..30).map(|n| format!("p{n}@partner.test,{}\n", text(n))).collect()
    };
    let partners = Partners::of(format!("Mail,Certificate\n{}{}", rows(&value), rows(&|_| String::new())));
    let (recipients, _, done) = partners.read(&Selection::All);
    let error = done.expect_err("too far apart");
    assert_eq!((recipients.len(), error.id), (0, ErrorId::CsvSyntax));
    assert!(
        error.message.ends_with(
            "line 28: the rows of the same addresses stand too far apart; sort the file by address."
        ),
        "{error}"
    );
}

#[test]
fn the_error_of_the_sink_ends_the_read_and_so_does_a_cancel() {
    let partners = Partners::of(format!("{GOOD}bob@partner.test,MAA=\n"));
    let full = Error::new(ErrorId::DiskFull, "full");
    let done = partners
        .source()
        .read(&Selection::All, &crate::common::events::context().0, &mut |_| Err(full.clone()));
    assert_eq!(done, Err(full));

    let (context, _) = crate::common::events::context();
    let mut count = 0;
    let done = partners.source().read(&Selection::All, &context, &mut |_| {
        count += 1;
        context.cancel.cancel();
        Ok(())
    });
    assert_eq!((done.expect_err("canceled").id, count), (ErrorId::Canceled, 1));
}
