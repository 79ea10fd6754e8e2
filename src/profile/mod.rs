//! Profiles: named configurations. No secret is in them.
//!
//! ```text
//! file, request ─▶ Settings (by name, flat) ─▶ Profile (typed: nothing is missing)
//!                        ▲   settings: the one table      │
//!                        └────────────────────────────────┘
//! ```

mod additional;
mod attribute_map;
mod choice;
mod encryption;
mod flat;
mod group;
mod kind;
mod new;
mod owner;
mod proxy;
mod read;
mod reader;
mod setting;
mod settings;
mod sign_in;
mod time_limit;
mod unquoted;
mod web_address;
mod write;
mod writer;

use serde::{Deserialize, Serialize};

pub(crate) use self::flat::KeptSettings;
pub use self::{
    additional::AdditionalSource,
    attribute_map::AttributeMap,
    choice::{
        Authentication, DisabledAccount, Drift, Encryption, ExchangeEnvironment, Ownership, PolicyName,
        RemovableValue, SelectionName, Tls,
    },
    flat::Settings,
    proxy::ProxySetting,
    setting::{Setting, UNLIMITED, Values},
    settings::{
        ActiveDirectorySettings, ConnectionSettings, ContactSettings, DirectorySettings,
        DirectoryTargetSettings, ExchangeOnlineSettings, ExchangeSessionSettings, FileSettings,
        FolderSettings, InPlaceSettings, LdifTargetSettings, LimitSettings, OtherDirectorySettings,
        OutputSettings, PolicySettings, PublicationSettings, SETTINGS, Source, SourceKind, Target,
        TargetKind, TrustSettings,
    },
    sign_in::{ApplicationKey, SignIn},
    web_address::origin,
};
use crate::{
    error::Error,
    model::{Attribute, Named as _, is_device_name},
};

/// A named configuration: source, target, policy, limits. Its JSON is flat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings", into = "Settings")]
pub struct Profile {
    /// Its name: letters (of ASCII), digits, `-`, `_` and `.`; 64 at most; the first a letter or a digit.
    pub name: String,
    /// Where recipients are read; a directory may name additional ones.
    pub sources: [Source; 1],
    /// Where values are published.
    pub target: Target,
    /// Whose certificates are trusted.
    pub trust: TrustSettings,
    /// How certificates are judged and selected.
    pub policy: PolicySettings,
    /// What holds a plan for approval, and how long things are kept.
    pub limits: LimitSettings,
    /// What its file says without effect, such as settings of another source: the next save drops it. The first
    /// version compared it, too, when it looked whether the scope had changed.
    pub ignored: Settings,
}

/// The setting `Name`, by which a profile is known.
pub const NAME: Setting = Setting::new::<String>(
    "Name",
    "The profile's name: letters (a to z, A to Z), digits, '-', '_' and '.', 64 at most; the first is a letter or a digit.",
    Values::Text,
    true,
    || None,
);

/// The setting `Source`, which says which others there are.
pub const SOURCE: Setting = Setting::new::<SourceKind>(
    "Source",
    "Where recipients are read.",
    <SourceKind as setting::SettingType>::VALUES,
    true,
    || None,
);

/// The setting `Target`, which says which others there are.
pub const TARGET: Setting = Setting::new::<TargetKind>(
    "Target",
    "Where values are published.",
    <TargetKind as setting::SettingType>::VALUES,
    true,
    || None,
);

/// All settings: name, source and target, then those of the table.
pub fn all_settings() -> impl Iterator<Item = &'static Setting> {
    [&NAME, &SOURCE, &TARGET].into_iter().chain(SETTINGS.iter().copied())
}

impl TryFrom<Settings> for Profile {
    type Error = Error;

    /// Fails with `ProfileInvalid`, naming every setting that is missing, wrong or without effect.
    fn try_from(settings: Settings) -> Result<Self, Error> {
        Self::from_settings(&settings, &|_| true)
    }
}

impl From<Profile> for Settings {
    fn from(profile: Profile) -> Self {
        profile.shown()
    }
}

impl Profile {
    /// A profile with everything else at its default.
    pub fn new(name: impl Into<String>, source: Source, target: Target) -> Self {
        Self {
            name: name.into(),
            sources: [source],
            target,
            trust: TrustSettings::default(),
            policy: PolicySettings::default(),
            limits: LimitSettings::default(),
            ignored: Settings::default(),
        }
    }

    /// Where recipients are read.
    pub fn source(&self) -> &Source {
        let [source] = &self.sources;
        source
    }

    /// Where recipients are read besides [`Profile::source`].
    pub fn additional_sources(&self) -> &[AdditionalSource] {
        self.source().directory().map(|directory| directory.additional_source.as_slice()).unwrap_or_default()
    }

    /// Which target this is, as the profile says it: another text may mean another place, which knows nothing of what was
    /// published.
    /// States keep it, so that no byte of it may change.
    pub fn target_text(&self) -> String {
        let (kind, place) = match (&self.target, self.source().directory()) {
            (Target::Folder(folder), _) => ("Folder", folder.output.output_path.display().to_string()),
            (Target::Directory(directory), _) => {
                return format!("Directory{} {}", directory.other_attributes(), directory.target_server);
            }
            (Target::Ldif(file), _) => ("Ldif", file.output.output_path.display().to_string()),
            (Target::ExchangeOnline(online), _) => ("ExchangeOnline", online.organization.clone()),
            // Which organisation the caller is connected to is told by nothing that stays the same.
            (Target::ExchangeSession(_), _) => ("ExchangeSession", String::new()),
            (Target::ActiveDirectory(_), directory) => {
                ("ActiveDirectory", directory.map(DirectorySettings::place).unwrap_or_default().to_owned())
            }
        };
        format!("{kind} {place}").trim_end().to_owned()
    }

    /// Seconds that a recipient must stay missing before its values are removed.
    pub fn effective_missing_period(&self) -> i64 {
        self.limits.missing_period.map_or(24 * 3600, i64::from)
    }
}

impl Source {
    /// The settings of the directory that it is, if it is one.
    pub fn directory(&self) -> Option<&DirectorySettings> {
        match self {
            Self::ActiveDirectory(active_directory) => Some(&active_directory.directory),
            Self::Directory(other) => Some(&other.directory),
            Self::Ldif(_) | Self::Csv(_) => None,
        }
    }

    /// The settings of the Active Directory that it is, if it is one.
    pub fn active_directory(&self) -> Option<&ActiveDirectorySettings> {
        match self {
            Self::ActiveDirectory(active_directory) => Some(active_directory),
            Self::Directory(_) | Self::Ldif(_) | Self::Csv(_) => None,
        }
    }

    /// The names of attributes in the directory that it is, if it is one that may have names of its own.
    pub fn attribute_map(&self) -> Option<&AttributeMap> {
        match self {
            Self::Directory(other) => Some(&other.attribute_map),
            Self::ActiveDirectory(_) | Self::Ldif(_) | Self::Csv(_) => None,
        }
    }

    /// The settings of the file that it is, if it is one.
    pub fn file(&self) -> Option<&FileSettings> {
        match self {
            Self::Ldif(file) | Self::Csv(file) => Some(file),
            Self::ActiveDirectory(_) | Self::Directory(_) => None,
        }
    }
}

impl DirectorySettings {
    /// The server that the settings name first, or the domain; empty: the domain of this machine. Another one may be
    /// another directory; one more is only another way to it.
    pub fn place(&self) -> &str {
        self.server.first().map(String::as_str).unwrap_or_default()
    }
}

impl DirectoryTargetSettings {
    /// The attributes that certificates are written to where they have names of their own: what was published in others is
    /// not there. Nothing where they have ours, as in states of earlier versions.
    fn other_attributes(&self) -> String {
        let own = self.target_attribute_map.iter();
        let own = own.filter(|(ours, theirs)| Attribute::from_name(ours).is_some() && ours != theirs);
        let names: Vec<String> = own.map(|(ours, theirs)| format!("{ours}={theirs}")).collect();
        if names.is_empty() { String::new() } else { format!("({})", names.join(",")) }
    }
}

impl Target {
    /// What belongs to whom there; nothing does where values are put right in place.
    pub fn publication(&self) -> Option<&PublicationSettings> {
        match self {
            Self::ExchangeOnline(online) => Some(&online.publication),
            Self::ExchangeSession(session) => Some(&session.publication),
            Self::Folder(folder) => Some(&folder.publication),
            Self::Directory(directory) => Some(&directory.publication),
            Self::ActiveDirectory(_) | Self::Ldif(_) => None,
        }
    }

    /// What goes where values are put right in place; nowhere else does anything.
    pub fn in_place(&self) -> Option<&InPlaceSettings> {
        match self {
            Self::ActiveDirectory(in_place) => Some(in_place),
            Self::Ldif(file) => Some(&file.in_place),
            Self::ExchangeOnline(_) | Self::ExchangeSession(_) | Self::Folder(_) | Self::Directory(_) => None,
        }
    }

    /// Whose values a run may take away there.
    pub fn ownership(&self) -> Ownership {
        self.publication().map(|publication| publication.ownership).unwrap_or_default()
    }

    /// What happens when something published is found to be gone.
    pub fn drift(&self) -> Drift {
        self.publication().map(|publication| publication.drift).unwrap_or_default()
    }
}

/// Whether `name` can name a profile (it is a file name, too).
pub fn is_profile_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(inner)
        && !is_device_name(name)
}
