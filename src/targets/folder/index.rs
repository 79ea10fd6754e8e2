//! `index.json`: everything that is published, for people and other programs.

use std::{io::Write, path::Path};

use serde::Serialize;

use super::name;
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Named, PublishedRecipient, Timestamp},
};

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
    folder: &Path,
    next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
    context: &Context,
) -> Result<()> {
    let path = folder.join("index.json");
    let failed = |e: &std::io::Error| Error::io(ErrorId::TargetNotWritable, "Cannot write", &path, e);
    let file = super::file::temporary(folder).map_err(|e| failed(&e))?;
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
    file.as_file().sync_data().map_err(|e| failed(&e))?;
    file.persist(&path).map(drop).map_err(|e| failed(&e.error))
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
