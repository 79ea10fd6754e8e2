//! Sources of a profile besides its first: directories whose recipients are read in the same run, such as other forests.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::{
    ActiveDirectorySettings, DirectorySettings, SOURCE, Settings, Source, SourceKind, all_settings,
    read::{faults_of, sentences},
    reader::Reader,
    setting::{Setting, SettingType, Values},
    writer::Writer,
};

/// One more directory that a profile reads. Its JSON is flat, as the profile's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings", into = "Settings")]
pub struct AdditionalSource(Source);

/// What a directory has as the profile's own source alone.
const OF_THE_FIRST: [&Setting; 4] = [
    &DirectorySettings::AdditionalSource,
    &DirectorySettings::EnumerationPeriod,
    &ActiveDirectorySettings::WriteServer,
    &ActiveDirectorySettings::QuietPeriod,
];

/// The kinds that it can be.
const KINDS: [SourceKind; 2] = [SourceKind::ActiveDirectory, SourceKind::Directory];

impl AdditionalSource {
    /// The directory.
    pub fn source(&self) -> &Source {
        &self.0
    }

    /// The settings that it can have, besides which directory it is.
    fn settings() -> impl Iterator<Item = &'static Setting> {
        all_settings()
            .filter(|setting| KINDS.iter().any(|kind| kind.has(setting)) && !is_of_the_first(setting))
    }
}

fn is_of_the_first(setting: &Setting) -> bool {
    OF_THE_FIRST.iter().any(|one| one.name == setting.name)
}

impl TryFrom<Settings> for AdditionalSource {
    type Error = String;

    /// Fails with sentences that name every setting that is missing, wrong or without effect.
    fn try_from(settings: Settings) -> Result<Self, String> {
        let mut reader = Reader::new(&settings, &|_| true);
        let source = reader.additional_source();
        match source {
            Some(source) if reader.faults.is_empty() => Ok(Self(source)),
            _ => Err(sentences(&reader.faults)),
        }
    }
}

impl Reader<'_> {
    fn additional_source(&mut self) -> Option<Source> {
        let kind = self.of("an additional source", |reader| reader.read::<SourceKind>(&SOURCE, None))?;
        if !KINDS.contains(&kind) {
            self.faults.push(format!("an additional source is ActiveDirectory or Directory, not {kind:?}"));
            return None;
        }
        let source = self.of(&format!("the additional source {kind:?}"), |reader| kind.read(reader))?;
        let given =
            |setting: &Setting| is_of_the_first(setting) || !kind.has(setting) && setting.name != SOURCE.name;
        let without_effect: Vec<String> = self
            .given_where(given)
            .map(|name| format!("-{name} is no setting of an additional source"))
            .collect();
        self.faults.extend(without_effect);
        self.faults.extend(faults_of(&source));
        self.refuse_unquoted();
        if source.directory().is_some_and(|directory| directory.server.is_empty()) {
            self.faults.push(format!("the additional source {kind:?} needs -Server"));
        }
        Some(source)
    }
}

impl From<AdditionalSource> for Settings {
    /// The settings that differ from their defaults.
    fn from(AdditionalSource(source): AdditionalSource) -> Self {
        let mut writer = Writer::default();
        writer.put(&SOURCE, &source.kind());
        source.write(&mut writer);
        let mut written = writer.0;
        let differs = |setting: &'static Setting| {
            let value = written
                .remove(setting.name)
                .filter(|value| setting.default_value().as_ref() != Some(value))?;
            Some((setting.name.to_owned(), value))
        };
        Self::of(all_settings().filter_map(differs).collect())
    }
}

impl SettingType for AdditionalSource {
    const VALUES: Values = Values::Source;
}

impl JsonSchema for AdditionalSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AdditionalSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties: Map<_, _> = std::iter::once(&SOURCE)
            .chain(Self::settings())
            .map(|setting| (setting.name.to_owned(), setting.described_schema(generator).into()))
            .collect();
        let mut schema = Schema::default();
        schema.insert(
            "description".into(),
            "One more directory that a profile reads, such as another forest. What is not given has the default that the \
             setting has for the profile's own source."
                .into(),
        );
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), properties.into());
        schema.insert("required".into(), json!([SOURCE.name, DirectorySettings::Server.name]));
        schema.insert("additionalProperties".into(), false.into());
        schema
    }
}
