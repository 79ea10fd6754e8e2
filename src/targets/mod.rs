//! Targets: where values are published.

pub mod active_directory;
mod difference;
pub mod directory;
mod exact_write;
pub mod exchange;
pub mod folder;
mod identity;
mod known;
pub mod ldif;
mod query;
pub mod rehearsal;

use std::time::Duration;

use self::rehearsal::{Rehearsal, Rehearsed, Somebody, Verb};
pub use self::{identity::TargetIdentity, query::TargetQuery};
use crate::{
    directory::{Selection, SourceItem},
    error::{Error, Result},
    event::Context,
    exchange::dialect::SettledFact,
    model::{
        Exclusion, Finding, Fingerprint, PublishedRecipient, PublishedValue, Recipient, Timestamp, Value,
    },
};

/// All keys that `key`'s recipient may have been given, by whatever kind it was at the time; `key` among them.
pub fn keys_of_same(key: &str) -> Vec<String> {
    exchange::keys_of_same(key).unwrap_or_else(|| vec![key.to_owned()])
}

/// A recipient of the target as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetRecipient {
    /// The target's own key, by which later runs find it again.
    pub key: String,
    /// Its values, in the target's order.
    pub values: Vec<Value>,
    /// What speaks against it at the target, such as that address lists hide it.
    pub findings: Vec<Finding>,
    /// Those of the values that the target does not show everywhere, or not as they are: they are written again.
    pub incomplete: Vec<Fingerprint>,
    /// Why what an earlier run put there can't be understood any more: there are no values then, and a write replaces
    /// it. `None`: it is whole.
    pub damage: Option<Error>,
}

impl TargetRecipient {
    /// One that shows all that it has.
    pub fn new(key: String, values: Vec<Value>) -> Self {
        Self { key, values, findings: Vec::new(), incomplete: Vec::new(), damage: None }
    }

    /// Whether `value` is there, and whole.
    pub fn shows(&self, value: &PublishedValue) -> bool {
        self.values.iter().any(|one| value.is(one)) && !self.incomplete.contains(&value.value)
    }
}

/// What a target has for a source recipient.
#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// The target has no such recipient.
    None,
    /// Exactly this one; it can be written.
    One(TargetRecipient),
    /// More than one, or one that belongs to somebody else; the sentence says which.
    Ambiguous(String),
    /// The one that an earlier run linked has lost the address: it may not be the same person any more.
    Renamed(Renamed),
    /// Not to be written here: counted and summed up, not an error of its own. With what is there, if it can be read.
    Excluded(Exclusion, Option<TargetRecipient>),
}

impl Match {
    /// The same by the link alone: whoever has lost the address still has what was published there.
    pub fn by_link(self) -> Self {
        match self {
            Self::Renamed(renamed) => Self::One(renamed.recipient),
            other => other,
        }
    }
}

/// A linked recipient that has none of the addresses by which the source knows its recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct Renamed {
    /// What is there.
    pub recipient: TargetRecipient,
    /// How the target names it now: its primary address, or the key.
    pub now: String,
    /// Another recipient of the target has the address, or the user principal name, of the source's.
    pub taken: bool,
}

/// One recipient's values as they shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetWrite<'a> {
    /// Whose values they are, as the recipient was looked up before.
    pub query: TargetQuery<'a>,
    /// What was there a moment ago.
    pub current: Option<TargetRecipient>,
    /// The whole list that shall be there: ours first, best first, then foreign ones. Empty: nothing.
    pub values: Vec<Value>,
    /// What an earlier run put there and this write takes away, though the target does not show it: where it
    /// [hides values](Target::hides_values), it may be there all the same.
    pub unseen: Vec<Value>,
}

impl TargetWrite<'_> {
    /// Those of what was there that this write takes away, whether it was shown or not.
    pub fn removed(&self) -> Vec<&Value> {
        let shown = self.current.iter().flat_map(|current| &current.values);
        shown.chain(&self.unseen).filter(|value| !self.values.contains(value)).collect()
    }

    /// Those of what this write takes away that `found` still shows.
    pub fn left<'a>(&self, found: &'a TargetRecipient) -> Vec<&'a Value> {
        let removed = self.removed();
        found.values.iter().filter(|value| removed.contains(value)).collect()
    }

    /// Whether it leaves nothing in the attribute of `value`.
    pub fn empties(&self, value: &Value) -> bool {
        !self.values.iter().any(|one| one.attribute == value.attribute)
    }
}

/// What success of a write says of the values that it takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// They are gone.
    Sure,
    /// They may still be there. That the target lets an attribute be emptied has been seen.
    Seen,
    /// They may still be there, and nobody has seen yet that the target lets an attribute be emptied.
    Unseen,
}

/// Somebody at the target who has values, and whom nobody in the source may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Stranger {
    /// The anchor that the target shows; `None`: it shows none, or it can't be read.
    pub anchor: Option<String>,
    /// The target's own key, where it is known even of one that can't be read.
    pub key: Option<String>,
    /// Who it is, with the values; its anchor is the target's own key. One that can't be read is an error of its own.
    pub recipient: Result<Recipient>,
}

/// Where values are published.
///
/// Calls take batches, since services do; each recipient has a result of its own. What makes going on useless
/// (no right at all, a service that refuses everything) is the error of the whole call.
pub trait Target: Send {
    /// How messages name it.
    fn name(&self) -> String;

    /// What tells it from others whatever its name: which organisation it is. `None`: it has nothing of the kind.
    fn identity(&mut self, _context: &Context) -> Result<Option<TargetIdentity>> {
        Ok(None)
    }

    /// How many recipients one call takes.
    fn batch_size(&self) -> usize;

    /// Checks, without leaving anything behind, that it can be written.
    fn check_writable(&mut self, context: &Context) -> Result<()>;

    /// What makes it doubtful that it can be written, though nothing was refused when that was checked, in a sentence.
    fn doubt(&self) -> Option<String> {
        None
    }

    /// Told how many recipients are known to have something published there: a target that shows nobody then has not
    /// shown what it has.
    fn expect(&mut self, published: u64) {
        let _ = published;
    }

    /// Whether values that are there have been read since it was opened, where only that shows that they can be.
    fn shows_values(&self) -> bool {
        true
    }

    /// The same of this run and of earlier ones, as far as they are remembered. Before that an empty answer does not show
    /// that anything is gone.
    fn has_ever_shown_values(&mut self) -> bool {
        true
    }

    /// Matches and reads recipients as they are now; one result a query, in their order.
    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>>;

    /// Writes recipients; the key of each under which it is found from now on, in their order.
    /// Once it has returned, what was written survives a crash of the machine.
    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>>;

    /// The target's own clock, where it has one.
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>>;

    /// Hands everybody selected to `sink`, with the values that are at the target now, whoever put them there.
    /// The anchor of each is the target's own key.
    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()>;

    /// The key under which a recipient would be found if it were written now; `None` where only the target
    /// can tell.
    fn key(&self, query: &TargetQuery<'_>) -> Option<String>;

    /// Told once, at the end of a run that wrote something, with everything that is published; `_next` gives the recipients
    /// after a key.
    fn finish(
        &mut self,
        _next: &mut dyn FnMut(&str) -> Result<Vec<PublishedRecipient>>,
        _context: &Context,
    ) -> Result<()> {
        Ok(())
    }

    /// Whether [`Target::finish`] is told of a run that writes nothing, too: what it makes is about that run alone.
    fn is_of_one_run(&self) -> bool {
        false
    }

    /// Told before a run that may write. `owner` is who runs: nobody else of that name writes meanwhile, so that what
    /// an earlier run of it has left unfinished is taken away.
    fn begin(&mut self, owner: &str, context: &Context) -> Result<()> {
        let _ = (owner, context);
        Ok(())
    }

    /// Whether there still is something published under `key`, where that is known without reading each recipient;
    /// `None`: only reading tells.
    fn has(&mut self, key: &str) -> Result<Option<bool>> {
        let _ = key;
        Ok(None)
    }

    /// A hash over what [`Target::finish`] wrote, as it is there now, whoever wrote it, or of nothing where that is gone;
    /// `None`: it writes nothing.
    fn index(&self) -> Option<Fingerprint> {
        None
    }

    /// Whether what [`Target::finish`] wrote names somebody of whom nothing is there any more, as [`Target::has`] tells it.
    fn index_names_lost(&mut self) -> Result<bool> {
        Ok(false)
    }

    /// Whether it may have values that it does not show: what is ours and goes is then taken away, whether it is shown or not,
    /// and who is not found may come back with it.
    fn hides_values(&self) -> bool {
        self.shows_late()
    }

    /// Whether parts of what was published for a recipient may be left where nothing of it is shown any more.
    fn leaves_parts(&self) -> bool {
        false
    }

    /// Whether a recipient's values have an order that lasts: readers then take the first that is valid.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Whether a read may be answered by a replica that has not heard of the last write.
    fn has_replicas(&self) -> bool {
        true
    }

    /// What writes recipients, where the target can try writes without carrying them out; nothing: it can try none.
    fn verbs(&mut self) -> &'static [Verb] {
        &[]
    }

    /// What would write a recipient: the name of one of [`Target::verbs`]. `None`: only reading it tells.
    fn verb(&mut self, query: &TargetQuery<'_>) -> Option<&'static str> {
        let _ = query;
        None
    }

    /// Somebody whom `verb` writes, those with values rather than others; `None`: nobody is shown.
    fn somebody(&mut self, verb: &Verb, context: &Context) -> Result<Option<Somebody>> {
        let _ = (verb, context);
        Ok(None)
    }

    /// Tries writes without carrying them out; one result each, in their order.
    fn rehearse(
        &mut self,
        rehearsals: &[Rehearsal<'_>],
        context: &Context,
    ) -> Result<Vec<Result<Rehearsed>>> {
        let _ = context;
        Ok(rehearsals.iter().map(|_| Ok(Rehearsed::Checked)).collect())
    }

    /// What this run has found out of how it wants to be asked, in words.
    fn settled(&self) -> Vec<SettledFact> {
        Vec::new()
    }

    /// Whether a read may not know of writes of the last hours. Then what it does not show may be there all the same, and
    /// a success of a write does not say that anything is gone ([`Target::removal`]).
    fn shows_late(&self) -> bool {
        false
    }

    /// Waits until it is worth another look, by the clock that its channel goes by.
    /// Fails with `Canceled` as soon as the caller has canceled.
    fn wait(&self, time: Duration, context: &Context) -> Result<()> {
        context.wait(time)
    }

    /// What success of a write says of the values that it takes away: whether they have to be looked for.
    fn removal(&mut self) -> Removal {
        Removal::Sure
    }

    /// Told that the target shows nothing any more of what a write took away; `insisted`: after
    /// [`Target::insist`] only.
    fn note_removed(&mut self, write: &TargetWrite<'_>, insisted: bool) {
        let _ = (write, insisted);
    }

    /// Takes away once more, in another way, what writes took away and the target shows all the same; `current` of each
    /// is what it shows. One result a write, in their order.
    fn insist(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<()>>> {
        let _ = context;
        Ok(writes.iter().map(|_| Ok(())).collect())
    }

    /// Hands everybody to `sink` whose anchor the target shows, with the values; nobody where it shows none.
    fn entries(&mut self, context: &Context, sink: &mut dyn FnMut(Stranger) -> Result<()>) -> Result<()> {
        let _ = (context, sink);
        Ok(())
    }

    /// Told before what is published for `recipients` is compared with what is there: a list may do for most of them.
    fn look_over(&mut self, recipients: u64, context: &Context) -> Result<()> {
        let _ = (recipients, context);
        Ok(())
    }

    /// Whether [`Target::look_over`] has seen exactly `values` with the recipient; `false`: only reading tells.
    fn was_seen_with(&mut self, query: &TargetQuery<'_>, values: &[PublishedValue]) -> bool {
        let _ = (query, values);
        false
    }

    /// Takes what an earlier run [learned](Target::learned) of how it wants to be asked; what is of another organisation,
    /// or unreadable, is left aside.
    fn recall(&mut self, remembered: &str) {
        let _ = remembered;
    }

    /// What later runs should know of how it wants to be asked, where that has changed since the last call.
    fn learned(&mut self) -> Option<String> {
        None
    }

    /// Where the target shows no anchors: hands everybody to `sink` who has values that it could have been given by us,
    /// but those that a query of this run has met.
    fn strangers(&mut self, context: &Context, sink: &mut dyn FnMut(Stranger) -> Result<()>) -> Result<()> {
        let _ = (context, sink);
        Ok(())
    }
}
