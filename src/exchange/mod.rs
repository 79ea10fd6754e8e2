//! Exchange: cmdlets with their parameters go out, objects come back; over REST or through the caller's session.
//!
//! Microsoft documents the cmdlets, not the transport of its own module; so what publishes to Exchange speaks to a
//! [`CmdletChannel`], and everything that is not documented stays behind it.

pub(crate) mod clixml;
pub mod clock;
pub mod cloud;
pub mod dialect;
pub(crate) mod failure;
pub mod http;
pub mod online;
pub mod proxy;
mod secret;
pub mod session;
pub mod sign_in;
pub mod trace;
pub(crate) mod trust_store;

use std::{collections::BTreeMap, time::Duration};

use self::dialect::{Dialect, SettledFact};
use crate::{error::Result, event::Context};

/// A cmdlet with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Its name, such as `Set-Mailbox`.
    pub cmdlet: &'static str,
    /// Its parameters, each once.
    pub parameters: Vec<(&'static str, Parameter)>,
    /// The properties of its output that are wanted; none: no output.
    pub select: &'static [&'static str],
    /// The mailbox near which it should run: an SMTP address or UPN; none: the organisation.
    pub anchor: Option<String>,
    /// Binary properties may come as [`Property::Count`].
    pub counts_only: bool,
    /// It is known to be about somebody who has values: an answer that shows none is in a form that hides them.
    pub holds_values: bool,
    /// Whether carrying it out twice does the same as once: `Get-` and `Set-`, not `New-`.
    pub repeatable: bool,
    /// Whether it asks for confirmation.
    pub confirm: Confirm,
    /// How much of its output is wanted.
    pub extent: Extent,
    /// Whom it is about, as messages name them: an address. None: what its own parameters say.
    pub about: Option<String>,
}

impl Command {
    /// A command that may be repeated, with no output, no anchor and nothing to confirm.
    pub fn new(cmdlet: &'static str, parameters: Vec<(&'static str, Parameter)>) -> Self {
        Self {
            cmdlet,
            parameters,
            select: &[],
            anchor: None,
            counts_only: false,
            holds_values: false,
            repeatable: true,
            confirm: Confirm::default(),
            extent: Extent::default(),
            about: None,
        }
    }

    /// The same, about somebody: an address rather than the Guid by which the service is asked.
    pub fn about(self, whom: Option<&str>) -> Self {
        Self { about: whom.filter(|whom| !whom.is_empty()).map(str::to_owned), ..self }
    }

    /// Whom or what it concerns, as messages and errors name them.
    pub fn object(&self) -> Option<&str> {
        const NAMES: &[&str] = &["Identity", "ExternalEmailAddress", "Name", "Filter"];
        let text = |name: &&str| {
            self.parameters.iter().find_map(|(known, value)| match value {
                Parameter::Text(text) if known == name => Some(text.as_str()),
                _ => None,
            })
        };
        self.about.as_deref().or_else(|| NAMES.iter().find_map(text))
    }

    /// The cmdlet and its object, as messages name them: `Set-Mailbox for 'ada@contoso.test'`.
    pub fn what(&self) -> String {
        match self.object() {
            Some(object) => format!("{} for '{object}'", self.cmdlet),
            None => self.cmdlet.to_owned(),
        }
    }

    /// What of it a role decides about.
    fn used(&self) -> failure::Used {
        let names = self.parameters.iter().map(|(name, _)| *name);
        failure::Used {
            cmdlet: self.cmdlet,
            parameters: names.filter(|name| !matches!(*name, "Identity" | "ResultSize" | "Filter")).collect(),
        }
    }
}

/// How much of a cmdlet's output is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All that it finds, which is little.
    #[default]
    Few,
    /// A list of everybody: it has the time of lists, and its pages are as large as the service can make them.
    All,
    /// The first object, to see whether there is any: a service may not heed `-ResultSize`.
    First,
}

/// Whether a cmdlet carries out what it is asked (third party: ExchangeOnlineManagement's own two calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirm {
    /// It has nothing to confirm: it reads.
    #[default]
    None,
    /// It is carried out: `-Confirm:$false`.
    Execute,
    /// It is only checked, and [`Output::confirmation`] is what would be asked: `-Confirm:$true`. Only over REST.
    Validate,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// Text, an identity or a number of results.
    Text(String),
    /// A switch or a boolean.
    Flag(bool),
    /// One binary value.
    Binary(Vec<u8>),
    /// A list of binary values, which is not empty: an empty one does not clear a property.
    BinaryList(Vec<Vec<u8>>),
    /// Nothing: `null`, which clears the property where [`Dialect::clear`](dialect::Dialect::clear) says so.
    Clear,
    /// These values go, and others stay: `@{Remove=...}`.
    Remove(Vec<Vec<u8>>),
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Property {
    /// Text; identifiers, enumerations and dates too.
    Text(String),
    /// `True` or `False`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// One binary value.
    Binary(Vec<u8>),
    /// The values of a property that has several.
    List(Vec<Property>),
    /// How many binary values there are, where only that was asked for.
    Count(usize),
}

/// An object that a cmdlet returned. Names are compared in any case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(BTreeMap<String, Option<Property>>);

impl Object {
    /// Sets a property; one that is there is replaced.
    pub fn insert(&mut self, name: &str, value: Property) {
        self.0.insert(name.to_ascii_lowercase(), Some(value));
    }

    /// Takes note of a property without a value; one that is there stays.
    pub fn mention(&mut self, name: &str) {
        self.0.entry(name.to_ascii_lowercase()).or_default();
    }

    /// Whether the property was in the answer at all, if only without a value.
    pub fn mentions(&self, name: &str) -> bool {
        self.0.contains_key(&name.to_ascii_lowercase())
    }

    /// Leaves out all properties but these.
    pub fn keep(&mut self, names: &[&str]) {
        self.0.retain(|known, _| names.iter().any(|name| name.eq_ignore_ascii_case(known)));
    }

    /// The names of all properties, in small letters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value of the property of that name, in any case.
    pub fn get(&self, name: &str) -> Option<&Property> {
        self.0.get(&name.to_ascii_lowercase())?.as_ref()
    }

    /// A property that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Property::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A property that is a flag; text that says `True` counts, too.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(Property::Flag(flag)) => Some(*flag),
            Some(Property::Text(text)) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// The texts of a property with one or several values.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(Property::Text(text)) => vec![text],
            Some(Property::List(list)) => list
                .iter()
                .filter_map(|one| match one {
                    Property::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// What a cmdlet answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// The objects of its output, in their order.
    pub objects: Vec<Object>,
    /// What it warned about.
    pub warnings: Vec<String>,
    /// What a [validation](Confirm::Validate) would have asked.
    pub confirmation: Option<String>,
}

/// Where an organisation's recipients are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    /// Exchange Online.
    Cloud,
    /// Exchange Server.
    OnPremises,
}

/// Runs cmdlets.
///
/// One command that fails is an error of its own. What makes going on useless (no right at all, a service that
/// refuses everything) is the error of the whole call.
pub trait CmdletChannel: Send {
    /// How messages name it: `Exchange Online`, `the Exchange session`.
    fn name(&self) -> String;

    /// Where its recipients are kept; asks if it has to.
    fn location(&mut self, context: &Context) -> Result<Location>;

    /// How many commands one call of [`CmdletChannel::invoke`] takes well.
    fn batch_size(&self) -> usize;

    /// Runs commands, perhaps several at a time; one result each, in their order.
    ///
    /// A command that is not [repeatable](Command::repeatable) and whose outcome can't be told fails with
    /// `ExchangeUnavailable` rather than being sent again.
    fn invoke(&mut self, commands: &[Command], context: &Context) -> Result<Vec<Result<Output>>>;

    /// Whether a list comes page by page, and not as one answer.
    fn has_pages(&self) -> bool {
        false
    }

    /// Runs one command that lists objects, and hands them over page by page. `-ResultSize Unlimited` is among
    /// the command's own parameters.
    fn list(
        &mut self,
        command: &Command,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<()>;

    /// The service's own clock, where it has shown one.
    fn clock(&mut self, context: &Context) -> Result<Option<crate::model::Timestamp>>;

    /// Waits by its own clock. Fails with `Canceled` as soon as the caller has canceled.
    fn wait(&self, time: Duration, context: &Context) -> Result<()> {
        context.wait(time)
    }

    /// Takes what an earlier run [learned](CmdletChannel::learned); what is of another organisation, or unreadable, is
    /// left aside.
    fn recall(&mut self, remembered: &str) {
        let _ = remembered;
    }

    /// What later runs should know, where it has changed since the last call.
    fn learned(&mut self) -> Option<String> {
        None
    }

    /// The forms of the wire that are in use, for whoever settles one; `None`: there is nothing to settle.
    fn dialect(&mut self) -> Option<&mut Dialect> {
        None
    }

    /// What was settled, in words.
    fn settled(&self) -> Vec<SettledFact> {
        Vec::new()
    }
}
