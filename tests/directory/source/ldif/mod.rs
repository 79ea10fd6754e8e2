//! LDIF files: the reader of RFC 2849, and the source made of it.

mod errors;
mod forms;
mod ldapsearch;
mod no_file;
mod properties;
mod source;

use std::path::Path;

use smime_sync::{
    directory::{
        entry::Entry,
        ldif::{MAX_RECORD, Reader, Record},
    },
    error::Error,
};

/// What the reader makes of some bytes, up to the first error.
fn records(bytes: &[u8]) -> (Vec<Record>, Option<Error>) {
    records_within(bytes, MAX_RECORD)
}

fn records_within(bytes: &[u8], limit: usize) -> (Vec<Record>, Option<Error>) {
    let mut found = Vec::new();
    let mut reader = match Reader::with_limit(bytes, Path::new("people.ldif"), |_| true, limit) {
        Ok(reader) => reader,
        Err(error) => return (found, Some(error)),
    };
    loop {
        match reader.next_record() {
            Ok(Some(record)) => found.push(record),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Entry {
    let mut entry = Entry::new(dn);
    for (name, values) in attributes {
        entry.add_attribute(name);
        values.iter().for_each(|value| entry.add_value(value));
    }
    entry
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = format!("\u{FEFF}{text}");
    units.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}
