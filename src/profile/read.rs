//! From the flat form to a profile, with everything that is wrong told at once.

use super::{
    DirectorySettings, LimitSettings, PolicySettings, Profile, SOURCE, Settings, Source, SourceKind, TARGET,
    Target, TargetKind, TrustSettings, group::Group, is_profile_name, reader::Reader,
};
use crate::error::{Error, ErrorId, Result};

impl Profile {
    /// The profile with these settings. A setting that its source and target don't have is wrong where `asked`
    /// says so of its name; else it is left out.
    ///
    /// Fails with `ProfileInvalid`, naming every setting that is missing, wrong or without effect.
    pub fn from_settings(settings: &Settings, asked: &dyn Fn(&str) -> bool) -> Result<Self> {
        let mut reader = Reader::new(settings, asked);
        let profile = reader.profile();
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
pub(super) fn sentences(faults: &[String]) -> String {
    let capital = |(position, fault): (usize, &String)| match (position, fault.strip_prefix("the ")) {
        (1.., Some(rest)) => format!("The {rest}"),
        _ => fault.clone(),
    };
    faults.iter().enumerate().map(capital).collect::<Vec<_>>().join(". ")
}

/// What of a source's settings can't be together, as parts of sentences.
pub(super) fn faults_of(source: &Source) -> Vec<String> {
    let contradiction = source.directory().and_then(DirectorySettings::contradiction);
    contradiction.into_iter().map(str::to_owned).collect()
}

impl Reader<'_> {
    fn profile(&mut self) -> Option<Profile> {
        let name = self.name().to_owned();
        if !is_profile_name(&name) {
            self.faults.push(
                "a name has 1 to 64 letters (a to z, A to Z), digits, '-', '_' or '.', starts with a letter or a digit, and \
                 is none that Windows keeps for a device, such as 'con'"
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
        self.refuse_foreign(&source, &target);
        if target == TargetKind::ActiveDirectory && source != SourceKind::ActiveDirectory {
            self.faults.push(format!(
                "the target ActiveDirectory is put right in place, so the source must be ActiveDirectory, not {source:?}"
            ));
        }
        if target == TargetKind::Ldif && source == SourceKind::Csv {
            self.faults.push(
                "the target Ldif is a file of changes to the directory that the source shows, which Csv is none of"
                    .into(),
            );
        }
        self.faults.extend(from.iter().flat_map(faults_of));
        self.refuse_unquoted();
        let reads_several = from.as_ref().and_then(Source::directory);
        if reads_several.is_some_and(|directory| !directory.additional_source.is_empty())
            && matches!(target, TargetKind::ActiveDirectory | TargetKind::Ldif)
        {
            self.faults.push(format!(
                "-AdditionalSource can't be with the target {target:?}, which is about one directory; make a profile for each"
            ));
        }
        if let (Some(file), Some(Target::Ldif(changes))) = (from.as_ref().and_then(Source::file), &to)
            && file.path == changes.output.output_path
        {
            self.faults.push("-OutputPath is the source's own -Path".into());
        }
        if let Some(Source::Directory(other)) = &from
            && other.directory.server.is_empty()
        {
            self.faults.push("the source Directory needs -Server".into());
        }
        if let Some(Target::ExchangeOnline(online)) = &to
            && (online.certificate_file_path.is_some() || online.certificate_thumbprint.is_some())
            && online.app_id.is_none()
        {
            self.faults.push("the target ExchangeOnline needs -AppId beside the certificate".into());
        }
        let (trust, policy, limits) = (trust?, policy?, limits?);
        Some(Profile { name, sources: [from?], target: to?, trust, policy, limits, ignored: self.ignored() })
    }
}
