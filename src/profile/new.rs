//! Settings at their defaults.

use std::path::PathBuf;

use super::{
    ActiveDirectorySettings, ConnectionSettings, ContactSettings, DirectorySettings, ExchangeOnlineSettings,
    ExchangeSessionSettings, FileSettings, FolderSettings, InPlaceSettings, LimitSettings, PolicySettings,
    PublicationSettings, TrustSettings,
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
        Self { output_path: output_path.into(), ..Self::unset() }
    }
}
