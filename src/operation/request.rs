//! What a caller can ask for. Unknown fields are an error.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::ResultType;
pub use crate::places::Scope;

/// One request: what `smime_task_start` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "Operation")]
pub enum Request {
    /// Makes a profile. Results: one `Profile`.
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
    /// The history of runs, newest first. Results: `Run`.
    GetRun(GetRunRequest),
    /// Changes by run, state and recipient, newest run first. Results: `Change`.
    GetChange(GetChangeRequest),
    /// Approves the removals that a held plan lists. Results: the `Run` that was held.
    ApprovePlan(ApprovePlanRequest),
    /// The rules of the policy. Results: `Rule`.
    GetRule(GetRuleRequest),
    /// Tests only (feature `fault-injection`): emits, waits, asks, fails or panics as told.
    #[cfg(feature = "fault-injection")]
    Fault(FaultRequest),
}

/// Makes a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct NewProfileRequest {
    /// The whole profile.
    pub profile: crate::profile::Profile,
    /// Replace one of the same name.
    #[serde(default)]
    pub force: bool,
}

/// Profiles by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetProfileRequest {
    /// Names, with `*` and `?`; none: all. A name without wildcards that does not exist is an error of its own.
    #[serde(default)]
    pub name: Vec<String>,
}

/// Changes a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SetProfileRequest {
    /// The profile's name.
    pub name: String,
    /// The settings to change, by their name in `Profile`; `null` takes a setting back to its default.
    pub settings: BTreeMap<String, serde_json::Value>,
}

/// Removes a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveProfileRequest {
    /// The profile's name.
    pub name: String,
}

/// A user name; its password is the engine's secret `password`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Credential {
    /// UPN, `DOMAIN\name` or DN.
    pub user_name: String,
}

/// Checks whether a profile would work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TestProfileRequest {
    /// The profile's name.
    pub profile_name: String,
    /// Who signs in at the source.
    #[serde(default)]
    pub credential: Option<Credential>,
}

/// Imports, plans and exports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SyncRequest {
    /// The profile's name.
    pub profile_name: String,
    /// Who signs in at the source.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Only these recipients (address, UPN, sAMAccountName, DN, objectGUID); none: all.
    #[serde(default)]
    pub identity: Vec<String>,
    /// Plan only; write nothing anywhere.
    #[serde(default)]
    pub what_if: bool,
    /// Ask `Approve` before each change.
    #[serde(default)]
    pub confirm: bool,
    /// Raises the guard's number, and lifts its percentage, for this run.
    #[serde(default)]
    pub allow_removal: Option<u32>,
    /// Hand over the changes, too (as they come), before the run.
    #[serde(default)]
    pub pass_thru: bool,
}

/// Recipients' certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetCertificateRequest {
    /// The profile's name.
    pub profile_name: String,
    /// Who signs in at the source.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Only these recipients; none: all.
    #[serde(default)]
    pub identity: Vec<String>,
}

/// The history of runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetRunRequest {
    /// Profile names, with `*` and `?`; none: all.
    #[serde(default)]
    pub profile_name: Vec<String>,
    /// Only this run.
    #[serde(default)]
    pub id: Option<i64>,
    /// Only runs with one of these results.
    #[serde(default)]
    pub result: Vec<String>,
    /// At most so many a profile.
    #[serde(default)]
    pub newest: Option<u32>,
}

/// Changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetChangeRequest {
    /// The profile's name.
    pub profile_name: String,
    /// Only this run's.
    #[serde(default)]
    pub run_id: Option<i64>,
    /// Only those of these recipients; `*` and `?` allowed.
    #[serde(default)]
    pub identity: Vec<String>,
    /// Only those in one of these states.
    #[serde(default)]
    pub state: Vec<String>,
}

/// Approves a held plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ApprovePlanRequest {
    /// The profile's name.
    pub profile_name: String,
    /// The plan's id, which is that of the run that was held.
    pub id: i64,
}

/// The rules of the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetRuleRequest {
    /// Ids, with `*` and `?`; none: all.
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
    /// Wait so many milliseconds, or until canceled.
    #[serde(default)]
    pub wait: u64,
    /// Wait so many milliseconds without looking at the cancel.
    #[serde(default)]
    pub stall: u64,
    /// Fail with this id.
    #[serde(default)]
    pub fail: Option<crate::error::ErrorId>,
    /// Panic.
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
    pub scope: Option<Scope>,
    /// Who calls, for the history: `PowerShell 7.6.9`.
    pub host: Option<String>,
}

/// The type of the result objects of each operation; for docs/abi.md.
pub const RESULT_TYPES: &[ResultType] = &[
    ResultType::Run,
    ResultType::Change,
    ResultType::Certificate,
    ResultType::Profile,
    ResultType::ProfileTest,
    ResultType::Rule,
];
