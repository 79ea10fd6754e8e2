//! All that the stand-in knows, in memory.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use serde_json::Value;

use super::{
    clock::Clock,
    directory::Directory,
    faults::Faults,
    object::Parameter,
    rate::Rate,
    settings::{Application, Settings},
};

/// A token that it made: whom it is for, and until when.
pub struct Token {
    pub tenant: String,
    pub expires: f64,
    /// Whether it was asked for with the claims of a challenge.
    pub has_claims: bool,
}

/// A request as it came; secrets are left out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record {
    pub time: String,
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    /// A command, alone or inside a batch.
    pub cmdlet: Option<String>,
    /// Whether it came inside a batch.
    pub in_batch: bool,
    /// SHA-256 of the parameters' JSON.
    pub parameters_digest: Option<String>,
    pub status: u16,
    /// The fault that was put in its way.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statistics {
    /// HTTPS requests to the gateway.
    pub requests: u64,
    pub batches: u64,
    /// Commands, alone or inside a batch, refused ones too.
    pub commands: u64,
    pub commands_by_name: BTreeMap<String, u64>,
    pub statuses: BTreeMap<u16, u64>,
    pub tokens_issued: u64,
    pub sign_ins_refused: u64,
    pub identity_requests: u64,
    pub redirects: u64,
    /// Commands refused by the rate limit.
    pub throttled: u64,
    /// Commands sent beyond the limit after it was announced.
    pub beyond_announced_limit: u64,
    pub largest_concurrency: usize,
    pub faults: BTreeMap<String, u64>,
    /// Requests of a form that no source has, by what was said against them.
    pub misunderstood: BTreeMap<String, u64>,
}

#[derive(Default)]
pub struct World {
    pub clock: Clock,
    pub settings: Settings,
    pub application: Option<Application>,
    pub directory: Directory,
    /// What Set-SmimeConfig stored.
    pub smime_config: BTreeMap<String, Parameter>,
    pub tokens: HashMap<String, Token>,
    pub used_assertions: HashSet<String>,
    pub rate: Rate,
    pub faults: Faults,
    pub records: Vec<Record>,
    pub statistics: Statistics,
    /// Requests under way.
    pub concurrency: usize,
    /// Scheme, host and port of the HTTPS side.
    pub base: String,
}

/// Records beyond this number are counted only.
const MOST_RECORDS: usize = 200_000;

impl World {
    pub fn now(&self) -> f64 {
        self.clock.now()
    }

    pub fn record(&mut self, record: Record) {
        *self.statistics.statuses.entry(record.status).or_default() += 1;
        if let Some(cmdlet) = &record.cmdlet {
            self.statistics.commands += 1;
            *self.statistics.commands_by_name.entry(cmdlet.clone()).or_default() += 1;
        }
        if self.records.len() < MOST_RECORDS {
            self.records.push(record);
        }
    }

    /// Whether the application's tenant has that id or domain.
    pub fn is_tenant(&self, name: &str) -> bool {
        self.application.as_ref().is_some_and(|application| {
            let mut names = application.domains.iter().chain([&application.tenant_id]);
            names.any(|own| own.eq_ignore_ascii_case(name))
        })
    }
}

/// The world, shared by all connections.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, read whole.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        form(&self.query).remove(name)
    }

    pub fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// What may be shown of its headers.
    pub fn shown_headers(&self) -> BTreeMap<String, String> {
        let secret = ["authorization", "x-identity-header"];
        let shown = self.headers.iter().filter(|(name, _)| !secret.contains(&name.as_str()));
        shown.cloned().collect()
    }
}

/// The fields of application/x-www-form-urlencoded; of one that comes twice the last one.
pub fn form(text: &str) -> HashMap<String, String> {
    let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return HashMap::new() };
    url.set_query(Some(text));
    url.query_pairs().into_owned().collect()
}
