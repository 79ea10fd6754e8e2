//! Targets: where values are published.

pub mod folder;

use crate::{
    error::Result,
    event::Context,
    recipient::{Fingerprint, Value},
    state::{import::RecipientRecord, published::PublishedRecipient},
};

/// A source recipient, for the target to match.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetQuery<'a> {
    /// The source's anchor.
    pub anchor: &'a str,
    /// What is known of the recipient.
    pub recipient: &'a RecipientRecord,
    /// The target's own key, from an earlier run.
    pub link: Option<&'a str>,
    /// Search the whole target by anchor, too: this state has never seen it.
    pub thorough: bool,
}

/// A recipient of the target as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRecipient {
    /// The target's own key.
    pub key: String,
    /// Its values, in the target's order.
    pub values: Vec<Value>,
}

impl TargetRecipient {
    /// The SHA-256 of each value, in their order.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.values.iter().map(Value::fingerprint).collect()
    }
}

/// What a target has for a source recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// Nothing.
    None,
    /// This one.
    One(TargetRecipient),
    /// More than one, or one that belongs to somebody else; the sentence says which.
    Ambiguous(String),
}

/// One recipient's values as they shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetWrite<'a> {
    /// Whose.
    pub query: TargetQuery<'a>,
    /// What was there a moment ago.
    pub current: Option<TargetRecipient>,
    /// The whole list that shall be there: ours first, best first, then foreign ones. Empty: nothing.
    pub values: Vec<Value>,
}

/// Where values are published.
///
/// Calls take batches, since services do; each recipient has a result of its own. What makes going on useless
/// (no right at all, a service that refuses everything) is the error of the whole call.
pub trait Target: Send {
    /// How messages name it.
    fn name(&self) -> String;

    /// How many recipients one call takes.
    fn batch_size(&self) -> usize;

    /// Checks, without leaving anything behind, that it can be written.
    fn check_writable(&mut self, context: &Context) -> Result<()>;

    /// Matches and reads recipients as they are now; one result a query, in their order.
    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>>;

    /// Writes recipients; the key of each under which it is found from now on, in their order.
    /// Once it has returned, what was written survives a crash of the machine.
    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>>;

    /// The key under which a recipient would be found if it were written now; `None` where only the target
    /// can tell.
    fn key(&self, query: &TargetQuery<'_>) -> Option<String>;

    /// Told once, at the end of a run that wrote something, with everything that is published;
    /// `next` gives the recipients after a key.
    fn finish(
        &mut self,
        next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        context: &Context,
    ) -> Result<()>;
}
