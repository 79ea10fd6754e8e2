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
    /// A file of RFC 2849.
    Ldif,
}

/// Where values are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TargetKind {
    /// A folder with one JSON and the certificates per recipient.
    Folder,
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
    /// `ActiveDirectory`: the domain controller's DNS name, as its certificate carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `ActiveDirectory`: the LDAPS port.
    #[serde(default = "defaults::port")]
    pub port: u16,
    /// `ActiveDirectory`: where to search, whole subtrees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search_base: Vec<String>,
    /// `ActiveDirectory`: an LDAP filter that narrows the recipients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// `ActiveDirectory`: CA certificates (PEM or DER) that the server's certificate may come from, besides
    /// the platform's trust store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server_certificate_path: Vec<PathBuf>,
    /// `ActiveDirectory`: don't check the server's certificate. Warned about at every run.
    #[serde(default)]
    pub skip_certificate_check: bool,
    /// `ActiveDirectory`: seconds to wait for any one answer.
    #[serde(default = "defaults::timeout")]
    pub timeout: u32,
    /// `Ldif`: the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Where values are published.
    pub target: TargetKind,
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
        let missing = match self.source {
            SourceKind::ActiveDirectory if self.server.as_deref().unwrap_or_default().is_empty() => {
                Some("Server")
            }
            SourceKind::ActiveDirectory if self.search_base.is_empty() => Some("SearchBase"),
            SourceKind::Ldif if self.path.is_none() => Some("Path"),
            _ if self.target == TargetKind::Folder && self.output_path.is_none() => Some("OutputPath"),
            _ => None,
        };
        if let Some(setting) = missing {
            return invalid(format!(
                "the source {:?} and target {:?} need -{setting}.",
                self.source, self.target
            ));
        }
        let paths = [&self.path, &self.output_path].into_iter().flatten();
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

    /// Seconds that a recipient must stay missing before its values are removed.
    pub fn effective_missing_period(&self) -> i64 {
        let default = if self.source == SourceKind::Ldif { 0 } else { 24 * 3600 };
        self.missing_period.map_or(default, i64::from)
    }
}

/// Whether `name` can name a profile (it is a file name, too).
pub fn is_profile_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(inner)
}
