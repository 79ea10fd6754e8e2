//! What a caller can ask of what source and target have now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::Credential;
use crate::{
    model::{CertificateState, Identity},
    operation::any_case,
};

/// Whose certificates are wanted, and from where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetCertificateRequest {
    /// The profile whose recipients are looked at.
    pub profile_name: String,
    /// Who signs in to the source.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Only these recipients; none: all. In the language of PowerShell's wildcards, as in `GetChange`: a key with wildcards
    /// stands for all whose address, user principal name or sAMAccountName it matches, with an equals sign in it also
    /// distinguished name. A pattern that is not valid fails with `InvalidRequest`.
    #[serde(default)]
    pub identity: Vec<Identity>,
    /// Only those of the source whom this LDAP filter (RFC 4515) finds.
    #[serde(default)]
    pub filter: Option<String>,
    /// Whether they are read at the source, at the target or from the state.
    #[serde(default, deserialize_with = "any_case::one")]
    pub source: CertificateSource,
    /// Only certificates in one of these states; none: in any.
    #[serde(default, deserialize_with = "any_case::many")]
    pub state: Vec<CertificateState>,
}

/// Whose source and target are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CompareRequest {
    /// The profile whose source and target are compared.
    pub profile_name: String,
    /// Who signs in to the source.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Only these recipients of the source; none: all, and those who are at the target alone.
    #[serde(default)]
    pub identity: Vec<Identity>,
}

/// Where certificates are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, VariantNames)]
pub enum CertificateSource {
    /// The profile's source.
    #[default]
    Directory,
    /// The profile's target, whoever put them there.
    Target,
    /// What the profile published, as its state has it.
    State,
}
