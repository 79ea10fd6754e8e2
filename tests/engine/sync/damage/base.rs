//! A profile with a history of some hundred people, whose state is damaged again and again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use smime_sync::{
    error::Error,
    model::{Recipient, RunResult},
};

use crate::sync::harness::{Fault, Harness, person, tree};

/// Names and what they have in the source.
pub type People = BTreeMap<String, Vec<String>>;

pub fn recipients(people: &People) -> Vec<Recipient> {
    let person = |(name, words): (&String, &Vec<String>)| {
        person(name, &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    people.iter().map(person).collect()
}

pub fn people() -> People {
    let words = |n: u32| match n % 10 {
        0 => vec![],
        1 => vec![format!("bad{n}")],
        2 => vec![format!("old{n}@10"), format!("w{n}")],
        3 => vec![format!("w{n}@{}", 1_000_000 + 400 * 86_400), format!("v{n}")],
        _ => vec![format!("w{n}")],
    };
    (0..100).map(|n| (format!("p{n:02}"), words(n))).collect()
}

/// New values, in front of the old ones: a state that is lost adopts those, and takes them back.
pub fn renewed(people: &People, every: usize) -> People {
    let renew = |(n, (name, words)): (usize, (&String, &Vec<String>))| {
        let mut words = words.clone();
        if n % every == 0 {
            words.insert(0, format!("new{every}x{n}"));
        }
        (name.clone(), words)
    };
    people.iter().enumerate().map(renew).collect()
}

/// A profile with a history; its files, to begin from again and again.
pub struct Base {
    pub harness: Harness,
    pub people: People,
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Base {
    pub fn new() -> Self {
        let mut people = people();
        let mut harness = Harness::new(recipients(&people));
        harness.batch = 20;
        harness.profile.limits.removal_percent = 100;
        harness.faults = vec![Fault::Refuses("p05@contoso.test".into())];
        harness.run().ok();
        harness.faults.clear();
        people = renewed(&people, 7);
        harness.source.recipients = recipients(&people);
        harness.now += 2 * 86_400;
        assert_eq!(harness.run().ok().result, RunResult::Success);
        let files = tree(harness.home.path());
        Self { harness, people, files }
    }

    /// The same, left behind by a process that was killed in the middle of its export.
    pub fn killed() -> Self {
        let mut base = Self::new();
        base.people = renewed(&base.people, 3);
        base.harness.source.recipients = recipients(&base.people);
        let copy = base.harness.home.path().join("copy");
        for folder in ["state", "out"] {
            let (from, to) = (base.harness.home.path().join(folder), copy.join(folder));
            base.harness.faults.push(Fault::Copies(1, from, to));
        }
        base.harness.run().ok();
        base.harness.faults.clear();
        let home = base.harness.home.path();
        let back = |(path, bytes): (PathBuf, Vec<u8>)| (home.join(path.strip_prefix(&copy).unwrap()), bytes);
        base.files = tree(&copy).into_iter().map(back).collect();
        fs::remove_dir_all(&copy).unwrap();
        assert!(base.files.keys().any(|path| path.ends_with("corp.db-wal")), "{:?}", base.files.keys());
        base
    }

    /// The same without its state: a run adopts what is published.
    pub fn lost() -> Self {
        let mut base = Self::new();
        base.files.retain(|path, _| !path.to_string_lossy().contains("corp.db"));
        base
    }

    pub fn restore(&mut self) {
        for folder in ["state", "out"] {
            fs::remove_dir_all(self.harness.home.path().join(folder)).unwrap();
            fs::create_dir(self.harness.home.path().join(folder)).unwrap();
        }
        for (path, bytes) in &self.files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        for folder in ["state", "out"] {
            private(&self.harness.home.path().join(folder));
        }
        self.harness.source.recipients = recipients(&self.people);
    }

    /// The files beside the state that were kept aside.
    pub fn kept(&self) -> Vec<PathBuf> {
        let is_kept = |path: &PathBuf| path.to_string_lossy().contains(".corrupt-");
        tree(&self.harness.home.path().join("state")).into_keys().filter(is_kept).collect()
    }

    /// Everything that is published is what the people's first usable value is, and nothing else is there.
    pub fn assert_published(&self, people: &People, what: &str) {
        for (name, words) in people {
            let usable = words.iter().find(|word| !word.starts_with("bad") && !word.ends_with("@10"));
            let wanted: Vec<String> = usable.into_iter().cloned().collect();
            assert_eq!(self.harness.published(name), wanted, "{what}: {name}");
        }
        let json = tree(&self.harness.out())
            .into_keys()
            .filter(|path| path.extension().is_some_and(|e| e == "json"));
        let wanted = people.keys().filter(|name| !self.harness.published(name).is_empty()).count();
        assert_eq!(json.count(), wanted + 1, "{what}: one file each, and the index");
    }

    /// After the source changed once more: what the state holds now is good to work with.
    pub fn assert_goes_on(&mut self, what: &str) {
        let mut people = renewed(&self.people, 5);
        people.remove("p14");
        people.insert("p03".into(), vec!["gone bad".replace("gone ", "")]);
        people.insert("q".into(), vec!["q".into()]);
        self.harness.source.recipients = recipients(&people);
        self.harness.source.presences.insert("id-p14".into(), smime_sync::directory::Presence::Deleted);
        let run = self.harness.run();
        assert_eq!(run.ok().result, RunResult::Success, "{what}");
        people.insert("p14".into(), vec![]);
        self.assert_published(&people, what);
        self.harness.source.presences.clear();
    }
}

pub fn private(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// Where the damage is kept, by the message.
pub fn kept_by(error: &Error) -> PathBuf {
    let (_, kept) = error.message.split_once(" It is kept as '").unwrap_or_else(|| panic!("{error}"));
    PathBuf::from(kept.trim_end_matches("'."))
}
