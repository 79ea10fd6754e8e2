//! `index.json`: everything that is published, for people and other programs.

use std::{
    collections::HashMap,
    io::{BufReader, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{durable, leftover::Workplace, name};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Fingerprint, Named, PublishedRecipient, Timestamp},
    regular_file,
};

/// Its file.
pub(super) const NAME: &str = "index.json";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    recipient: &'a str,
    display_name: Option<&'a str>,
    anchor: &'a str,
    file: String,
    certificates: Vec<Certificate<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Certificate<'a> {
    attribute: &'a str,
    thumbprint: &'a str,
    subject: &'a str,
    not_before: Timestamp,
    not_after: Timestamp,
}

/// Writes the index at once, one recipient a line. Fails with `TargetNotWritable`, `DiskFull`.
pub(super) fn write(
    place: &Workplace,
    next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
    context: &Context,
) -> Result<()> {
    let path = place.path.join(NAME);
    let failed = |e: &std::io::Error| Error::io(ErrorId::TargetNotWritable, "Cannot write", &path, e);
    let file = place.temporary().map_err(|e| failed(&e))?;
    let mut writer = std::io::BufWriter::new(file);
    let (mut after, mut separator) = (String::new(), "[\n");
    loop {
        context.check()?;
        let page = next(&after)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.target);
        for recipient in &page {
            let text = serde_json::to_string(&line(recipient)).map_err(|e| {
                Error::new(ErrorId::Internal, format!("A line of the index has no JSON form: {e}"))
            })?;
            write!(writer, "{separator}{text}").map_err(|e| failed(&e))?;
            separator = ",\n";
        }
    }
    let end = if separator == "[\n" { "[]\n" } else { "\n]\n" };
    writer.write_all(end.as_bytes()).map_err(|e| failed(&e))?;
    let file = writer.into_inner().map_err(|e| failed(e.error()))?;
    // The same state is the same file, its date included.
    if read_hash(&path).is_ok_and(|old| read_hash(file.path()).is_ok_and(|new| new == old)) {
        return Ok(());
    }
    file.as_file().sync_data().map_err(|e| failed(&e))?;
    file.persist(&path).map_err(|e| failed(&e.error))?;
    durable::names(&place.path)
}

/// A hash over the index as it is; of nothing where none can be read, so that it is written anew.
pub(super) fn hash(folder: &Path) -> Fingerprint {
    read_hash(&folder.join(NAME)).unwrap_or_else(|_| Fingerprint::of(&[]))
}

/// In pieces: an index is as large as the company.
fn read_hash(path: &Path) -> std::io::Result<Fingerprint> {
    Fingerprint::of_read(regular_file::open(path)?)
}

/// Which file the index names for whom: anchors by the names of files. `None`: there is an index, and it can't be read.
pub(super) fn read(folder: &Path) -> Option<HashMap<String, String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Entry {
        anchor: String,
        file: String,
    }
    match regular_file::open(&folder.join(NAME)) {
        Ok(file) => {
            let entries: Vec<Entry> = serde_json::from_reader(BufReader::new(file)).ok()?;
            Some(entries.into_iter().map(|entry| (entry.file, entry.anchor)).collect())
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Some(HashMap::new()),
        Err(_) => None,
    }
}

fn line(recipient: &PublishedRecipient) -> Line<'_> {
    let certificates = recipient.managed.iter().filter_map(|value| {
        let certificate = value.certificate.as_ref()?;
        Some(Certificate {
            attribute: value.attribute.name(),
            thumbprint: &certificate.thumbprint,
            subject: &certificate.subject,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
        })
    });
    // Whose move was declined or refused is still there under the old address.
    let moves = recipient.label.contains('@') && name::of(&recipient.label) != recipient.target;
    Line {
        recipient: if moves { &recipient.target } else { &recipient.label },
        display_name: recipient.display_name.as_deref(),
        anchor: &recipient.anchor,
        file: format!("{}.json", recipient.target),
        certificates: certificates.collect(),
    }
}
