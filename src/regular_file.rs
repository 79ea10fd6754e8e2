//! Files that people name: a pipe or a device in the place of one never ends, and hears no cancel.

use std::{fs::File, io, path::Path};

/// Opens a regular file, or the one that a link leads to, for reading. Anything else (a folder, a pipe, a device) is an
/// error at once.
pub fn open(path: &Path) -> io::Result<File> {
    let not_regular = || io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
    // The opening of a pipe would wait for who writes into it.
    if !path.metadata()?.is_file() {
        return Err(not_regular());
    }
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

/// All that is in a regular file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open(path)?, &mut bytes)?;
    Ok(bytes)
}
