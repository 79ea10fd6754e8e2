//! From the flat form to a profile, with everything that is wrong told at once.

use serde_json::Value as Json;

use super::{
    LimitSettings, NAME, PolicySettings, Profile, SOURCE, Settings, SourceKind, TARGET, Target, TargetKind,
    TrustSettings, is_profile_name,
    setting::{Group, Setting, SettingType, listed},
};
use crate::error::{Error, ErrorId, Result};

/// Takes settings out of the flat form, and keeps what is wrong with them.
pub(super) struct Reader<'a> {
    given: &'a Settings,
    used: Vec<&'static str>,
    missing: Vec<String>,
    faults: Vec<String>,
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
        let fault = match setting.refusal(value) {
            Some(fault) => fault,
            None => match serde_json::from_value(value.clone()) {
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
    fn of<T>(&mut self, owner: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let done = read(self);
        let missing = std::mem::take(&mut self.missing);
        if !missing.is_empty() {
            self.faults.push(format!("{owner} needs {}", listed(&missing, "and")));
        }
        done
    }

    /// Tells of settings that belong to other sources or targets. One that says what it says anyway does no harm.
    fn refuse_foreign(&mut self, source: SourceKind, target: TargetKind, asked: &dyn Fn(&str) -> bool) {
        let foreign = |(setting, value): &(&'static Setting, &Json)| {
            !self.used.contains(&setting.name)
                && asked(setting.name)
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

impl Profile {
    /// The profile with these settings. A setting that its source and target don't have is wrong where `asked`
    /// says so of its name; else it is left out.
    ///
    /// Fails with `ProfileInvalid`, naming every setting that is missing, wrong or without effect.
    pub fn from_settings(settings: &Settings, asked: &dyn Fn(&str) -> bool) -> Result<Self> {
        let mut reader =
            Reader { given: settings, used: Vec::new(), missing: Vec::new(), faults: Vec::new() };
        let profile = reader.profile(asked);
        let name = settings.name();
        match (profile, reader.faults.is_empty()) {
            (Some(profile), true) => Ok(profile),
            _ => {
                let message = format!("Profile '{name}': {}.", sentences(&reader.faults));
                Err(Error::new(ErrorId::ProfileInvalid, message).target(name))
            }
        }
    }
}

/// Faults as sentences, the last without its full stop.
fn sentences(faults: &[String]) -> String {
    let capital = |(position, fault): (usize, &String)| match (position, fault.strip_prefix("the ")) {
        (1.., Some(rest)) => format!("The {rest}"),
        _ => fault.clone(),
    };
    faults.iter().enumerate().map(capital).collect::<Vec<_>>().join(". ")
}

impl Reader<'_> {
    fn profile(&mut self, asked: &dyn Fn(&str) -> bool) -> Option<Profile> {
        let name = self.given.name().to_owned();
        self.used.push(NAME.name);
        if !is_profile_name(&name) {
            self.faults.push(
                "a name has 1 to 64 letters, digits, '-', '_' or '.', and starts with one of the first two"
                    .into(),
            );
        }
        let kinds = self.of("it", |reader| {
            let (source, target) = (reader.read::<SourceKind>(&SOURCE, None), reader.read(&TARGET, None));
            Some((source?, target?))
        });
        let (source, target): (SourceKind, TargetKind) = kinds?;
        let from = self.of(&format!("the source {source:?}"), |reader| source.read(reader));
        let to = self.of(&format!("the target {target:?}"), |reader| target.read(reader));
        let trust = TrustSettings::read(self);
        let policy = PolicySettings::read(self);
        let limits = LimitSettings::read(self);
        self.refuse_foreign(source, target, asked);
        if target == TargetKind::ActiveDirectory && source != SourceKind::ActiveDirectory {
            self.faults.push(format!(
                "the target ActiveDirectory is put right in place, so the source must be ActiveDirectory, not {source:?}"
            ));
        }
        if let Some(Target::ExchangeOnline(online)) = &to
            && (online.certificate_file_path.is_some() || online.certificate_thumbprint.is_some())
            && online.app_id.is_none()
        {
            self.faults.push("the target ExchangeOnline needs -AppId beside the certificate".into());
        }
        Some(Profile { name, sources: [from?], target: to?, trust: trust?, policy: policy?, limits: limits? })
    }
}
