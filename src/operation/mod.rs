//! What a caller can ask for: one file an operation.

pub mod certificate;
pub mod certificate_file;
mod connect;
mod exchange;
#[cfg(feature = "fault-injection")]
mod fault;
mod history;
mod in_directory;
mod locked;
mod profile;
mod profile_store;
pub mod publish;
pub mod request;
mod sync;
pub mod test_profile;
pub mod trust_store;
pub mod unpublish;
mod wildcard;

use std::{collections::BTreeMap, sync::Mutex};

use zeroize::Zeroizing;

pub use request::{EngineConfig, Request};

use crate::{
    error::Result,
    event::{Context, ResultType},
    model::Timestamp,
    places::Places,
    policy,
    state::{State, lock::Holder},
};

/// Runs operations. One for each call of a cmdlet.
pub struct Engine {
    config: EngineConfig,
    secrets: Mutex<BTreeMap<String, Zeroizing<Vec<u8>>>>,
}

impl Engine {
    /// An engine; nothing is read or written yet.
    pub fn new(config: EngineConfig) -> Result<Self> {
        Ok(Self { config, secrets: Mutex::default() })
    }

    /// Keeps a secret under `name`, zeroed when replaced and with the engine.
    pub fn set_secret(&self, name: &str, secret: &[u8]) {
        let mut secrets = self.secrets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        secrets.insert(name.to_owned(), Zeroizing::new(secret.to_vec()));
    }

    fn secret(&self, name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let secrets = self.secrets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        secrets.get(name).cloned()
    }

    /// Does what `request` asks for; blocks until it is done. Results and errors of single objects go to
    /// `context`; what is returned is the error that ended the operation.
    pub fn run(&self, request: Request, context: &Context) -> Result<()> {
        context.check()?;
        match request {
            Request::NewProfile(request) => profile::new(self, &request, context),
            Request::GetProfile(request) => profile::get(self, &request, context),
            Request::SetProfile(request) => profile::set(self, &request, context),
            Request::RemoveProfile(request) => profile::remove(self, &request, context),
            Request::TestProfile(request) => test_profile::run(self, &request, context),
            Request::Sync(request) => sync::run(self, &request, context),
            Request::GetCertificate(request) => certificate::get(self, &request, context),
            Request::Publish(request) => publish::run(self, &request, context),
            Request::Unpublish(request) => unpublish::run(self, &request, context),
            Request::ExportTrustStore(request) => trust_store::export(self, &request, context),
            Request::PublishTrustStore(request) => trust_store::publish(self, &request, context),
            Request::GetRule(request) => policy::rules()
                .iter()
                .filter(|rule| asks_for(&request.rule, &rule.rule))
                .try_for_each(|rule| context.result(ResultType::Rule, rule)),
            Request::GetRun(request) => history::runs(self, &request, context),
            Request::GetChange(request) => history::changes(self, &request, context),
            Request::ApprovePlan(request) => history::approve(self, &request, context),
            #[cfg(feature = "fault-injection")]
            Request::Fault(request) => fault::run(&request, context),
        }
    }

    fn places(&self) -> Result<Vec<Places>> {
        Places::search(self.config.home.as_deref(), self.config.scope)
    }

    /// The state of a profile, to be read; `None` before its first run.
    fn read_state(&self, profile: &str) -> Result<Option<State>> {
        for places in self.places()? {
            if places.profile_file(profile)?.exists() {
                return State::open_to_read(&places.state_file(profile));
            }
        }
        Ok(None)
    }

    /// Who works, for locks and the history.
    fn holder(&self) -> Holder {
        let variable = |names: [&str; 2]| names.into_iter().find_map(|name| std::env::var(name).ok());
        // Services and scheduled tasks may have no such variable.
        let user =
            variable(["USER", "USERNAME"]).or_else(user_number).unwrap_or_else(|| "unknown user".into());
        let machine = variable(["COMPUTERNAME", "HOSTNAME"])
            .or_else(|| {
                std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned())
            })
            .unwrap_or_else(|| "unknown host".into());
        let program = self.config.host.as_deref().map(|host| format!(", {host}")).unwrap_or_default();
        Holder {
            host: format!("{user}@{machine}{program}, process {}", std::process::id()),
            since: Timestamp::now(),
        }
    }
}

/// Whether `names` has `name`, in any case; none: all are asked for.
fn asks_for(names: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    names.is_empty() || names.iter().any(|one| one.to_lowercase() == name)
}

/// `uid 0`, where the operating system numbers its users.
fn user_number() -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata("/proc/self").ok().map(|process| format!("uid {}", process.uid()))
    }
    #[cfg(not(unix))]
    None
}
