//! What tests can set (`PUT /settings`): each fact of docs/design/exchange-online.md §5.1 as it is believed to be and
//! otherwise, and how well the service behaves. The default is the form with most evidence.
//!
//! | name | forms, the default first | what differs |
//! |---|---|---|
//! | `ByteEncoding` | `IntegerArray`, `Base64`, `Neither` | the form of `Data`; another is a 400 with the type's text |
//! | `BinaryInJson` | `TypeName`, `Base64`, `Empty` | a byte array in a JSON answer: `System.Byte[]`, its bytes, or an empty list |
//! | `BinaryInClixml` | `Bytes`, `TypeName`, `Nil` | a list of `<BA>`, of the text `System.Byte[]`, or nothing in its place |
//! | `InnerAuthorization` | `Required`, `Inherited`, `SingleOnly` | a batched command needs its own; takes the batch's; always 401 |
//! | `ContinueOnError` | `AsAsked`, `Never` | the exact `Prefer` outside and inside lets a batch go on, or nothing does |
//! | `RestOfBatch` | `Missing`, `Failed` | how the rest of a batch that stopped shows |
//! | `BatchOrder` | `Reversed`, `AsSent`, `Shuffled` | the order of a batch's answers |
//! | `SelectInClixml` | `Dropped`, `Refused`, `Taken` | `$select` with clixml loses `_clixml`; is a 400; works |
//! | `MissingInJson`, `MissingInClixml` | `[]`, names | properties that an answer of that format never has |
//! | `ClearBy` | `Null`, `Remove`, `Nothing` | `null` and `Remove` clear; `Remove` only; neither |
//! | `WriteAnchors` | `["SystemMailbox"]`; `Address`, `OAuthUser`, `Tenant` | anchors that a write may have |
//! | `AnchorRefusal` | `TargetDc`, `InsufficientRights` | the text against the others |
//! | `TenantName` | `Guid`, `Domain`, `Both` | the tenant's name in the URL; another is a 400 that names it |
//! | `ResultSizeNumber` | `Ignored`, `Obeyed` | whether a number limits; `odata.maxpagesize` and nextLink always count |
//! | `Validation` | `Answered`, `Executed`, `Silent` | `Confirm:true`: nothing done and a message; done, no message; neither |
//! | `Pages` | `[]` | lists of `Object`, `Above`, `Cmdlet`, `Seconds`, `Status`, `Mebibytes`, `Times`: trouble of pages |
//! | `LargestPage` | 1000 | objects on a page, whatever `odata.maxpagesize` says |
//! | `NextLinkBase` | none | scheme, host and port in nextLinks |
//! | `Redirect` | none | `Location` and `Status`, until the affinity cookie comes |
//! | `ForbiddenBody` | `NulAsGzip`, `Nul`, `Html`, `Json` | the body of a 403 |
//! | `MissingCmdlets` | `[]` | the roles lack these cmdlets: 403 |
//! | `MissingParameters` | `{}` | cmdlet to parameters that the roles lack: 400 AmbiguousParameterSetException |
//! | `HasAppRole`, `HasDirectoryRole` | `true` | without: 401, 403 |
//! | `WriteAnswer` | `Value`, `NoContent`, `Empty` | 200 with a body, 204, 200 without a body |
//! | `ErrorDetail` | `Text`, `TypeName`, `ClassName` | `details[].message`, and JSON there in both shapes, alone |
//! | `FailureIn` | `Status`, `Errors` | an error's status, or a 200 with `@adminapi.errors` |
//! | `DirSyncedRefusal` | `WriteScope`, `DualWrite` | text and exception of the refusal; `DirSyncedException` names the first |
//! | `WarningsIn` | `Body`, `Header` | `@adminapi.warnings` or `X-Warnings` |
//! | `ErrorLanguage` | `English`, `Asked`, `German` | errors in German unless asked for en-US, or always |
//! | `CaeChallenge` | `false` | tokens without the claims of the challenge get 401 |
//! | `CertificateFilter` | `Taken`, `Refused` | `-Filter "UserCertificate -ne $null"` |
//! | `LargestTrustStore` | 70000 | bytes of an SST |
//! | `LargestList` | 64 | values of a property |
//! | `StaleSeconds` | 0 | a write shows in reads so much later |
//!
//! Transient refusals by name on 400 are faults (faults.rs): `ServerBusy`, `CmdletProxyNotAvailable`,
//! `TransientException`, `BackendCommunication`, `TooManyConcurrent`, `UnableToWriteToAad`. A recipient with
//! `"SyncedUnseen": true` is refused as directory-synchronised although IsDirSynced says no.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Enumerations of one word a form; the first is the default.
macro_rules! forms {
    ($($(#[$note:meta])* $name:ident { $first:ident $(, $other:ident)* $(,)? })*) => {$(
        $(#[$note])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            #[default]
            $first,
            $($other),*
        }
    )*};
}

// The table above says what each form does; the sections are those of docs/design/exchange-online.md.
forms! {
    /// §1.6, "`<bytes>`".
    ByteEncoding { IntegerArray, Base64, Neither }
    /// §1.6, "Read, json format".
    BinaryInJson { TypeName, Base64, Empty }
    /// §1.6, "Read, clixml".
    BinaryInClixml { Bytes, TypeName, Nil }
    /// §1.6, "Batching".
    InnerAuthorization { Required, Inherited, SingleOnly }
    /// §5.1, "Inner `Prefer`".
    ContinueOnError { AsAsked, Never }
    RestOfBatch { Missing, Failed }
    BatchOrder { Reversed, AsSent, Shuffled }
    /// §5.1, "`$select` with clixml".
    SelectInClixml { Dropped, Refused, Taken }
    /// §1.6, "Clear". An empty list and a hashtable without add or remove never do.
    ClearBy { Null, Remove, Nothing }
    /// §1.6, "Anchor values", in the order of §5.1.
    Anchor { SystemMailbox, Address, OAuthUser, Tenant }
    AnchorRefusal { TargetDc, InsufficientRights }
    TenantName { Guid, Domain, Both }
    /// §1.6, "Paging".
    ResultSizeNumber { Ignored, Obeyed }
    /// §1.6, "Validation call".
    Validation { Answered, Executed, Silent }
    /// §1.6, "Status".
    ForbiddenBody { NulAsGzip, Nul, Html, Json }
    WriteAnswer { Value, NoContent, Empty }
    /// §1.6, "Error text".
    ErrorDetail { Text, TypeName, ClassName }
    /// §1.6, "Warnings".
    FailureIn { Status, Errors }
    WarningsIn { Body, Header }
    /// §1.2.
    DirSyncedRefusal { WriteScope, DualWrite }
    ErrorLanguage { English, Asked, German }
    /// §2.2.
    CertificateFilter { Taken, Refused }
    /// Whose cmdlets `POST /session` has.
    Flavour { Cloud, OnPremises }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Commands in a window.
    pub limit: u32,
    /// Seconds of the stand-in's clock.
    pub window: f64,
}

/// Trouble with the pages of a list that hold a certain object (§1.6, "Paging" and "Time limits").
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct PageTrouble {
    /// The object's place in the list, from 0.
    pub object: usize,
    /// Only pages that may hold more objects than this.
    pub above: usize,
    /// Only lists of this cmdlet.
    pub cmdlet: Option<String>,
    /// It comes so many of the clock's seconds late.
    pub seconds: f64,
    /// It comes with this status instead of 200.
    pub status: Option<u16>,
    /// It is at least this large.
    pub mebibytes: usize,
    /// So often; without, always.
    pub times: Option<u32>,
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
    pub binary_in_clixml: BinaryInClixml,
    pub inner_authorization: InnerAuthorization,
    pub continue_on_error: ContinueOnError,
    pub rest_of_batch: RestOfBatch,
    pub batch_order: BatchOrder,
    pub select_in_clixml: SelectInClixml,
    pub missing_in_json: Vec<String>,
    pub missing_in_clixml: Vec<String>,
    pub clear_by: ClearBy,
    pub write_anchors: Vec<Anchor>,
    pub anchor_refusal: AnchorRefusal,
    pub tenant_name: TenantName,
    pub result_size_number: ResultSizeNumber,
    pub validation: Validation,
    pub pages: Vec<PageTrouble>,
    pub largest_page: usize,
    pub next_link_base: Option<String>,
    pub missing_cmdlets: Vec<String>,
    pub missing_parameters: BTreeMap<String, Vec<String>>,
    pub write_answer: WriteAnswer,
    pub error_detail: ErrorDetail,
    pub failure_in: FailureIn,
    pub dir_synced_refusal: DirSyncedRefusal,
    pub warnings_in: WarningsIn,
    pub error_language: ErrorLanguage,
    pub cae_challenge: bool,
    pub certificate_filter: CertificateFilter,
    pub largest_trust_store: usize,
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
            byte_encoding: ByteEncoding::default(),
            binary_in_json: BinaryInJson::default(),
            binary_in_clixml: BinaryInClixml::default(),
            inner_authorization: InnerAuthorization::default(),
            continue_on_error: ContinueOnError::default(),
            rest_of_batch: RestOfBatch::default(),
            batch_order: BatchOrder::default(),
            select_in_clixml: SelectInClixml::default(),
            missing_in_json: Vec::new(),
            missing_in_clixml: Vec::new(),
            clear_by: ClearBy::default(),
            write_anchors: vec![Anchor::SystemMailbox],
            anchor_refusal: AnchorRefusal::default(),
            tenant_name: TenantName::default(),
            result_size_number: ResultSizeNumber::default(),
            validation: Validation::default(),
            pages: Vec::new(),
            largest_page: 1000,
            next_link_base: None,
            missing_cmdlets: Vec::new(),
            missing_parameters: BTreeMap::new(),
            write_answer: WriteAnswer::default(),
            error_detail: ErrorDetail::default(),
            failure_in: FailureIn::default(),
            dir_synced_refusal: DirSyncedRefusal::default(),
            warnings_in: WarningsIn::default(),
            error_language: ErrorLanguage::default(),
            cae_challenge: false,
            certificate_filter: CertificateFilter::default(),
            largest_trust_store: 70_000,
            assertion_algorithms: vec!["PS256".into(), "RS256".into()],
            token_lifetime: 3599.0,
            has_app_role: true,
            has_directory_role: true,
            forbidden_body: ForbiddenBody::default(),
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
            flavour: Flavour::default(),
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
