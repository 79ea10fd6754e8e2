//! Takes settings out of the flat form, one by one, and keeps everything that is wrong.

use std::fmt::Debug;

use serde_json::Value as Json;

use super::{
    NAME,
    flat::Settings,
    setting::{Setting, SettingType, listed},
};

/// Takes settings out of the flat form, and keeps what is wrong with them.
pub(super) struct Reader<'a> {
    given: &'a Settings,
    /// Which settings the caller asks for now; the others come from a file.
    asked: &'a dyn Fn(&str) -> bool,
    used: Vec<&'static str>,
    missing: Vec<String>,
    pub(super) faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(given: &'a Settings, asked: &'a dyn Fn(&str) -> bool) -> Self {
        Self { given, asked, used: Vec::new(), missing: Vec::new(), faults: Vec::new() }
    }

    /// The profile's name; empty where it has none.
    pub(super) fn name(&mut self) -> &'a str {
        self.used.push(NAME.name);
        self.given.name()
    }
}

impl Reader<'_> {
    /// The value of a setting; `default` where none is given. `None` where it is wrong, or required and missing.
    pub(super) fn read<T: SettingType>(
        &mut self,
        setting: &'static Setting,
        default: Option<T>,
    ) -> Option<T> {
        let again = self.used.contains(&setting.name);
        self.used.push(setting.name);
        let Some(value) = self.given.get(setting) else {
            if default.is_none() {
                self.missing.push(format!("-{}", setting.name));
            }
            return default;
        };
        let value = setting.canonical(value);
        let asked = (self.asked)(setting.name);
        let refusal = if asked { setting.refusal(&value) } else { setting.refusal_in_file(&value) };
        let fault = match refusal {
            Some(fault) => fault,
            None => match serde_json::from_value(value) {
                Ok(value) => return Some(value),
                Err(error) => format!("-{} can't be read: {error}", setting.name),
            },
        };
        if !again {
            self.faults.push(fault);
        }
        None
    }

    /// Reads what belongs to `owner`, and tells in one sentence everything that it needs and does not get.
    pub(super) fn of<T>(&mut self, owner: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let done = read(self);
        let missing = std::mem::take(&mut self.missing);
        if !missing.is_empty() {
            self.faults.push(format!("{owner} needs {}", listed(&missing, "and")));
        }
        done
    }

    /// What is given without effect: settings of other sources or targets, and empty texts and lists.
    pub(super) fn ignored(&self) -> Settings {
        self.given.without(|setting| {
            let has_effect = self.used.contains(&setting.name) && self.given.get(setting).is_some();
            let raw = self.given.raw(setting).filter(|value| !value.is_null());
            has_effect || setting.default_value().as_ref() == raw
        })
    }

    /// What is given for a setting, where the caller asks for it now.
    pub(super) fn asked_for(&self, setting: &Setting) -> Option<&Json> {
        self.given.get(setting).filter(|_| (self.asked)(setting.name))
    }

    /// The names of the settings that are given and for which `is_it` holds.
    pub(super) fn given_where(&self, is_it: impl Fn(&Setting) -> bool) -> impl Iterator<Item = &'static str> {
        self.given.given().filter(move |(setting, _)| is_it(setting)).map(|(setting, _)| setting.name)
    }

    /// Tells of settings that belong to other sources or targets. One that says what it says anyway does no harm.
    pub(super) fn refuse_foreign(&mut self, source: &impl Debug, target: &impl Debug) {
        let foreign = |(setting, value): &(&'static Setting, &Json)| {
            !self.used.contains(&setting.name)
                && (self.asked)(setting.name)
                && setting.default_value().as_ref() != Some(*value)
        };
        let told = |(setting, _): (&Setting, &Json)| {
            format!(
                "-{} has no effect with the source {source:?} and the target {target:?}; it belongs to {}",
                setting.name,
                setting.owners()
            )
        };
        let told: Vec<String> = self.given.given().filter(foreign).map(told).collect();
        self.faults.extend(told);
    }
}
