//! Settings at their defaults.

use std::path::PathBuf;

use super::{
    ActiveDirectorySettings, Authentication, ConnectionSettings, ContactSettings, DirectorySettings,
    DirectoryTargetSettings, ExchangeOnlineSettings, ExchangeSessionSettings, FileSettings, FolderSettings,
    InPlaceSettings, LdifTargetSettings, LimitSettings, OtherDirectorySettings, OutputSettings,
    PolicySettings, PublicationSettings, TrustSettings,
};

macro_rules! all_have_defaults {
    ($( $group:ident )*) => { $(
        impl Default for $group {
            fn default() -> Self {
                Self::unset()
            }
        }
    )* };
}

all_have_defaults! {
    ConnectionSettings ContactSettings PublicationSettings ExchangeSessionSettings InPlaceSettings TrustSettings
    PolicySettings LimitSettings
}

impl DirectorySettings {
    /// All recipients of a directory that lie below one of the bases.
    pub fn new(server: impl Into<String>, search_base: Vec<String>) -> Self {
        Self { server: vec![server.into()], search_base, ..Self::unset() }
    }
}

impl ActiveDirectorySettings {
    /// A directory that is an Active Directory.
    pub fn of(directory: DirectorySettings) -> Self {
        Self { directory, ..Self::unset() }
    }
}

impl OtherDirectorySettings {
    /// A directory whose attributes have our names.
    pub fn of(directory: DirectorySettings) -> Self {
        Self { directory, ..Self::unset() }
    }
}

impl FileSettings {
    /// All recipients of a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::unset() }
    }
}

impl ExchangeOnlineSettings {
    /// An organisation with nobody who signs in yet.
    pub fn new(organization: impl Into<String>) -> Self {
        Self { organization: organization.into(), ..Self::unset() }
    }
}

impl FolderSettings {
    /// A folder that recipients' files are written to.
    pub fn new(output_path: impl Into<PathBuf>) -> Self {
        Self { output: OutputSettings { output_path: output_path.into() }, ..Self::unset() }
    }
}

impl DirectoryTargetSettings {
    /// All recipients of a directory that lie below one of the bases.
    pub fn new(server: impl Into<String>, search_base: Vec<String>) -> Self {
        Self { target_server: server.into(), target_search_base: search_base, ..Self::unset() }
    }

    /// How that directory is reached and read.
    pub fn directory(&self) -> DirectorySettings {
        DirectorySettings {
            connection: ConnectionSettings {
                server_certificate_path: self.target_server_certificate_path.clone(),
                timeout: self.target_timeout,
            },
            authentication: Some(Authentication::Password),
            encryption: self.target_encryption.map(Into::into),
            port: self.target_port,
            filter: self.target_filter.clone(),
            skip_certificate_check: self.target_skip_certificate_check,
            ..DirectorySettings::new(&self.target_server, self.target_search_base.clone())
        }
    }
}

impl LdifTargetSettings {
    /// A file that changes are written to.
    pub fn new(output_path: impl Into<PathBuf>) -> Self {
        Self { output: OutputSettings { output_path: output_path.into() }, ..Self::unset() }
    }
}
