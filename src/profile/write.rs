//! From a profile to its flat form.

use serde_json::Value as Json;

use super::{
    NAME, Profile, SOURCE, Settings, TARGET, all_settings, group::Group, setting::Setting, writer::Writer,
};

/// The settings of a profile; those that its source and target don't have, and those that say what they say anyway,
/// are left out where `keep` says so of them, with their default.
fn settings(profile: &Profile, keep: impl Fn(&Setting, Option<Json>) -> Option<Json>) -> Settings {
    let mut writer = Writer::default();
    writer.put(&NAME, &profile.name);
    writer.put(&SOURCE, &profile.source().kind());
    writer.put(&TARGET, &profile.target.kind());
    profile.source().write(&mut writer);
    profile.target.write(&mut writer);
    profile.trust.write(&mut writer);
    profile.policy.write(&mut writer);
    profile.limits.write(&mut writer);
    let mut written = writer.0;
    let kept = all_settings().filter_map(|setting| {
        let value = keep(setting, written.remove(setting.name))?;
        Some((setting.name.to_owned(), value))
    });
    Settings::of(kept.collect())
}

impl Profile {
    /// Every setting that has a value, also those that its source and target don't have, with their defaults: what
    /// callers are shown.
    pub fn shown(&self) -> Settings {
        settings(self, |setting, value| value.or_else(|| setting.default_value()))
    }

    /// The settings that differ from their defaults: what a file keeps.
    pub fn kept(&self) -> Settings {
        settings(self, |setting, value| value.filter(|value| setting.default_value().as_ref() != Some(value)))
    }
}
