//! Where a profile's recipients are read: its source, alone or with the additional ones.

use super::Opening;
use crate::{
    directory::{
        Source,
        csv::CsvSource,
        ldap::{Account, LdapSource},
        ldif::LdifSource,
        several::{Part, SeveralSources},
    },
    error::Result,
    profile::{self, ActiveDirectorySettings, DirectorySettings},
};

impl Opening<'_> {
    /// Opens the profile's source; with additional ones all of them, as one.
    /// Fails with what a source says; `CredentialMissing`, `InvalidRequest`.
    pub(in crate::operation) fn source(&self) -> Result<Box<dyn Source>> {
        self.check_additional_credentials()?;
        let first = self.first_source()?;
        let additional = self.additional_sources();
        if additional.is_empty() {
            return Ok(first);
        }
        let mut parts = vec![Part { name: self.first_name(), source: first }];
        for (name, opened) in additional {
            parts.push(Part { name, source: opened? });
        }
        Ok(Box::new(SeveralSources::new(parts)))
    }

    /// The same one by one, each with what people know it by.
    pub(in crate::operation) fn sources(&self) -> Vec<(String, Result<Box<dyn Source>>)> {
        let first = self.check_additional_credentials().and_then(|()| self.first_source());
        std::iter::once((self.first_name(), first)).chain(self.additional_sources()).collect()
    }

    fn first_name(&self) -> String {
        name(self.profile().source())
    }

    fn first_source(&self) -> Result<Box<dyn Source>> {
        self.tell_unused_credential()?;
        self.open_source(self.profile().source(), &|directory| self.source_account(directory))
    }

    fn additional_sources(&self) -> Vec<(String, Result<Box<dyn Source>>)> {
        let open = |source: &profile::Source| {
            self.open_source(source, &|directory| self.additional_account(directory))
        };
        let additional = self.profile().additional_sources().iter();
        additional.map(|one| (name(one.source()), open(one.source()))).collect()
    }

    fn open_source(
        &self,
        source: &profile::Source,
        account: &dyn Fn(&DirectorySettings) -> Result<Account>,
    ) -> Result<Box<dyn Source>> {
        Ok(match source {
            profile::Source::Ldif(file) => Box::new(LdifSource::open(&file.path)?),
            profile::Source::Csv(file) => Box::new(CsvSource::open(&file.path)?),
            profile::Source::ActiveDirectory(ActiveDirectorySettings { directory, .. }) => {
                Box::new(LdapSource::active_directory(directory, account(directory)?, self.context)?)
            }
            profile::Source::Directory(other) => {
                let directory = &other.directory;
                let source = LdapSource::directory(directory, account(directory)?, self.context)?;
                Box::new(source.naming(&other.attribute_map))
            }
        })
    }
}

/// What people know a source by: its first server or its file.
fn name(source: &profile::Source) -> String {
    match (source.directory(), source.file()) {
        (Some(directory), _) if directory.place().is_empty() => "the domain of this machine".to_owned(),
        (Some(directory), _) => directory.place().to_owned(),
        (None, file) => file.map(|file| file.path.display().to_string()).unwrap_or_default(),
    }
}
