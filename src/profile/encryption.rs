//! How a directory is reached where the profile leaves it open.

use super::{Authentication, DirectorySettings, Encryption};

impl DirectorySettings {
    /// How somebody signs in, with a credential given or not.
    pub fn effective_authentication(&self, credential: bool) -> Authentication {
        self.authentication.unwrap_or(match (self.has_client_certificate(), credential) {
            (true, _) => Authentication::Certificate,
            (false, true) => Authentication::Password,
            (false, false) => Authentication::Kerberos,
        })
    }

    fn has_client_certificate(&self) -> bool {
        self.client_certificate_file_path.is_some() || self.client_certificate_thumbprint.is_some()
    }

    /// How its connections are protected, if somebody signs in with Kerberos or not: many domain controllers have no
    /// certificate for LDAPS.
    pub fn effective_encryption(&self, kerberos: bool) -> Encryption {
        let default = if kerberos { Encryption::Kerberos } else { Encryption::Ldaps };
        self.encryption.unwrap_or(default)
    }

    /// Its port: the one of the settings, else that of the protocol (RFC 4511, 5.1, and IANA's ldaps).
    pub fn effective_port(&self, kerberos: bool) -> u16 {
        self.port.unwrap_or(match self.effective_encryption(kerberos) {
            Encryption::Ldaps => 636,
            Encryption::StartTls | Encryption::Kerberos => 389,
        })
    }

    /// What of its sign-in can't be together, as a sentence's part.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        use Authentication::{Certificate, Password};
        match (self.authentication, self.encryption) {
            (Some(Certificate), _) if !self.has_client_certificate() => Some(
                "-Authentication Certificate needs -ClientCertificateFilePath or -ClientCertificateThumbprint",
            ),
            (Some(Password | Certificate), Some(Encryption::Kerberos)) => Some(
                "-Encryption Kerberos needs -Authentication Kerberos; a password or a certificate goes only inside TLS",
            ),
            _ => None,
        }
    }
}
