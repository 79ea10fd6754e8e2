//! The source as a client of the stand-in.

use std::{fs, path::PathBuf, sync::Arc};

use ldap3_proto::proto::{LdapMsg, LdapResultCode};
use smime_sync::{
    directory::{Selection, Source, SourceItem, ldap::LdapSource},
    error::{Error, Result},
    event::Context,
    profile::DirectorySettings,
};

use crate::common::{
    directory::{self, account, refusal, signed_in},
    events::context,
    network::Scripted,
    stand_in::{Authority, BASE, Reply, directory, done, serve, user},
};

pub const USER: &str = "sync@contoso.test";
pub const PASSWORD: &str = "Secret-4711";

/// A CA, its file, and profiles of servers that it vouches for.
pub struct Trusted {
    pub authority: Authority,
    pub folder: tempfile::TempDir,
}

impl Trusted {
    pub fn new() -> Self {
        let (authority, folder) = (Authority::new("Server CA"), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("ca.pem"), &authority.pem).unwrap();
        Self { authority, folder }
    }

    pub fn settings(&self, port: u16) -> DirectorySettings {
        with_timeout(5, directory::settings("localhost", port, Some(self.ca()), &[BASE]))
    }

    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The settings of a new server that answers this way.
    pub fn served(&self, answer: impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static) -> DirectorySettings {
        self.settings(serve(&self.authority.good(), answer))
    }
}

/// The settings with another time limit.
pub fn with_timeout(timeout: u32, mut settings: DirectorySettings) -> DirectorySettings {
    settings.connection.timeout = Some(timeout);
    settings
}

/// A source that has signed in; pauses are short.
pub fn connect(settings: &DirectorySettings, context: &Context) -> Result<LdapSource> {
    connect_through(settings, &Arc::new(Scripted::default()), context)
}

/// The same by way of this network.
pub fn connect_through(
    settings: &DirectorySettings,
    network: &Arc<Scripted>,
    context: &Context,
) -> Result<LdapSource> {
    let source = LdapSource::active_directory(settings, account(USER, PASSWORD), context)?;
    signed_in(Ok(source.through(network.clone())), context)
}

/// The error of connecting. However it goes wrong, the password is not in it.
pub fn connect_error(settings: &DirectorySettings) -> Error {
    let error = refusal(connect(settings, &context().0));
    assert!(!serde_json::to_string(&error).unwrap().contains(PASSWORD), "{error:?}");
    error
}

/// Connects and reads all; what came, and how it ended.
pub fn read(settings: &DirectorySettings, context: &Context) -> (Vec<SourceItem>, Result<()>) {
    let mut items = Vec::new();
    let mut source = connect(settings, context).unwrap_or_else(|e| panic!("{e:?}"));
    let ended = source.read(&Selection::All, context, &mut |item| {
        items.push(item);
        Ok(())
    });
    (items, ended)
}

pub fn addresses(items: &[SourceItem]) -> Vec<&str> {
    fn address(item: &SourceItem) -> &str {
        match item {
            SourceItem::Recipient(recipient) => recipient.mail.as_deref().unwrap_or_default(),
            SourceItem::Invalid(error) => &error.message,
        }
    }
    items.iter().map(address).collect()
}

pub fn ended(code: LdapResultCode) -> impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static {
    directory(move |_, _| Reply::Say(vec![user(1, &[]), done(code.clone(), "because")]))
}
