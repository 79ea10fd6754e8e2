//! The ways in which Exchange Online may differ from what is believed of it: each open fact of
//! docs/design/exchange-online.md §5.1 otherwise, and how it is known to fail. The first is the default.

use serde_json::{Value, json};

use crate::common::exchange::StandIn;

/// One way in which the service may be.
pub struct Flavour {
    pub name: &'static str,
    /// Settings of the stand-in (tests/lab/exchange/settings.rs).
    settings: Value,
    /// What goes wrong on the way (tests/lab/exchange/faults.rs).
    faults: Value,
    /// The first contact is synchronised, though it does not look so.
    pub synced_unseen: bool,
    /// Not over REST, but in the admin's own session.
    pub session: bool,
}

impl Flavour {
    /// The one of that name; panics if there is none.
    pub fn named(name: &str) -> Self {
        all()
            .into_iter()
            .find(|flavour| flavour.name == name)
            .unwrap_or_else(|| panic!("no flavour '{name}'"))
    }

    /// Makes the stand-in so.
    pub fn apply(&self, stand_in: &StandIn) {
        // Links of the stand-in to itself by another name; its port is chosen at its start.
        let port = stand_in.https.rsplit(':').next().unwrap_or_default();
        let settings = self.settings.to_string().replace("PORT", port);
        stand_in.settings(serde_json::from_str(&settings).unwrap());
    }

    /// Whether lists come in pages that are small for 45 people.
    pub fn has_small_pages(&self) -> bool {
        self.settings.get("LargestPage").is_some()
    }

    /// Whether every answer says that the service worked slowly on purpose.
    pub fn says_delays(&self) -> bool {
        self.settings["MicroDelayWarnings"] == true
    }

    /// Whether commands are not taken in batches.
    pub fn sends_alone(&self) -> bool {
        self.settings["InnerAuthorization"] == "SingleOnly"
    }

    /// Puts what goes wrong in the way.
    pub fn disturb(&self, stand_in: &StandIn) {
        stand_in.faults(1, self.faults.clone());
    }
}

fn flavour(name: &'static str, settings: Value) -> Flavour {
    Flavour { name, settings, faults: json!([]), synced_unseen: false, session: false }
}

/// A recipient of the fifteen contacts is refused.
fn refusing(name: &'static str, settings: Value) -> Flavour {
    Flavour { synced_unseen: true, ..flavour(name, settings) }
}

fn failing(name: &'static str, settings: Value, faults: Value) -> Flavour {
    Flavour { faults, ..flavour(name, settings) }
}

fn session(name: &'static str, settings: Value) -> Flavour {
    Flavour { session: true, ..flavour(name, settings) }
}

/// The third and fourth command fail for a while.
fn passing(name: &'static str, kind: &str) -> Flavour {
    let fault = json!({ "Kind": kind, "Scope": "Command", "Nth": 20, "Count": 2, "Seconds": 1 });
    failing(name, json!({}), json!([fault]))
}

pub fn all() -> Vec<Flavour> {
    let page = |trouble: Value| json!({ "Pages": [trouble] });
    let mut all = vec![
        flavour("default", json!({})),
        // Bytes.
        flavour("bytes: base64", json!({ "ByteEncoding": "Base64" })),
        flavour("bytes: neither", json!({ "ByteEncoding": "Neither" })),
        // Batches.
        flavour("batch: inherits the token", json!({ "InnerAuthorization": "Inherited" })),
        flavour("batch: commands are sent alone", json!({ "InnerAuthorization": "SingleOnly" })),
        failing("batch: the rest is missing", json!({ "ContinueOnError": "Never" }), busy()),
        failing(
            "batch: the rest fails",
            json!({ "ContinueOnError": "Never", "RestOfBatch": "Failed" }),
            busy(),
        ),
        // Reading.
        flavour("$select with clixml: refused", json!({ "SelectInClixml": "Refused" })),
        flavour("$select with clixml: taken", json!({ "SelectInClixml": "Taken" })),
        flavour("json: bytes in base64", json!({ "BinaryInJson": "Base64" })),
        flavour("json: no Guid", json!({ "MissingInJson": ["Guid"] })),
        flavour("json: no certificates", json!({ "MissingInJson": CERTIFICATES })),
        flavour("clixml: no certificates", json!({ "MissingInClixml": CERTIFICATES })),
        flavour("clixml: no bytes", json!({ "BinaryInClixml": "TypeName" })),
        flavour("clixml: nothing in place of bytes", json!({ "BinaryInClixml": "Nil" })),
        flavour(
            "clixml: nothing, json: base64",
            json!({ "BinaryInClixml": "Nil", "BinaryInJson": "Base64" }),
        ),
        flavour("no certificate is ever shown", json!({ "BinaryInClixml": "Nil", "BinaryInJson": "Empty" })),
        flavour(
            "none is shown and clearing impossible",
            json!({ "BinaryInClixml": "Nil", "BinaryInJson": "Empty", "ClearBy": "Nothing" }),
        ),
        // Clearing.
        flavour("clearing: Remove only", json!({ "ClearBy": "Remove" })),
        flavour("clearing: impossible", json!({ "ClearBy": "Nothing" })),
        // Routing.
        flavour("anchor: the address", json!({ "WriteAnchors": ["Address"] })),
        flavour("anchor: OAuthUser", json!({ "WriteAnchors": ["OAuthUser"] })),
        flavour("anchor: the tenant", json!({ "WriteAnchors": ["Tenant"] })),
        flavour(
            "anchor: the address, other words",
            json!({ "WriteAnchors": ["Address"], "AnchorRefusal": "InsufficientRights" }),
        ),
        flavour("anchor: none", json!({ "WriteAnchors": [] })),
        flavour("tenant: by domain", json!({ "TenantName": "Domain" })),
        flavour("tenant: by either", json!({ "TenantName": "Both" })),
        flavour("redirect", json!({ "Redirect": { "Location": "https://localhost:PORT", "Status": 307 } })),
        // Lists.
        flavour("ResultSize is obeyed", json!({ "ResultSizeNumber": "Obeyed" })),
        flavour("filter on certificates: refused", json!({ "CertificateFilter": "Refused" })),
        flavour("pages: small", json!({ "LargestPage": 4 })),
        flavour("pages: slow", page(json!({ "Object": 0, "Seconds": 1 }))),
        flavour("pages: time-out above 250", page(json!({ "Object": 0, "Above": 250, "Status": 504 }))),
        flavour("pages: 65 MiB above 500", page(json!({ "Object": 0, "Above": 500, "Mebibytes": 65 }))),
        // Validation.
        flavour("validation: executes", json!({ "Validation": "Executed" })),
        flavour("validation: says nothing", json!({ "Validation": "Silent" })),
        // Roles.
        flavour("role: none, NUL as gzip", json!({ "HasDirectoryRole": false })),
        flavour("role: none, NUL", json!({ "HasDirectoryRole": false, "ForbiddenBody": "Nul" })),
        flavour("role: none, HTML", json!({ "HasDirectoryRole": false, "ForbiddenBody": "Html" })),
        flavour("role: none, JSON", json!({ "HasDirectoryRole": false, "ForbiddenBody": "Json" })),
        flavour("role: no app role", json!({ "HasAppRole": false })),
        flavour("role: no Set-MailContact", json!({ "MissingCmdlets": ["Set-MailContact"] })),
        flavour("role: no Get-MailUser", json!({ "MissingCmdlets": ["Get-MailUser"] })),
        flavour(
            "role: a parameter less",
            json!({ "MissingParameters": { "Set-MailUser": ["UserSMimeCertificate"] } }),
        ),
        // Answers.
        flavour("writes: 204", json!({ "WriteAnswer": "NoContent" })),
        flavour("writes: empty 200", json!({ "WriteAnswer": "Empty" })),
        flavour("warnings: in the header", json!({ "WarningsIn": "Header", "MicroDelayWarnings": true })),
        flavour("writes show late", json!({ "StaleSeconds": 2 })),
        flavour("challenge", json!({ "CaeChallenge": true })),
        // A contact that is synchronised unseen.
        refusing("refused", json!({})),
        refusing("refused: DualWrite", json!({ "DirSyncedRefusal": "DualWrite" })),
        refusing("refused: JSON with TypeName", json!({ "ErrorDetail": "TypeName" })),
        refusing(
            "refused: JSON with ClassName",
            json!({ "ErrorDetail": "ClassName", "DirSyncedRefusal": "DualWrite" }),
        ),
        refusing("refused: inside a 200", json!({ "FailureIn": "Errors" })),
        refusing("refused: English if asked", json!({ "ErrorLanguage": "Asked" })),
        refusing("refused: German", json!({ "ErrorLanguage": "German" })),
        // Passing.
        passing("busy", "ServerBusy"),
        passing("busy: no proxy", "CmdletProxyNotAvailable"),
        passing("busy: transient", "TransientException"),
        passing("busy: backend", "BackendCommunication"),
        passing("busy: too many at once", "TooManyConcurrent"),
        passing("busy: Entra ID", "UnableToWriteToAad"),
        // Everything at once that differs and still publishes.
        flavour(
            "everything otherwise",
            json!({ "ByteEncoding": "Base64", "InnerAuthorization": "SingleOnly", "SelectInClixml": "Refused",
                "ClearBy": "Remove", "WriteAnchors": ["Tenant"], "TenantName": "Domain", "Validation": "Silent",
                "CertificateFilter": "Refused", "WriteAnswer": "NoContent", "ErrorDetail": "ClassName",
                "WarningsIn": "Header", "LargestPage": 4, "ErrorLanguage": "Asked" }),
        ),
        session("session", json!({})),
        session("session: clearing by Remove only", json!({ "ClearBy": "Remove" })),
        session("session: clearing impossible", json!({ "ClearBy": "Nothing" })),
    ];
    all.push(Flavour {
        synced_unseen: true,
        ..session("session: refused, German", json!({ "ErrorLanguage": "German" }))
    });
    all
}

const CERTIFICATES: [&str; 2] = ["UserCertificate", "UserSMimeCertificate"];

/// Two commands inside batches of writes find the server busy.
fn busy() -> Value {
    json!([
        { "Kind": "ServiceUnavailable", "Scope": "Command", "Cmdlet": "Set-Mailbox", "Nth": 3, "Seconds": 1 },
        { "Kind": "ServiceUnavailable", "Scope": "Command", "Cmdlet": "Set-MailUser", "Nth": 12, "Seconds": 1 },
    ])
}
