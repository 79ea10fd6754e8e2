//! A home with a profile and trust anchors, and certificates for both sides.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Value, json};
use smime_sync::{
    certificate::{Certificate, write_store},
    error::Result,
    operation::{Engine, EngineConfig, Request},
};

use super::organisation::Organisation;
use crate::common::{
    certificates::{Authority, pem_of},
    events::Recorder,
};

pub struct Home(tempfile::TempDir);

impl Home {
    /// A home whose profile `corp` trusts `anchors`; `settings` go over its own.
    pub fn new(anchors: &[&Authority], settings: Value) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        let pem: String = anchors.iter().map(|anchor| pem_of(&anchor.der)).collect();
        fs::write(home.path("anchors.pem"), pem).unwrap();
        let mut profile = json!({
            "Name": "corp", "Source": "Ldif", "Path": home.path("unused.ldif"), "Target": "ExchangeSession",
            "TrustAnchorPath": [home.path("anchors.pem")],
        });
        profile.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let request = json!({ "Operation": "NewProfile", "Profile": profile });
        let (done, _) = home.ask(Organisation::default(), request);
        done.unwrap();
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Older trust stores that were saved.
    pub fn backups(&self) -> Vec<PathBuf> {
        let mut files = files(&self.path("state"));
        files.retain(|path| path.extension().is_some_and(|extension| extension == "sst"));
        files
    }

    /// Runs a request of `caller`.
    pub fn ask(&self, caller: Organisation, request: Value) -> (Result<()>, Arc<Recorder<Organisation>>) {
        let home = Some(self.0.path().to_str().unwrap().into());
        let engine = Engine::new(EngineConfig { home, ..EngineConfig::default() }).unwrap();
        let caller = Recorder::new(caller);
        let request: Request = serde_json::from_value(request).unwrap();
        (engine.run(request, &caller.context()), caller)
    }
}

/// A CA whose certificate is valid for some years around [`NOW`].
pub fn ca(name: &str) -> Authority {
    Authority::root(&format!("CN={name},O=Contoso"), name.len() as u8)
}

/// A CA whose certificate ended in 2024.
pub fn expired(name: &str) -> Authority {
    Authority::root_of(&format!("CN={name},O=Contoso"), name.len() as u8, |draft| draft.valid(-2000, -900))
}

/// A serialized store of these CAs, in this order.
pub fn store(authorities: &[&Authority]) -> Vec<u8> {
    write_store(authorities.iter().map(|one| one.der.as_slice())).unwrap()
}

/// The subjects of certificates.
pub fn subjects<'a>(ders: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<String> {
    ders.into_iter().map(|der| Certificate::from_der(der).unwrap().subject.to_string()).collect()
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// How messages name a certificate of [`expired`].
pub fn expired_named(name: &str) -> String {
    let thumbprint = hex::encode_upper(Certificate::from_der(&expired(name).der).unwrap().thumbprint);
    let validity = "valid from 2021-07-25 08:00 UTC until 2024-07-29 08:00 UTC";
    format!("CN={name},O=Contoso (thumbprint {thumbprint}, {validity})")
}
