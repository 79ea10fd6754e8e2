//! How large a trust store may be, and what to leave out of one that is too large.

use super::MergedStore;
use crate::{
    certificate::Certificate,
    error::{Error, ErrorId, Result},
    model::counted,
};

/// The most bytes that Exchange Server takes; the limit of Exchange Online is open (docs/design/exchange-online.md §3).
const LIMIT: usize = 70_000;
/// CAs that an advice names of a kind.
const NAMED: usize = 5;

/// What a store of these bytes is too large for; `None`: it is not.
pub fn too_large(store: &[u8]) -> Option<String> {
    let over = store.len().checked_sub(LIMIT).filter(|over| *over > 0)?;
    Some(format!(
        "The trust store has {} bytes, {over} more than the {LIMIT} that Exchange takes.",
        store.len()
    ))
}

/// Fails with `TrustStoreRefused` where the store is larger than Exchange takes, and names what to leave out.
/// `anchors` are the profile's own; the others are there already.
pub fn refuse_large(merged: &MergedStore, anchors: &[&Certificate]) -> Result<()> {
    let Some(message) = too_large(&merged.bytes) else { return Ok(()) };
    let all: Vec<&Certificate> = merged.certificates.iter().collect();
    let superseded: Vec<_> = all.iter().copied().filter(|one| is_superseded(one, &all)).collect();
    let is_rest = |one: &&Certificate| !superseded.iter().any(|other| other.fingerprint == one.fingerprint);
    let is_ours = |one: &&Certificate| anchors.iter().any(|anchor| anchor.fingerprint == one.fingerprint);
    let (ours, theirs): (Vec<&Certificate>, Vec<&Certificate>) =
        all.iter().copied().filter(is_rest).partition(is_ours);
    let sentences = [
        ("Leave out, of CAs that have a newer certificate with the same key, the older one", superseded),
        (
            "Take out of the store at Exchange what is no trust anchor of this profile and not needed any more",
            theirs,
        ),
        ("Leave out of -TrustAnchorPath the CAs whose people you don't publish", ours),
    ];
    let mut advice: Vec<String> = sentences
        .into_iter()
        .filter(|(_, some)| !some.is_empty())
        .map(|(what, some)| named(what, some))
        .collect();
    advice.push(
        "The limit is that of Exchange Server; whether Exchange Online has the same is not documented: \
         Export-SmimeTrustStore writes the file, and Set-SmimeConfig tries it."
            .into(),
    );
    let message = format!("{message} Nothing was uploaded.");
    Err(Error::new(ErrorId::TrustStoreRefused, message).advice(advice.join(" ")))
}

/// Whether another certificate of the same CA, with the same key, is valid longer: chains that end in the one end in
/// the other, too.
fn is_superseded(one: &Certificate, all: &[&Certificate]) -> bool {
    one.subject_key_id.is_some()
        && all.iter().any(|other| {
            other.subject == one.subject
                && other.subject_key_id == one.subject_key_id
                && (other.not_after, other.fingerprint) > (one.not_after, one.fingerprint)
        })
}

/// The sentence with the largest of `some`.
fn named(what: &str, mut some: Vec<&Certificate>) -> String {
    some.sort_by_key(|one| (std::cmp::Reverse(one.der().len()), one.fingerprint));
    let names = some.iter().take(NAMED).map(|one| format!("{} ({} bytes)", one.describe(), one.der().len()));
    let names = names.collect::<Vec<_>>().join(", ");
    match some.len().checked_sub(NAMED).filter(|more| *more > 0) {
        None => format!("{what}: {names}."),
        Some(more) => {
            format!("{what}, such as the largest: {names}, and {}.", counted(more, "other", "others"))
        }
    }
}
