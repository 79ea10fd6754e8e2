//! What a caller can ask for. Unknown fields are an error.

mod reading;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::reading::{CertificateSource, CompareRequest, GetCertificateRequest};
use super::any_case;
use crate::{
    event::ResultType,
    model::{Identity, PolicyType},
};
pub use crate::{
    places::Scope,
    sync::request::{Listed, UnpublishState},
};

/// One request: what `smime_task_start` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "Operation")]
pub enum Request {
    /// Creates a profile. Results: one `Profile`.
    NewProfile(NewProfileRequest),
    /// Profiles by name. Results: `Profile`.
    GetProfile(GetProfileRequest),
    /// Changes a profile. Results: one `Profile`.
    SetProfile(SetProfileRequest),
    /// Removes a profile and its state; nothing happens at the target. No results.
    RemoveProfile(RemoveProfileRequest),
    /// Checks whether a profile would work. Results: `ProfileTest`.
    TestProfile(TestProfileRequest),
    /// Imports, plans and exports. Results: `Change`s where asked for, then one `Run`.
    Sync(SyncRequest),
    /// Recipients' certificates, parsed and judged, streamed. Results: `Certificate`.
    GetCertificate(GetCertificateRequest),
    /// Compares source and target as they are now, without the state. Results: `Difference`.
    Compare(CompareRequest),
    /// The history of runs, newest first. Results: `Run`.
    GetRun(GetRunRequest),
    /// Changes by run, state and recipient, newest run first. Results: `Change`.
    GetChange(GetChangeRequest),
    /// Approves the removals that a held plan lists. Results: the `Run` that was held.
    ApprovePlan(ApprovePlanRequest),
    /// Puts certificates into Active Directory for the recipients they name. Results: `Change`s, then one `Run`.
    Publish(PublishRequest),
    /// Takes certificates out of Active Directory. Results: `Change`s, then one `Run`.
    Unpublish(UnpublishRequest),
    /// Writes the profile's trust anchors as a file. Results: one `TrustStore`.
    ExportTrustStore(ExportTrustStoreRequest),
    /// Uploads the profile's trust anchors with `Set-SmimeConfig`. Results: one `TrustStore`.
    PublishTrustStore(PublishTrustStoreRequest),
    /// The rules of the policy. Results: `Rule`.
    GetRule(GetRuleRequest),
    /// Tests only (feature `fault-injection`): emits, waits, asks, fails or panics as told.
    #[cfg(feature = "fault-injection")]
    Fault(FaultRequest),
}

/// A new profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct NewProfileRequest {
    /// Its settings; those that are not given have their defaults.
    #[schemars(with = "crate::profile::Profile")]
    pub profile: crate::profile::Settings,
    /// Replace one of the same name.
    #[serde(default)]
    pub force: bool,
}

/// Which profiles are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetProfileRequest {
    /// Names, in any case; none: all. One that does not exist is an error of its own.
    #[serde(default)]
    pub name: Vec<String>,
}

/// Settings that a profile gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SetProfileRequest {
    /// The profile to change, by its name.
    pub name: String,
    /// The settings to change, by their name in `Profile`; `null` takes a setting back to its default.
    pub settings: BTreeMap<String, serde_json::Value>,
}

/// Which profile goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveProfileRequest {
    /// The profile to remove, by its name.
    pub name: String,
}

/// A user name; its password is the engine's secret `password`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Credential {
    /// As a user principal name, `DOMAIN\name` or distinguished name.
    pub user_name: String,
}

/// Which profile is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TestProfileRequest {
    /// The profile to check.
    pub profile_name: String,
    /// Who signs in to the source.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// The file that every request to Exchange Online and every answer is written to, secrets left out; none: no file.
    #[serde(default)]
    pub trace: Option<std::path::PathBuf>,
    /// Replace a trace that is there.
    #[serde(default)]
    pub force: bool,
}

/// A run, and how it differs from what the profile says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SyncRequest {
    /// The profile to run.
    pub profile_name: String,
    /// Who signs in to the source.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Whether it is enough to read what changed since the last run.
    #[serde(default, deserialize_with = "any_case::one")]
    pub policy_type: PolicyType,
    /// Only these recipients (address, UPN, sAMAccountName, DN, objectGUID); none: all. A list stands for the keys of
    /// one recipient, best first: the first that names somebody decides.
    #[serde(default)]
    pub identity: Vec<Identity>,
    /// Plan only; write nothing anywhere.
    #[serde(default)]
    pub what_if: bool,
    /// Ask `Approve` before each change.
    #[serde(default)]
    pub confirm: bool,
    /// Raises the guard's number, and lifts its percentage, for this run.
    #[serde(default)]
    pub allow_removal: Option<u32>,
    /// The same for replacements.
    #[serde(default)]
    pub allow_replacement: Option<u32>,
    /// Hand over the changes, too (as they come), before the run.
    #[serde(default)]
    pub pass_thru: bool,
    /// Compare the target with what was published, and read every write back.
    #[serde(default)]
    pub verify: bool,
}

/// Which runs of the history are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetRunRequest {
    /// Profile names, in any case; none: all. One that does not exist is an error of its own.
    #[serde(default)]
    pub profile_name: Vec<String>,
    /// Only the run of this number.
    #[serde(default)]
    pub id: Option<i64>,
    /// Only runs with one of these results.
    #[serde(default)]
    pub result: Vec<String>,
    /// At most so many runs of each profile, the newest first.
    #[serde(default)]
    pub newest: Option<u32>,
}

/// Which changes of a profile are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetChangeRequest {
    /// The profile whose changes are listed.
    pub profile_name: String,
    /// Only the changes of the run of this number.
    #[serde(default)]
    pub run_id: Option<i64>,
    /// Only those of these recipients, in the language of PowerShell's wildcards: `*`, `?`, `[abc]`, `[a-c]`, and a
    /// backtick before a character that is meant as itself. A pattern that is not valid fails with `InvalidRequest`.
    #[serde(default)]
    pub identity: Vec<Identity>,
    /// Only those in one of these states.
    #[serde(default)]
    pub state: Vec<String>,
}

/// Which plan is let through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ApprovePlanRequest {
    /// The profile whose run was held.
    pub profile_name: String,
    /// The plan's id, which is that of the run that was held.
    pub id: i64,
    /// Only find out whether it can be approved; the error says why not.
    #[serde(default)]
    pub what_if: bool,
}

/// Puts certificates into Active Directory. The password of a PFX file is the engine's secret
/// `certificate_password`; private keys are left in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PublishRequest {
    /// The profile whose source is the directory, with its policy.
    pub profile_name: String,
    /// Who signs in to the directory.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Certificate files: .cer, .pem, .p7b, .pfx.
    #[serde(default)]
    pub path: Vec<std::path::PathBuf>,
    /// Certificates (DER) in base64.
    #[serde(default)]
    pub certificate: Vec<String>,
    /// For whom; without it, whoever has the addresses that the certificate names.
    #[serde(default)]
    pub identity: Vec<Identity>,
    /// Publish in spite of `Error` findings.
    #[serde(default)]
    pub force: bool,
    /// Plan only; write nothing anywhere.
    #[serde(default)]
    pub what_if: bool,
    /// Ask `Approve` before each change.
    #[serde(default)]
    pub confirm: bool,
}

/// Which certificates are taken out of Active Directory, from whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UnpublishRequest {
    /// The profile whose source is the directory, with its policy.
    pub profile_name: String,
    /// Who signs in to the directory.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// From whom; none: from everybody in the profile's scope who has it.
    #[serde(default)]
    pub identity: Vec<Identity>,
    /// The SHA-1 thumbprints of the certificates, as somebody typed them.
    #[serde(default)]
    pub thumbprint: Vec<String>,
    /// Out of a listing, such as that of `GetCertificate`, of each recipient: of these, what serves another purpose than
    /// mail, or is not valid yet, stays. In place of all the other names.
    #[serde(default)]
    pub listed: Vec<Listed>,
    /// Or all in one of these states.
    #[serde(default, deserialize_with = "any_case::many")]
    pub state: Vec<UnpublishState>,
    /// Take out certificates for other purposes, too, and those that are not valid yet.
    #[serde(default)]
    pub force: bool,
    /// Plan only; write nothing anywhere.
    #[serde(default)]
    pub what_if: bool,
    /// Ask `Approve` before each change.
    #[serde(default)]
    pub confirm: bool,
}

/// Which profile's trust anchors are written, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ExportTrustStoreRequest {
    /// The profile whose trust anchors are written.
    pub profile_name: String,
    /// The file to write: .sst for Exchange, or .p7b for other programs.
    pub path: std::path::PathBuf,
    /// Replace a file that is there.
    #[serde(default)]
    pub force: bool,
}

/// Which profile's trust anchors are uploaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PublishTrustStoreRequest {
    /// The profile whose trust anchors are uploaded; its target is in Exchange.
    pub profile_name: String,
    /// Where the trust store that is there is saved first, as .sst; none: beside the profile's state.
    #[serde(default)]
    pub backup_path: Option<std::path::PathBuf>,
    /// Tell what would be uploaded; write nothing anywhere.
    #[serde(default)]
    pub what_if: bool,
    /// Ask `Approve` before the upload.
    #[serde(default)]
    pub confirm: bool,
}

/// Which rules are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetRuleRequest {
    /// Ids of rules, in any case; none: all.
    #[serde(default)]
    pub rule: Vec<String>,
}

/// What a test wants to happen, in this order.
#[cfg(feature = "fault-injection")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FaultRequest {
    /// Emit so many log events.
    #[serde(default)]
    pub events: u32,
    /// Ask so many questions, in one batch.
    #[serde(default)]
    pub questions: u32,
    /// Ask for this cmdlet of the caller's session to be run, and log how much came back.
    #[serde(default)]
    pub apply: Option<crate::event::SessionCommand>,
    /// Wait so many milliseconds, or until canceled.
    #[serde(default)]
    pub wait: u64,
    /// Wait so many milliseconds without looking at the cancel.
    #[serde(default)]
    pub stall: u64,
    /// Fail with this id.
    #[serde(default)]
    pub fail: Option<crate::error::ErrorId>,
    /// Panic, which ends the task and not the process.
    #[serde(default)]
    pub panic: bool,
}

/// What `smime_engine_new` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct EngineConfig {
    /// The folder for everything; none: `SMIME_SYNC_HOME`, else the scope's places.
    pub home: Option<String>,
    /// `User` or `Machine`; none: `Machine` where there is the right to it.
    #[serde(deserialize_with = "any_case::optional")]
    pub scope: Option<Scope>,
    /// Who calls, for the history: `PowerShell 7.6.9`.
    pub host: Option<String>,
}

/// The type of the result objects of each operation; for docs/abi.md.
pub const RESULT_TYPES: &[ResultType] = &[
    ResultType::Run,
    ResultType::Change,
    ResultType::Certificate,
    ResultType::Difference,
    ResultType::Profile,
    ResultType::ProfileTest,
    ResultType::Rule,
    ResultType::TrustStore,
];
