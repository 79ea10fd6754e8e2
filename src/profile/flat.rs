//! The flat form of a profile: its settings by name, as files and requests have them.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value as Json, json};

use super::{NAME, Profile, SOURCE, TARGET, all_settings, setting::Setting};

/// Settings by name, whatever their values. No name is unknown, and none stands for nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Settings(Map<String, Json>);

impl Settings {
    pub(super) fn of(settings: Map<String, Json>) -> Self {
        Self(settings)
    }

    /// The name of the profile; empty where it has none.
    pub fn name(&self) -> &str {
        self.get(&NAME).and_then(Json::as_str).unwrap_or_default()
    }

    /// What is given for a setting. An empty text, list or map is none.
    pub fn get(&self, setting: &Setting) -> Option<&Json> {
        let empty = |value: &Json| match value {
            Json::String(text) => text.is_empty(),
            Json::Array(items) => items.is_empty(),
            Json::Object(fields) => fields.is_empty(),
            other => other.is_null(),
        };
        self.0.get(setting.name).filter(|value| !empty(value))
    }

    /// Gives a setting another value; `null` takes it back to its default.
    /// Fails with a sentence's part for a name that no setting has.
    pub fn set(&mut self, name: &str, value: Json) -> Result<(), String> {
        if !all_settings().any(|setting| setting.name == name) {
            return Err(format!("there is no setting -{name}"));
        }
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// The same without those that `leave_out` names, as they were given.
    pub(super) fn without(&self, leave_out: impl Fn(&Setting) -> bool) -> Self {
        let names: Vec<&str> =
            all_settings().filter(|setting| leave_out(setting)).map(|setting| setting.name).collect();
        let kept = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// What is given for a setting, also where that is an empty text, list or map.
    pub fn raw(&self, setting: &Setting) -> Option<&Json> {
        self.0.get(setting.name)
    }

    /// The settings that are given.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static Setting, &Json)> {
        all_settings().filter_map(|setting| Some((setting, self.get(setting)?)))
    }
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names { former: &[] })
    }
}

/// The settings of a file. What earlier versions kept and nothing needs any more is left out, so that the next save
/// drops it.
pub(crate) struct KeptSettings(pub(crate) Settings);

impl<'de> Deserialize<'de> for KeptSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names { former: FORMER }).map(Self)
    }
}

/// Settings of earlier versions: how bytes are sent to Exchange Online is found out now.
const FORMER: &[&str] = &["ByteEncoding"];

/// Reads an object, and lets no name pass that is unknown or comes twice.
struct Names {
    /// Names that are left out.
    former: &'static [&'static str],
}

impl<'de> Visitor<'de> for Names {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of a profile")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut settings = Settings::default();
        while let Some(name) = map.next_key::<String>()? {
            if self.former.contains(&name.as_str()) {
                map.next_value::<serde::de::IgnoredAny>()?;
                continue;
            }
            if !all_settings().any(|setting| setting.name == name) {
                return Err(A::Error::custom(format_args!(
                    "unknown field `{name}`, which is no setting of a profile"
                )));
            }
            if settings.0.insert(name.clone(), map.next_value()?).is_some() {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
        }
        Ok(settings)
    }
}

impl JsonSchema for Profile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Profile".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        for setting in all_settings() {
            let mut schema = setting.described_schema(generator);
            if let Some(default) = setting.default_value() {
                schema.insert("default".into(), default);
            }
            properties.insert(setting.name.to_owned(), schema.into());
        }
        let mut schema = Schema::default();
        schema.insert("description".into(), "A named configuration: source, target, policy, limits.".into());
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), Json::Object(properties));
        schema.insert("required".into(), json!([NAME.name, SOURCE.name, TARGET.name]));
        schema.insert("additionalProperties".into(), false.into());
        schema
    }
}
