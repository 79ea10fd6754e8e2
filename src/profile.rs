//! Profiles: named configurations. No secret is in them.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorId, Result};

/// Where recipients are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SourceKind {
    /// Active Directory, over LDAPS.
    ActiveDirectory,
    /// Any other directory, over LDAPS (RFC 4511).
    Directory,
    /// A file of RFC 2849.
    Ldif,
    /// A file of comma-separated values: partners outside.
    Csv,
}

/// Where values are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TargetKind {
    /// Exchange Online, over its REST interface.
    ExchangeOnline,
    /// The cmdlets of the caller's own session: Exchange Online or Exchange on premises.
    ExchangeSession,
    /// Active Directory in place, in the form that Entra Connect exports.
    ActiveDirectory,
    /// A folder with one JSON and the certificates per recipient.
    Folder,
}

/// Which cloud of Microsoft's; the names are those of `Connect-ExchangeOnline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum ExchangeEnvironment {
    /// Commercial, and GCC.
    #[default]
    O365Default,
    /// GCC High.
    O365USGovGCCHigh,
    /// The Department of Defense.
    O365USGovDoD,
    /// 21Vianet, China.
    O365China,
}

/// How binary values are put into requests to Exchange Online; Microsoft documents only the cmdlets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum ByteEncoding {
    /// Base64 text, as OData has it.
    #[default]
    Base64,
    /// A list of numbers, as `ConvertTo-Json` writes a `byte[]`.
    Integers,
}

/// Whose values a run may take away at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum Ownership {
    /// Only those that this profile published or adopted.
    #[default]
    Managed,
    /// All of the matched recipients.
    Authoritative,
}

/// What happens when `-Verify` finds that the target no longer has what was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum Drift {
    /// It is published again.
    #[default]
    Repair,
    /// It is only reported.
    Report,
}

/// Values that are taken out of Active Directory only where the profile says so; nobody but the user, or the CA,
/// can put them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RemovableValue {
    /// Mail certificates whose issuer chain ends at no trust anchor.
    Untrusted,
    /// Mail certificates with a weak key or signature.
    Weak,
    /// Mail certificates made for somebody else's address.
    WrongAddress,
    /// Valid mail certificates of `userCertificate` that the selection did not choose.
    Displaced,
}

/// Which rules apply with which severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum PolicyName {
    /// What Outlook and Exchange Online need.
    #[default]
    Standard,
    /// Warnings count as errors.
    Strict,
    /// Only what makes encryption impossible counts as an error.
    Lenient,
}

/// How certificates are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum SelectionName {
    /// The best encryption certificate, plus the best signing certificate where that is another one.
    #[default]
    Best,
    /// Every usable one, ranked, 15 at most.
    AllUsable,
}

/// What a disabled account means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum DisabledAccount {
    /// Nothing: shared and room mailboxes are disabled accounts.
    #[default]
    Keep,
    /// The same as a deleted one.
    Remove,
}

/// A named configuration: source, target, policy, limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Profile {
    /// Its name: letters, digits, `-`, `_` and `.`; 64 at most.
    pub name: String,
    /// Where recipients are read.
    pub source: SourceKind,
    /// `ActiveDirectory`, `Directory`: the server's DNS name, as its certificate carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `ActiveDirectory`, `Directory`: the LDAPS port.
    #[serde(default = "defaults::port")]
    pub port: u16,
    /// `ActiveDirectory`, `Directory`: where to search, whole subtrees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search_base: Vec<String>,
    /// `ActiveDirectory`, `Directory`: an LDAP filter that narrows the recipients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// `ActiveDirectory`, `Directory`: CA certificates (PEM or DER) that the server's certificate may come from, besides
    /// the platform's trust store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server_certificate_path: Vec<PathBuf>,
    /// `ActiveDirectory`, `Directory`: don't check the server's certificate. Warned about at every run.
    #[serde(default)]
    pub skip_certificate_check: bool,
    /// `ActiveDirectory`, `Directory`, `ExchangeOnline`: seconds to wait for any one answer.
    #[serde(default = "defaults::timeout")]
    pub timeout: u32,
    /// `Ldif`, `Csv`: the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Where values are published.
    pub target: TargetKind,
    /// `ExchangeOnline`: the tenant, as its `.onmicrosoft.com` domain or its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// `ExchangeOnline`: the application (client) id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// `ExchangeOnline`: a .pfx or .pem file with the application's certificate and RSA key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_file_path: Option<PathBuf>,
    /// `ExchangeOnline`: the SHA-1 thumbprint of the application's certificate in the Windows certificate store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_thumbprint: Option<String>,
    /// `ExchangeOnline`: sign in as the machine's managed identity.
    #[serde(default)]
    pub managed_identity: bool,
    /// `ExchangeOnline`: the client id of a user-assigned managed identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_identity_account_id: Option<String>,
    /// `ExchangeOnline`: which cloud.
    #[serde(default)]
    pub exchange_environment_name: ExchangeEnvironment,
    /// `ExchangeOnline`: another address of the service, such as `https://outlook.office365.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_uri: Option<String>,
    /// `ExchangeOnline`: another address of the sign-in, such as `https://login.microsoftonline.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "AzureADAuthorizationEndpointUri")]
    pub azure_ad_authorization_endpoint_uri: Option<String>,
    /// `ExchangeOnline`: how binary values are put into requests.
    #[serde(default)]
    pub byte_encoding: ByteEncoding,
    /// `ExchangeSession`: the prefix of the session's cmdlets (`Connect-ExchangeOnline -Prefix`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// `ExchangeOnline`, `ExchangeSession`: make mail contacts for those who are missing there.
    #[serde(default)]
    pub create_contact: bool,
    /// Whose values a run may take away at the target.
    #[serde(default)]
    pub ownership: Ownership,
    /// What happens when `-Verify` finds that something published is gone.
    #[serde(default)]
    pub drift: Drift,
    /// `ActiveDirectory` as the target: the domain controller to write to; by default `Server`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_server: Option<String>,
    /// `ActiveDirectory` as the target: seconds for which a recipient whose values changed is left alone, since
    /// the last writer wins when domain controllers replicate.
    #[serde(default = "defaults::quiet_period")]
    pub quiet_period: u32,
    /// `ActiveDirectory` as the target: what else is taken out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_value: Vec<RemovableValue>,
    /// `Folder`: the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_path: Option<PathBuf>,
    /// Files or folders with the CA certificates that issuer chains must end at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trust_anchor_path: Vec<PathBuf>,
    /// Publish certificates whose chain ends nowhere, too.
    #[serde(default)]
    pub allow_untrusted: bool,
    /// Which rules apply with which severity.
    #[serde(default)]
    pub policy: PolicyName,
    /// How certificates are selected.
    #[serde(default)]
    pub selection: SelectionName,
    /// What a disabled account means.
    #[serde(default)]
    pub disabled_account: DisabledAccount,
    /// Seconds that a recipient must stay missing before its values are removed; by default a day, 0 for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_period: Option<u32>,
    /// The guard: more Removes than this hold the plan.
    #[serde(default = "defaults::removal_limit")]
    pub removal_limit: u32,
    /// The guard: Removes above this percentage of the recipients with managed values hold the plan.
    #[serde(default = "defaults::removal_percent")]
    pub removal_percent: u8,
    /// Days that runs, changes and removed values are kept.
    #[serde(default = "defaults::retention")]
    pub retention: u32,
}

mod defaults {
    pub fn port() -> u16 {
        636
    }
    pub fn timeout() -> u32 {
        60
    }
    pub fn quiet_period() -> u32 {
        24 * 3600
    }
    pub fn removal_limit() -> u32 {
        500
    }
    pub fn removal_percent() -> u8 {
        10
    }
    pub fn retention() -> u32 {
        90
    }
}

impl Profile {
    /// Checks that everything its source and target need is there and makes sense.
    /// Fails with `ProfileInvalid`, naming the setting.
    pub fn validate(&self) -> Result<()> {
        let invalid = |message: String| {
            Err(Error::new(ErrorId::ProfileInvalid, format!("Profile '{}': {message}", self.name))
                .target(self.name.clone()))
        };
        if !is_profile_name(&self.name) {
            return invalid(
                "a name has 1 to 64 letters, digits, '-', '_' or '.', and starts with one of the first two"
                    .into(),
            );
        }
        if let Some(setting) = self.missing_setting() {
            return invalid(format!(
                "the source {:?} and target {:?} need {setting}.",
                self.source, self.target
            ));
        }
        if self.target == TargetKind::ActiveDirectory && self.source != SourceKind::ActiveDirectory {
            return invalid(format!(
                "the target ActiveDirectory is put right in place, so the source must be ActiveDirectory, not {:?}.",
                self.source
            ));
        }
        let paths = [&self.path, &self.output_path, &self.certificate_file_path].into_iter().flatten();
        let all = paths.chain(&self.trust_anchor_path).chain(&self.server_certificate_path);
        if let Some(relative) = all.into_iter().find(|path| !path.is_absolute()) {
            return invalid(format!("the path '{}' is not absolute.", relative.display()));
        }
        if self.removal_percent > 100 {
            return invalid(format!("-RemovalPercent is {}, but 100 is the most.", self.removal_percent));
        }
        if self.timeout == 0 {
            return invalid("-Timeout is 0; give at least one second.".into());
        }
        Ok(())
    }

    /// Which target this is: another text means another place, which knows nothing of what was published.
    pub fn target_text(&self) -> String {
        let place = match self.target {
            TargetKind::Folder => {
                self.output_path.as_deref().map(|path| path.display().to_string()).unwrap_or_default()
            }
            TargetKind::ExchangeOnline => self.organization.clone().unwrap_or_default(),
            TargetKind::ActiveDirectory => self.server.clone().unwrap_or_default(),
            // Which organisation the caller is connected to is told by nothing that stays the same.
            TargetKind::ExchangeSession => String::new(),
        };
        format!("{:?} {place}", self.target).trim_end().to_owned()
    }

    /// A setting that the source or target needs and that is not there, as messages name it.
    fn missing_setting(&self) -> Option<&'static str> {
        let none = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
        let source = match self.source {
            SourceKind::ActiveDirectory | SourceKind::Directory if none(&self.server) => Some("-Server"),
            SourceKind::ActiveDirectory | SourceKind::Directory if self.search_base.is_empty() => {
                Some("-SearchBase")
            }
            SourceKind::Ldif | SourceKind::Csv if self.path.is_none() => Some("-Path"),
            _ => None,
        };
        let target = match self.target {
            TargetKind::Folder if self.output_path.is_none() => Some("-OutputPath"),
            TargetKind::ExchangeOnline if none(&self.organization) => Some("-Organization"),
            _ => None,
        };
        let certificate = self.certificate_file_path.is_some() || !none(&self.certificate_thumbprint);
        let application = self.target == TargetKind::ExchangeOnline && certificate && none(&self.app_id);
        source.or(target).or(application.then_some("-AppId beside the certificate"))
    }

    /// Seconds that a recipient must stay missing before its values are removed.
    pub fn effective_missing_period(&self) -> i64 {
        let default = if matches!(self.source, SourceKind::Ldif | SourceKind::Csv) { 0 } else { 24 * 3600 };
        self.missing_period.map_or(default, i64::from)
    }
}

/// Whether `name` can name a profile (it is a file name, too).
pub fn is_profile_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(inner)
}
