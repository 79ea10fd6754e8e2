//! Who signs in to Exchange Online: settings that are of use only together.

use std::path::Path;

use super::ExchangeOnlineSettings;

/// Who signs in to Exchange Online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn<'a> {
    /// The machine's managed identity; the client id names a user-assigned one.
    ManagedIdentity(Option<&'a str>),
    /// An application, by its certificate.
    Application {
        /// Its (client) id.
        id: &'a str,
        /// Where its certificate's key is.
        key: ApplicationKey<'a>,
    },
}

/// Where the key of an application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationKey<'a> {
    /// In a .pfx or .pem file.
    File(&'a Path),
    /// In the Windows certificate store, under the certificate's SHA-1 thumbprint.
    Thumbprint(&'a str),
}

impl ExchangeOnlineSettings {
    /// Who signs in, if the settings say so; the managed identity comes first, then the file.
    pub fn sign_in(&self) -> Option<SignIn<'_>> {
        if self.managed_identity {
            return Some(SignIn::ManagedIdentity(self.managed_identity_account_id.as_deref()));
        }
        let file = self.certificate_file_path.as_deref().map(ApplicationKey::File);
        let key = file.or_else(|| self.certificate_thumbprint.as_deref().map(ApplicationKey::Thumbprint))?;
        Some(SignIn::Application { id: self.app_id.as_deref()?, key })
    }
}
