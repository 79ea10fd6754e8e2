//! Collects settings by name.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::setting::{Setting, json};

/// Collects the settings of a profile.
#[derive(Default)]
pub(super) struct Writer(pub(super) Map<String, Json>);

impl Writer {
    pub(super) fn put(&mut self, setting: &Setting, value: &impl Serialize) {
        if let Some(json) = json(value) {
            self.0.insert(setting.name.to_owned(), json);
        }
    }
}
