//! What tests can set: each choice that docs/design/exchange-online.md §5 leaves open, and how well the service
//! behaves.

use serde::{Deserialize, Serialize};

/// How `Data` of a byte array travels in a request (docs/design/exchange-online.md §1.6, "`<bytes>`", open).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ByteEncoding {
    Base64,
    IntegerArray,
}

/// How a byte array shows in an answer in JSON (docs/design/exchange-online.md §1.6, "Read, json format", open).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryInJson {
    Base64,
    /// The useless text `System.Byte[]`.
    TypeName,
}

/// Whose cmdlets `POST /session` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flavour {
    Cloud,
    OnPremises,
}

/// The body of a 403 (docs/design/exchange-online.md §1.6, "Status").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForbiddenBody {
    Json,
    Html,
    Nul,
}

/// In which order a batch answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BatchOrder {
    AsSent,
    Reversed,
    Shuffled,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Commands in a window.
    pub limit: u32,
    /// Seconds of the stand-in's clock.
    pub window: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Redirect {
    /// Scheme, host and port of the regional host, without a path.
    pub location: String,
    /// 302, 307 or 308.
    pub status: u16,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct ManagedIdentity {
    /// Whether the machine has an identity.
    pub assigned: bool,
    /// The client id of a user-assigned identity; none: the system-assigned one only.
    pub client_id: Option<String>,
    /// What App Service puts into IDENTITY_HEADER.
    pub secret: String,
    /// The next so many answers have this status: 404, 410, 429 or 500.
    pub failing_status: u16,
    pub failures: u32,
}

impl Default for ManagedIdentity {
    fn default() -> Self {
        Self {
            assigned: true,
            client_id: None,
            secret: "identity-header".into(),
            failing_status: 500,
            failures: 0,
        }
    }
}

/// All of them. `PUT /settings` changes those that it names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct Settings {
    pub byte_encoding: ByteEncoding,
    pub binary_in_json: BinaryInJson,
    pub batch_order: BatchOrder,
    /// Signature algorithms of a client assertion that are taken.
    pub assertion_algorithms: Vec<String>,
    /// How long a token lasts, in seconds of the stand-in's clock.
    pub token_lifetime: f64,
    /// Whether the application has the app role Exchange.ManageAsApp; without it 401 (docs/design/exchange-online.md
    /// §1.6, "Status").
    pub has_app_role: bool,
    /// Whether the application has a directory role; without it 403 (docs/design/exchange-online.md §1.6, "Status").
    pub has_directory_role: bool,
    pub forbidden_body: ForbiddenBody,
    /// The largest number of values in one property (docs/design/exchange-online.md §4, "EXO-side value count", open).
    pub largest_list: usize,
    /// Takes an X.509 certificate in userSMIMECertificate, as SMIME_Push2GAL writes it (docs/design/exchange-online.md
    /// §1.1, third party).
    pub accept_certificate_as_smime: bool,
    /// The exception type of a refusal of a directory-synchronised recipient (docs/design/exchange-online.md §5 b,
    /// open).
    pub dir_synced_exception: String,
    /// The Guid of the organisation's configuration, by which it is told from others.
    pub organization_guid: String,
    pub rate_limit: Option<RateLimit>,
    /// Real seconds that a request may be under way when the limit is announced.
    pub network_allowance: f64,
    pub micro_delay_warnings: bool,
    pub redirect: Option<Redirect>,
    /// A write shows in reads so many of the clock's seconds later.
    pub stale_seconds: f64,
    pub flavour: Flavour,
    pub managed_identity: ManagedIdentity,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            byte_encoding: ByteEncoding::Base64,
            binary_in_json: BinaryInJson::Base64,
            batch_order: BatchOrder::Reversed,
            assertion_algorithms: vec!["PS256".into(), "RS256".into()],
            token_lifetime: 3599.0,
            has_app_role: true,
            has_directory_role: true,
            forbidden_body: ForbiddenBody::Nul,
            largest_list: 64,
            accept_certificate_as_smime: false,
            dir_synced_exception: "Microsoft.Exchange.Data.Directory.InvalidADObjectOperationException"
                .into(),
            organization_guid: "6f0a8f0e-0000-4000-8000-0000000000c0".into(),
            rate_limit: None,
            network_allowance: 0.2,
            micro_delay_warnings: false,
            redirect: None,
            stale_seconds: 0.0,
            flavour: Flavour::Cloud,
            managed_identity: ManagedIdentity::default(),
        }
    }
}

/// The application that may sign in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Application {
    pub client_id: String,
    pub tenant_id: String,
    /// Domains by which the tenant may be named, too.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Its registered certificates, PEM.
    pub certificates: Vec<String>,
}
