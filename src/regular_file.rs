//! Opening files that others may have put there: only plain ones, so that a pipe or a device never holds up a run.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{Error, ErrorKind, Read, Result},
    path::Path,
};

use crate::model::is_device_name;

/// Opens a plain file, also behind a link. Fails with `InvalidInput` for anything else.
pub fn open(path: &Path) -> Result<File> {
    // Windows would wait at one for what somebody types.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if cfg!(windows) && is_device_name(&name) {
        return Err(no_file());
    }
    // A device may act when it is opened, and some operating systems open no folder.
    check(&path.metadata()?)?;
    let file = options().open(path)?;
    // It may be another one by now.
    check(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a plain file, also behind a link. Fails as [`open`] does.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A pipe is opened without waiting for who writes to it.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options
}

fn check(metadata: &Metadata) -> Result<()> {
    match metadata {
        plain if plain.is_file() => Ok(()),
        folder if folder.is_dir() => Err(Error::new(ErrorKind::InvalidInput, "it is a folder, no file")),
        _ => Err(no_file()),
    }
}

fn no_file() -> Error {
    Error::new(ErrorKind::InvalidInput, "it is a pipe, socket or device, no file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_opened_and_nothing_waits() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::write(at("file"), "bytes").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"bytes");
        assert_eq!(read(&at("folder")).unwrap_err().to_string(), "it is a folder, no file");
        assert_eq!(read(&at("gone")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn devices_sockets_and_folders_are_refused_behind_links_too() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::write(at("file"), "bytes").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        std::os::unix::fs::symlink("/dev/null", at("device")).unwrap();
        std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (path, due) in [
            (at("new"), Ok(())),
            (at("file"), Ok(())),
            (at("link"), Ok(())),
            (at("device"), Err("it is a pipe, socket or device, no file")),
            (at("socket"), Err("it is a pipe, socket or device, no file")),
            (home.path().to_owned(), Err("it is a folder, no file")),
        ] {
            let opened = match open(&path) {
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                other => other.map(drop).map_err(|e| e.to_string()),
            };
            assert_eq!(opened, due.map_err(str::to_owned), "{}", path.display());
        }
    }

    #[cfg(windows)]
    #[test]
    fn devices_are_no_files_in_any_folder() {
        let home = tempfile::tempdir().unwrap();
        for name in ["con", "NUL.txt", "com1"] {
            let error = read(&home.path().join(name)).unwrap_err();
            assert_eq!(error.to_string(), "it is a pipe, socket or device, no file", "{name}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pipes_devices_and_links_in_a_circle_are_no_files() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        std::os::unix::fs::symlink(at("circle"), at("circle")).unwrap();
        std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
        for path in [at("pipe"), at("link"), "/dev/zero".into()] {
            let error = read(&path).unwrap_err();
            assert_eq!(error.to_string(), "it is a pipe, socket or device, no file", "{}", path.display());
        }
        assert!(read(&at("circle")).is_err());
        std::fs::write(at("file"), "bytes").unwrap();
        std::os::unix::fs::symlink(at("file"), at("good link")).unwrap();
        assert_eq!(read(&at("good link")).unwrap(), b"bytes");
    }
}
