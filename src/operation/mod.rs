//! What a caller can ask for: one file an operation.

#[cfg(feature = "fault-injection")]
mod fault;
pub mod request;

use std::{collections::BTreeMap, sync::Mutex};

use zeroize::Zeroizing;

pub use request::{EngineConfig, Request};

use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
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

    /// Does what `request` asks for; blocks until it is done. Results and errors of single objects go to
    /// `context`; what is returned is the error that ended the operation.
    pub fn run(&self, request: Request, context: &Context) -> Result<()> {
        context.check()?;
        let _ = &self.config;
        match request {
            #[cfg(feature = "fault-injection")]
            Request::Fault(request) => fault::run(&request, context),
            other => Err(Error::new(ErrorId::Internal, format!("not yet: {other:?}"))),
        }
    }
}
