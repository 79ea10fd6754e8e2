//! Whether a profile publishes where it did before: told by who is there, not by how the profile spells it. A tenant has
//! many names and may be renamed, and a folder has many paths; what was published there has to go from there.

use std::path::{Component, Path, PathBuf};

use super::{first_contact, job::Job, organisation};
use crate::{
    error::Result,
    event::LogLevel,
    model::counted,
    profile::Profile,
    state::State,
    targets::{self, Match, TargetQuery},
};

/// The setting with the target as the profile named it when it was met first.
const TARGET: &str = "target";
/// So many recipients are looked for at a time, few enough that nobody is listed for them, and so many in all.
const LOOKED_FOR: usize = 20;
const MOST_LOOKED_FOR: usize = 100;

/// The name under which the state knows the profile's target: another spelling of it changes nothing.
pub(super) fn known_as(job: &Job<'_>) -> Result<String> {
    Ok(job.state.setting(TARGET)?.unwrap_or_else(|| job.profile.target_text()))
}

/// How many recipients have something published at the target that the profile has now, by whatever name.
pub(crate) fn published(state: &State, profile: &Profile) -> Result<u64> {
    match state.setting(TARGET)? {
        Some(known) if parts(&known).0 == parts(&profile.target_text()).0 => state.recipients_with_managed(),
        _ => Ok(0),
    }
}

/// Another target knows nothing of what was published at the old one; that stays as it is. Of another organisation under
/// the same kind of target nobody has said that it is meant: fails with `OtherOrganization`.
pub(super) fn notice(job: &mut Job<'_>) -> Result<()> {
    let now = job.profile.target_text();
    let before = job.state.setting(TARGET)?;
    match before.filter(|before| *before != now) {
        None => job.state.set_setting(TARGET, &now)?,
        Some(before) if is_same(job, &before, &now)? => {
            job.verbose(format!("'{now}' is the target that was '{before}' before."))?;
        }
        Some(before) => {
            forget(job, &before, &now)?;
            job.state.set_setting(TARGET, &now)?;
            organisation::forget(job.state)?;
        }
    }
    organisation::check(job)
}

/// Whether two names are of one target. Fails with `OtherOrganization` where another tenant was named, and as the target
/// does: what it does not answer is not decided.
fn is_same(job: &mut Job<'_>, before: &str, now: &str) -> Result<bool> {
    let (old_kind, old_place) = parts(before);
    let (kind, place) = parts(now);
    if organisation::tells(job) && is_exchange(old_kind) {
        if organisation::is_remembered(job.state)? {
            // Who names another kind of target has said that another organisation may be meant.
            return if kind == old_kind {
                organisation::check(job).map(|()| true)
            } else {
                organisation::is_remembered_one(job)
            };
        }
        let same = shows_links(job)?;
        if same {
            organisation::keep(job)?;
        }
        return Ok(same);
    }
    match kind == old_kind {
        true if kind == "Folder" => Ok(is_one_folder(Path::new(old_place), Path::new(place))),
        // One server of a directory or another.
        true => shows_links(job),
        false => Ok(false),
    }
}

fn parts(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

fn is_exchange(kind: &str) -> bool {
    matches!(kind, "ExchangeOnline" | "ExchangeSession")
}

/// Whether the target has anybody for whom something was published, under the very key that was kept: keys of Exchange and
/// of a directory are of one object for ever. Fails as the target does, also where it could read none of them.
fn shows_links(job: &mut Job<'_>) -> Result<bool> {
    let (mut after, mut looked_for) = (String::new(), 0);
    let mut unread = None;
    while looked_for < MOST_LOOKED_FOR {
        let page = job.state.published_after(&after, LOOKED_FOR)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.target);
        let mut known = Vec::with_capacity(page.len());
        for one in page.into_iter().filter(|one| !one.managed.is_empty()) {
            if let Some(recipient) = job.state.recipient(&one.anchor)? {
                known.push((one, recipient));
            }
        }
        looked_for += known.len();
        let queries: Vec<TargetQuery<'_>> = known
            .iter()
            .map(|(one, recipient)| TargetQuery {
                anchor: &one.anchor,
                former: &[],
                recipient,
                link: Some(&one.target),
                thorough: false,
                fresh: false,
            })
            .collect();
        if queries.is_empty() {
            continue;
        }
        let matches = job.target.read(&queries, job.context)?;
        for ((one, _), found) in known.iter().zip(matches) {
            match found.map(Match::by_link) {
                Ok(Match::One(found) | Match::Excluded(_, Some(found)))
                    if targets::keys_of_same(&found.key).contains(&one.target) =>
                {
                    return Ok(true);
                }
                Ok(_) => {}
                Err(error) => unread = Some(error),
            }
        }
    }
    unread.map_or(Ok(false), Err)
}

/// Whether two paths are of one folder, whether it is there or not.
fn is_one_folder(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize();
    match (real(one), real(other)) {
        (Ok(one), Ok(other)) => one == other,
        // Of a folder that is not there, or can't be reached, the names alone tell.
        _ => spelt(one) == spelt(other),
    }
}

/// A path without what makes no difference to its meaning.
fn spelt(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    match cfg!(windows) {
        true => plain.to_string_lossy().to_lowercase().into(),
        false => plain,
    }
}

fn forget(job: &Job<'_>, before: &str, now: &str) -> Result<()> {
    // Who is only linked has nothing there by now.
    let published = job.state.recipients_with_managed()?;
    job.state.forget_target(job.now)?;
    first_contact::forget(job.state)?;
    if published == 0 {
        return Ok(());
    }
    let what = format!(
        "The target was '{before}' and is '{now}' now; what was published for {} there stays.",
        counted(published, "recipient", "recipients")
    );
    job.context.log(LogLevel::Warning, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_whatever_its_path_looks_like() {
        let home = tempfile::tempdir().unwrap();
        let (there, absent) = (home.path().join("there"), home.path().join("absent"));
        std::fs::create_dir_all(there.join("below")).unwrap();
        let other = |path: &Path, end: &str| PathBuf::from(format!("{}{end}", path.display()));
        for (one, two, same) in [
            (there.clone(), other(&there, "/"), true),
            (there.clone(), other(&there, "/./"), true),
            (there.clone(), other(&there, "/below/.."), true),
            (there.clone(), there.join("below"), false),
            (absent.clone(), other(&absent, "/"), true),
            (absent.clone(), other(&absent, "/."), true),
            (absent, there, false),
        ] {
            assert_eq!(is_one_folder(&one, &two), same, "{} {}", one.display(), two.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_that_folder() {
        let home = tempfile::tempdir().unwrap();
        let (there, link) = (home.path().join("there"), home.path().join("link"));
        std::fs::create_dir(&there).unwrap();
        std::os::unix::fs::symlink(&there, &link).unwrap();
        assert!(is_one_folder(&there, &link));
    }
}
