//! When the certificate values of an object last changed, at whichever domain controller. Pure.

use quick_xml::{Reader, events::Event};

use crate::{
    directory::{
        entry::{Entry, certificate_values},
        generalized_time,
    },
    model::{Attribute, Named, Timestamp},
};

/// [MS-ADA2] 2.449: one XML text an attribute. Windows has it, Samba does not.
const XML: &str = "msDS-ReplAttributeMetaData";
/// [MS-ADA3] 2.192: all attributes in one binary value.
const BINARY: &str = "replPropertyMetaData";
/// [MS-ADA3] 2.373: any change of the object; the last resort.
const WHEN_CHANGED: &str = "whenChanged";

/// What a search has to ask for.
pub(super) const ATTRIBUTES: [&str; 3] = [XML, BINARY, WHEN_CHANGED];

/// Seconds from 1601-01-01 to 1970-01-01.
const WINDOWS_EPOCH: i64 = 11_644_473_600;

/// What is known of the last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastChange {
    /// The object never had values of this kind.
    Never,
    /// Then; or, where only the change of the whole object is known, not later than then.
    At(Timestamp),
    /// The directory shows no time for it.
    Unknown,
}

/// The last change of one attribute.
type Changed = (Attribute, Timestamp);

/// The last change of either attribute. Replication metadata that can't be read, or that knows nothing of an
/// attribute with values, is not believed.
pub(super) fn last_change(entry: &Entry) -> LastChange {
    let values = certificate_values(entry);
    for changes in [from_xml(entry), from_binary(entry)].into_iter().flatten() {
        let known = |attribute| changes.iter().any(|(of, _)| *of == attribute);
        if values.iter().all(|value| known(value.attribute)) {
            let last = changes.iter().map(|(_, time)| *time).max();
            return last.map_or(LastChange::Never, LastChange::At);
        }
    }
    let whole = entry.values(WHEN_CHANGED).next().and_then(generalized_time::parse);
    whole.map_or(LastChange::Unknown, LastChange::At)
}

/// `None` where there is no such metadata, or one text of it is not understood.
fn from_xml(entry: &Entry) -> Option<Vec<Changed>> {
    let all = entry.values(XML).map(attribute_metadata).collect::<Option<Vec<_>>>()?;
    (!all.is_empty()).then(|| {
        let ours = |(name, time): (String, Timestamp)| Some((Attribute::from_name(&name)?, time));
        all.into_iter().filter_map(ours).collect()
    })
}

/// Name and time out of a `DS_REPL_ATTR_META_DATA` element ([MS-ADTS] 3.1.1.4.5.15 and 3.1.1.1.8).
fn attribute_metadata(xml: &[u8]) -> Option<(String, Timestamp)> {
    // Windows ends the text with a NUL.
    let mut reader = Reader::from_str(std::str::from_utf8(xml).ok()?.trim_end_matches('\0'));
    let (mut field, mut name, mut changed) = (String::new(), None, None);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => field = start.name().as_ref().to_owned(),
            Event::End(_) => field.clear(),
            Event::Text(text) => match field.as_str() {
                "pszAttributeName" => name = Some(text.to_string()),
                "ftimeLastOriginatingChange" => changed = Timestamp::parse(&text),
                _ => {}
            },
            Event::Eof => return Some((name?, changed?)),
            _ => {}
        }
    }
}

/// `None` where there is no such metadata, or it is not understood.
///
/// The form is that of Samba's `replPropertyMetaDataBlob` (drsblobs.idl, read in public code), which Windows stores
/// as well: version (1), reserved, count, reserved, each 4 bytes; then for each attribute ATTRTYP and version of
/// 4 bytes, the time of the originating change in seconds since 1601 in 8, the invocation id of the domain
/// controller that made it in 16, and two update sequence numbers of 8. All little-endian.
fn from_binary(entry: &Entry) -> Option<Vec<Changed>> {
    let blob = entry.values(BINARY).next()?;
    let (head, list) = blob.split_at_checked(16)?;
    let (version, count) = (number(head.get(..4)?)?, number(head.get(8..12)?)?);
    let (entries, rest) = list.as_chunks::<48>();
    if version != 1 || !rest.is_empty() || usize::try_from(count) != Ok(entries.len()) {
        return None;
    }
    let mut changes = Vec::new();
    for entry in entries {
        let seconds = i64::from_le_bytes(entry.get(8..16)?.try_into().ok()?);
        if let Some(attribute) = attribute(number(entry.get(..4)?)?) {
            changes.push((attribute, Timestamp(seconds.saturating_sub(WINDOWS_EPOCH))));
        }
    }
    Some(changes)
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The attribute of an ATTRTYP ([MS-DRSR] 5.16.4): the number of its OID's prefix in the prefix table, and the last
/// part of its OID. Both attributes belong to the base schema: their prefixes are in every domain's table from the
/// beginning (2.5.4 is number 0, 2.16.840.1.113730.3 number 20; measured at Samba), and they have no `msDS-IntId`.
fn attribute(attid: u32) -> Option<Attribute> {
    match attid {
        0x0000_0024 => Some(Attribute::UserCertificate),
        0x0014_008c => Some(Attribute::UserSmimeCertificate),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
