//! How a directory is reached where the profile leaves it open.

use super::{DirectorySettings, Encryption};

impl DirectorySettings {
    /// How its connections are protected.
    pub fn effective_encryption(&self) -> Encryption {
        self.encryption.unwrap_or_default()
    }

    /// Its port: the one of the settings, else that of the protocol (RFC 4511, 5.1, and IANA's ldaps).
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(match self.effective_encryption() {
            Encryption::Ldaps => 636,
            Encryption::StartTls => 389,
        })
    }
}
