//! What is no file that can be read.

use std::path::Path;

use smime_sync::{
    directory::{certificate_file, csv::CsvSource, ldif::LdifSource},
    error::ErrorId,
};

#[test]
fn a_file_that_can_not_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("none.ldif");
    let error = LdifSource::open(&missing).err().expect("not there");
    assert_eq!(error.id, ErrorId::LdifUnreadable);
    assert_eq!(error.target, Some(missing.display().to_string()));
    assert!(error.message.starts_with(&format!("Cannot read '{}': ", missing.display())), "{error}");
    assert!(error.native.is_some_and(|native| native.os_error.is_some()));
}
#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = LdifSource::open(folder.path()).err().expect("a folder");
    assert_eq!(error.id, ErrorId::LdifUnreadable);
}
#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_in_the_place_of_a_file_is_an_error_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.cer");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for path in [pipe.as_path(), Path::new("/dev/zero")] {
        let anchors = smime_sync::trust::load_anchors(&[path.to_owned()]).err();
        for (error, id) in [
            (LdifSource::open(path).err(), ErrorId::LdifUnreadable),
            (CsvSource::open(path).err(), ErrorId::CsvUnreadable),
            (certificate_file::read(path, None).err(), ErrorId::CertificateUnreadable),
            (anchors, ErrorId::TrustAnchorUnreadable),
        ] {
            let error = error.expect("no regular file");
            assert_eq!(error.id, id);
            assert!(error.message.ends_with(": it is a pipe, socket or device, no file"), "{error}");
        }
    }
}
