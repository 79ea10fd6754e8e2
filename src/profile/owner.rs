//! Which sources and targets a setting belongs to.

use super::{
    SourceKind, TargetKind,
    setting::{Setting, listed},
};

impl Setting {
    /// The sources that have it; none and no targets: every profile has it.
    pub fn sources(&self) -> Vec<SourceKind> {
        SourceKind::ALL.iter().copied().filter(|kind| kind.has(self)).collect()
    }

    /// The targets that have it.
    pub fn targets(&self) -> Vec<TargetKind> {
        TargetKind::ALL.iter().copied().filter(|kind| kind.has(self)).collect()
    }

    /// The sources and targets that have it, as messages name them.
    pub(super) fn owners(&self) -> String {
        let named = |what: &str, names: Vec<String>| match names.len() {
            0 => None,
            1 => Some(format!("the {what} {}", listed(&names, "and"))),
            _ => Some(format!("the {what}s {}", listed(&names, "and"))),
        };
        let sources = named("source", self.sources().iter().map(|kind| format!("{kind:?}")).collect());
        let targets = named("target", self.targets().iter().map(|kind| format!("{kind:?}")).collect());
        listed(&sources.into_iter().chain(targets).collect::<Vec<_>>(), "and")
    }

    /// Its help, after the sources and targets that have it, as Markdown.
    pub fn described(&self) -> String {
        let sources = self.sources().into_iter().map(|kind| format!("`{kind:?}`"));
        let targets = self.targets().into_iter().map(|kind| match kind {
            // The names that sources have, too.
            TargetKind::ActiveDirectory | TargetKind::Ldif | TargetKind::Directory => {
                format!("`{kind:?}` as the target")
            }
            _ => format!("`{kind:?}`"),
        });
        let owners: Vec<String> = sources.chain(targets).collect();
        match (owners.is_empty(), self.required) {
            (true, _) => self.help.to_owned(),
            (false, false) => format!("{}: {}", owners.join(", "), self.help),
            (false, true) => format!("{}: {} Required there.", owners.join(", "), self.help),
        }
    }
}
