//! What operations have in common: configuration, secrets, and where profiles and states are.

use std::{collections::BTreeMap, sync::Mutex};

use zeroize::Zeroizing;

use super::request::EngineConfig;
use crate::{
    error::Result,
    model::Timestamp,
    places::{Places, profile_store},
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

    /// The secret of that name, if the caller gave it.
    pub(super) fn secret(&self, name: &str) -> Option<Zeroizing<Vec<u8>>> {
        let secrets = self.secrets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        secrets.get(name).cloned()
    }

    /// The names of the secrets that the caller gave.
    pub(super) fn secret_names(&self) -> Vec<String> {
        let secrets = self.secrets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        secrets.keys().cloned().collect()
    }

    /// Shows every secret.
    pub(super) fn each_secret(&self, mut visit: impl FnMut(&[u8])) {
        let secrets = self.secrets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        secrets.values().for_each(|secret| visit(secret));
    }

    /// Where profiles and states are looked for, in this order.
    pub(super) fn places(&self) -> Result<Vec<Places>> {
        Places::search(self.config.home.as_deref(), self.config.scope)
    }

    /// The state of a profile, to be read; `None` before its first run.
    pub(super) fn read_state(&self, profile: &str) -> Result<Option<State>> {
        let search = self.places()?;
        let name = profile_store::stored_name(&search, profile)?;
        for places in search {
            if places.profile_file(&name)?.exists() {
                return State::open_to_read(&places.state_file(&name));
            }
        }
        Ok(None)
    }

    /// Who works, for locks and the history.
    pub(super) fn holder(&self) -> Holder {
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
