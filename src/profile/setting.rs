//! What a setting is, and which values it takes.

use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{attribute_map::AttributeMap, proxy::ProxySetting, web_address::origin};

/// A setting of a profile, as the table has it.
pub struct Setting {
    /// Its name in JSON, and as a parameter in PowerShell.
    pub name: &'static str,
    /// What it is for, in sentences.
    pub help: &'static str,
    /// Which values it takes.
    pub values: Values,
    /// Whether it takes any number of them.
    pub list: bool,
    /// Whether a profile with its source or target must have it.
    pub required: bool,
    /// The values of its type, where the table says nothing closer.
    of_type: Values,
    default: fn() -> Option<Json>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

/// The values of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Any text.
    Text,
    /// A GUID, in any of its written forms.
    Guid,
    /// The SHA-1 of a certificate, in hexadecimal digits.
    Thumbprint,
    /// Letters and digits.
    Word,
    /// The address of a service, by HTTPS.
    Address,
    /// A proxy's address, `System` or `None`.
    Proxy,
    /// An absolute path.
    Path,
    /// A whole number.
    Number {
        /// The smallest that is allowed.
        least: u64,
        /// The greatest that is allowed; [`UNLIMITED`] where there is no limit.
        most: u64,
    },
    /// A period in whole seconds; in PowerShell a TimeSpan, too.
    Seconds {
        /// The shortest that is allowed.
        least: u64,
        /// The longest that is allowed; [`UNLIMITED`] where there is no limit.
        most: u64,
    },
    /// True or false.
    Switch,
    /// The directory's names of attributes by ours: a hashtable in PowerShell.
    Map,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// The settings of an additional source; [`AdditionalSource`](super::AdditionalSource) says which.
    Source,
}

/// As many as PowerShell's `[int]` can count: a number without an upper limit of its own.
pub const UNLIMITED: u64 = 2_147_483_647;

impl Setting {
    pub(super) const fn new<T: SettingType>(
        name: &'static str,
        help: &'static str,
        values: Values,
        required: bool,
        default: fn() -> Option<Json>,
    ) -> Self {
        Self {
            name,
            help,
            values,
            list: T::LIST,
            required,
            of_type: T::VALUES,
            default,
            schema: SchemaGenerator::subschema_for::<T>,
        }
    }

    /// The value that stands for none given; `None` where there is no such value.
    pub fn default_value(&self) -> Option<Json> {
        (self.default)()
    }

    /// The type in JSON.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let mut schema = (self.schema)(generator);
        if let Values::Number { least, most } | Values::Seconds { least, most } = self.values {
            schema.insert("minimum".into(), least.into());
            schema.insert("maximum".into(), most.into());
        }
        schema
    }

    /// The type in JSON, with what the setting is for.
    pub(super) fn described_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let mut schema = self.schema(generator);
        schema.insert("description".into(), self.described().into());
        schema
    }

    /// What is wrong with a value, as a sentence's part that says what to give instead.
    pub(super) fn refusal(&self, value: &Json) -> Option<String> {
        if let (Values::Proxy, Json::String(text)) = (self.values, value) {
            // The value may hold a password.
            return ProxySetting::parse(text).err();
        }
        if let (Values::Address, Json::String(text)) = (self.values, value) {
            return origin(text).err().map(|what| format!("-{} {what}", self.name));
        }
        if let (Values::Map, Json::Object(fields)) = (self.values, value) {
            return AttributeMap::parse(fields).err().map(|what| format!("-{} {what}", self.name));
        }
        let (wrong, wanted) = match value {
            Json::Array(items) if self.list => {
                (items.iter().find(|item| !self.values.include(item))?, self.values.describe())
            }
            one if self.list => (one, self.values.describe_list()),
            one if self.values.include(one) => return None,
            one => match self.values {
                // Only there does the limit of all numbers matter to anybody.
                Values::Number { least, most } if one.as_f64().is_some_and(|one| one > most as f64) => {
                    (one, format!("{least} to {most}"))
                }
                values => (one, values.describe()),
            },
        };
        Some(format!("-{} is {}; give {wanted}", self.name, shown(wrong)))
    }

    /// The same of a value that a file has kept: earlier versions took forms and greater numbers that nobody is
    /// offered now, and such a profile goes on working.
    pub(super) fn refusal_in_file(&self, value: &Json) -> Option<String> {
        match (self.values, value) {
            (Values::Guid | Values::Thumbprint | Values::Word | Values::Address, Json::String(_)) => None,
            (Values::Number { least, .. } | Values::Seconds { least, .. }, Json::Number(number))
                if matches!(self.of_type, Values::Number { most: UNLIMITED, .. }) =>
            {
                let greater = number.as_u64().is_some_and(|number| number >= least);
                if greater { None } else { self.refusal(value) }
            }
            _ => self.refusal(value),
        }
    }

    /// The value as the table writes it: the names of a choice or a map, which PowerShell takes in any case, and one for a list
    /// as a list of one, as files have it of settings that took one only in earlier versions.
    pub(super) fn canonical(&self, value: &Json) -> Json {
        match (self.list, self.values, value) {
            (true, _, Json::String(_)) | (true, Values::Source, Json::Object(_)) => {
                Json::Array(vec![self.canonical_one(value)])
            }
            _ => self.canonical_one(value),
        }
    }

    fn canonical_one(&self, value: &Json) -> Json {
        if let (Values::Map, Json::Object(fields)) = (self.values, value) {
            let map = AttributeMap::parse(fields).ok();
            return map.as_ref().and_then(json).unwrap_or_else(|| value.clone());
        }
        let Values::Choice(names) = self.values else { return value.clone() };
        let named = |text: &str| names.iter().find(|name| name.eq_ignore_ascii_case(text));
        match value {
            Json::String(text) => named(text).map_or_else(|| value.clone(), |name| Json::from(*name)),
            Json::Array(items) => items.iter().map(|item| self.canonical_one(item)).collect(),
            other => other.clone(),
        }
    }
}

impl Values {
    fn include(&self, value: &Json) -> bool {
        match (self, value) {
            (Self::Number { least, most } | Self::Seconds { least, most }, Json::Number(number)) => {
                number.as_u64().is_some_and(|number| (*least..=*most).contains(&number))
            }
            (Self::Switch, Json::Bool(_)) | (Self::Source, Json::Object(_)) => true,
            (Self::Map, Json::Object(fields)) => AttributeMap::parse(fields).is_ok(),
            (_, Json::String(text)) => self.include_text(text),
            _ => false,
        }
    }

    fn include_text(&self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Address => origin(text).is_ok(),
            Self::Proxy => ProxySetting::parse(text).is_ok(),
            Self::Guid => Uuid::try_parse(text).is_ok(),
            // What Windows' dialogs put between the digits is skipped.
            Self::Thumbprint => {
                let digits: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
                digits.len() == 40 && digits.iter().all(char::is_ascii_hexdigit)
            }
            Self::Word => text.chars().all(|c| c.is_ascii_alphanumeric()),
            Self::Path => Path::new(text).is_absolute(),
            Self::Choice(names) => names.contains(&text),
            Self::Number { .. } | Self::Seconds { .. } | Self::Switch | Self::Map | Self::Source => false,
        }
    }

    /// What to give, such as `1 to 65535`.
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "a text".into(),
            Self::Guid => "a GUID".into(),
            Self::Thumbprint => "the 40 hexadecimal digits of a SHA-1".into(),
            Self::Word => "letters and digits only".into(),
            Self::Address => "an address that begins with 'https://'".into(),
            Self::Proxy => "'System', 'None' or the address of a proxy".into(),
            Self::Path => "an absolute path".into(),
            Self::Number { least, most: UNLIMITED } => format!("{least} or more"),
            Self::Number { least, most } => format!("{least} to {most}"),
            Self::Seconds { least, most: UNLIMITED } => format!("{least} or more whole seconds"),
            Self::Seconds { least, most } => format!("{least} to {most} whole seconds"),
            Self::Switch => "true or false".into(),
            Self::Map => "names of attributes by name, such as @{ mail = 'rfc822Mailbox' }".into(),
            Self::Choice(names) => listed(names, "or"),
            Self::Source => "a hashtable with the settings of a directory".into(),
        }
    }

    fn describe_list(&self) -> String {
        match self {
            Self::Text => "a list of texts".into(),
            Self::Path => "a list of absolute paths".into(),
            other => format!("a list of {}", other.describe()),
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn listed(names: &[impl AsRef<str>], word: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        Some((only, _)) => (*only).to_owned(),
        None => String::new(),
    }
}

/// A value as messages show it; a long one is cut.
fn shown(value: &Json) -> String {
    const MOST: usize = 80;
    let whole = match value {
        Json::String(text) => format!("'{text}'"),
        other => other.to_string(),
    };
    if whole.chars().count() <= MOST {
        whole
    } else {
        whole.chars().take(MOST).chain("…".chars()).collect()
    }
}

/// A type that holds a setting.
pub(super) trait SettingType: Serialize + DeserializeOwned + JsonSchema {
    /// Its values, where the table says nothing closer.
    const VALUES: Values;
    /// Whether it holds any number of them.
    const LIST: bool = false;
}

impl SettingType for String {
    const VALUES: Values = Values::Text;
}

impl SettingType for PathBuf {
    const VALUES: Values = Values::Path;
}

impl SettingType for ProxySetting {
    const VALUES: Values = Values::Proxy;
}

impl SettingType for AttributeMap {
    const VALUES: Values = Values::Map;
}

impl SettingType for bool {
    const VALUES: Values = Values::Switch;
}

impl SettingType for u8 {
    const VALUES: Values = Values::Number { least: 0, most: u8::MAX as u64 };
}

impl SettingType for u16 {
    const VALUES: Values = Values::Number { least: 0, most: u16::MAX as u64 };
}

impl SettingType for u32 {
    const VALUES: Values = Values::Number { least: 0, most: UNLIMITED };
}

impl<T: SettingType> SettingType for Option<T> {
    const VALUES: Values = T::VALUES;
}

impl<T: SettingType> SettingType for Vec<T> {
    const VALUES: Values = T::VALUES;
    const LIST: bool = true;
}

macro_rules! choices {
    ($( $name:ident )*) => { $(
        impl SettingType for super::choice::$name {
            const VALUES: Values = Values::Choice(<Self as strum::VariantNames>::VARIANTS);
        }
    )* };
}

choices! { Authentication Encryption Tls ExchangeEnvironment Ownership Drift RemovableValue PolicyName SelectionName DisabledAccount }

/// A value in JSON; `None` where it stands for nothing.
pub(super) fn json(value: &impl Serialize) -> Option<Json> {
    serde_json::to_value(value)
        .ok()
        .filter(|json| !matches!(json, Json::Null))
        .filter(|json| json.as_array().is_none_or(|items| !items.is_empty()))
        .filter(|json| json.as_object().is_none_or(|fields| !fields.is_empty()))
}
