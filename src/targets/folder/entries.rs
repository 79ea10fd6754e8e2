//! Whom the folder has, whoever put it there.

use std::path::Path;

use super::{
    batch,
    file::{self, RecipientFile},
    index, list_keys, name,
};
use crate::{
    directory::Selection, error::Result, event::Context, model::same_in_any_case, targets::Stranger,
};

/// Hands over whom the folder has, in the order of the files' names. What is no recipient's file is somebody else's
/// and left out, but for those that the index names.
pub(super) fn each(
    folder: &Path,
    context: &Context,
    sink: &mut dyn FnMut(Stranger) -> Result<()>,
) -> Result<()> {
    let mut keys = list_keys(folder)?;
    keys.retain(|key| name::is_key(key));
    keys.sort_unstable();
    let mut unreadable = Vec::new();
    for key in keys {
        context.check()?;
        match RecipientFile::read(&file::json_path(folder, &key)) {
            Ok(None) => {}
            // It is in its own place, too; the copy is for whoever has that name.
            Ok(Some(one)) if batch::is_copy(folder, &key, &one).unwrap_or(false) => {}
            Ok(Some(one)) => {
                let recipient = one.to_recipient(&key);
                sink(Stranger { anchor: Some(one.anchor), key: Some(key), recipient })?;
            }
            Err(error) => unreadable.push((key, error)),
        }
    }
    if unreadable.is_empty() {
        return Ok(());
    }
    let index = index::read(folder);
    for (key, error) in unreadable {
        let anchor = index.as_ref().map(|index| index.get(&format!("{key}.json")).cloned());
        // Where the index can't be read either, nobody can say that it is not ours.
        if anchor != Some(None) {
            sink(Stranger { anchor: anchor.flatten(), key: Some(key), recipient: Err(error) })?;
        }
    }
    Ok(())
}

/// Whether somebody who can't be read is selected: all that is known is the name of the file.
pub(super) fn is_named(selection: &Selection, key: Option<&str>) -> bool {
    match (selection, key) {
        (Selection::All, _) => true,
        (Selection::Identities(names), Some(key)) => {
            names.iter().any(|name| same_in_any_case(name, key) || same_in_any_case(&name::of(name), key))
        }
        (Selection::Matching(patterns), Some(key)) => patterns.iter().any(|pattern| pattern.matches(key)),
        (Selection::Identities(_) | Selection::Matching(_), None) => false,
    }
}
