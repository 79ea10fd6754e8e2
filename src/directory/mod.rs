//! Sources: where recipients and their values are read.

mod address;
mod attribute_names;
pub mod certificate_file;
mod change_form;
pub mod csv;
pub mod entry;
mod file;
pub(crate) mod generalized_time;
mod identity;
pub mod ldap;
pub mod ldif;
mod raw_entry;
mod security_id;
pub mod several;
mod text;
mod unique_id;

pub use self::entry::is_older;
pub use self::{change_form::ChangeForm, identity::Identities, several::Silence};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    model::{Mark, Recipient, Timestamp},
    wildcard::Pattern,
};

/// Which recipients are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All in the source's scope.
    All,
    /// Those that one of these identities names (address, UPN, sAMAccountName, SID, DN, anchor).
    Identities(Vec<String>),
    /// Those with an address, user principal name or sAMAccountName that one of these patterns matches; one with an equals
    /// sign matches distinguished names, too.
    Matching(Vec<Pattern>),
}

impl Selection {
    /// Whether `recipient` is wanted, by any of its names.
    pub fn includes(&self, recipient: &Recipient) -> bool {
        match self {
            Selection::All => true,
            Selection::Identities(identities) => {
                identities.iter().any(|identity| recipient.is_named(identity))
            }
            Selection::Matching(patterns) => patterns.iter().any(|pattern| {
                recipient.names().any(|name| pattern.matches(name))
                    || (pattern.is_of_distinguished_names() && pattern.matches(&recipient.distinguished_name))
            }),
        }
    }
}

impl SourceItem {
    /// Whether `selection` may mean it: what can't be read may be anybody.
    pub fn may_be_in(&self, selection: &Selection) -> bool {
        match self {
            Self::Recipient(recipient) => selection.includes(recipient),
            Self::Invalid(_) => true,
        }
    }
}

/// One thing found in the source.
#[expect(clippy::large_enum_variant, reason = "one is handed over at a time, and nearly all are recipients")]
#[derive(Debug, Clone, PartialEq)]
pub enum SourceItem {
    /// One that is wanted, with its values.
    Recipient(Recipient),
    /// An object that is in scope but can't be understood; the rest goes on.
    Invalid(Error),
}

/// What became of a recipient that an import no longer showed.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// Still in scope; the import missed it (a move during paging, say).
    InScope(Box<Recipient>),
    /// There, or perhaps there, but it can't be understood: what is published for it stays as it is.
    Unreadable,
    /// Exists, but outside the search base or the filter.
    OutOfScope,
    /// The source shows its tombstone.
    Deleted,
    /// Not to be seen at all; perhaps deleted, perhaps not readable.
    Absent,
}

/// What a source tells of one object since a mark, by its anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Something of it may have changed.
    Changed(String),
    /// The same, and it is in scope no longer, or never was.
    ChangedElsewhere(String),
    /// It is in scope, in this version where the source has any.
    There(String, Option<String>),
}

/// What a source can tell since a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// All that may have changed was told. `shows_all`: whoever is in scope was told to be [`Told::There`], so who was
    /// not is not, and every other version is a change.
    Told {
        /// Where to go on from, next time.
        mark: Mark,
        /// Whether everybody in scope was told.
        shows_all: bool,
    },
    /// That can't be told. What was told counts for nothing.
    Unknown {
        /// Why, as a clause.
        why: String,
        /// Whether it could have been, and somebody should know why not.
        is_lost: bool,
    },
}

/// Where recipients are read.
pub trait Source: Send {
    /// Makes sure that it can be read at all, without reading anybody; what is to be signed in to is signed in to. Then a
    /// sentence says who signed in, and how.
    fn sign_in(&mut self, _context: &Context) -> Result<Option<String>> {
        Ok(None)
    }

    /// Hands every selected recipient to `sink`, one by one, as pages arrive; memory does not grow with the
    /// directory. Ends early with the error of `sink`, or with `Canceled` within a second of a cancel.
    fn read(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()>;

    /// Narrows what is read from now on by an LDAP filter (RFC 4515), besides what its settings say.
    /// Fails with `FilterInvalid`; `FilterUnsupported` where the source is no directory.
    fn narrow(&mut self, filter: &str) -> Result<()> {
        let what = format!(
            "The filter '{filter}' can't be used: the source is a file, which knows no LDAP filters."
        );
        Err(Error::new(ErrorId::FilterUnsupported, what).target(filter))
    }

    /// Looks recipients up that an import no longer showed; one answer an anchor, in their order.
    fn look_up(&mut self, anchors: &[String], context: &Context) -> Result<Vec<Presence>>;

    /// Whether it holds what can't be used under a name that was nobody's before, by `is_known`, and that may be the half
    /// of somebody's: then nobody who is absent is known to be gone.
    fn has_strangers(
        &mut self,
        _is_known: &dyn Fn(&str) -> Result<bool>,
        _context: &Context,
    ) -> Result<bool> {
        Ok(false)
    }

    /// How the directory that it shows takes changes, as far as that is known.
    fn change_form(&mut self, _context: &Context) -> Result<ChangeForm> {
        Ok(ChangeForm::standard())
    }

    /// Where the source is now: what changes from now on, [`Source::changes`] tells. `None`: it can't.
    fn mark(&mut self, _context: &Context) -> Result<Option<Mark>> {
        Ok(None)
    }

    /// Tells `sink` what may have changed since `mark`, rather too much than too little; with `enumerate`, or where it can't
    /// be sure otherwise, also who is there at all.
    fn changes(
        &mut self,
        _mark: &Mark,
        _enumerate: bool,
        _context: &Context,
        _sink: &mut dyn FnMut(Told) -> Result<()>,
    ) -> Result<Since> {
        Ok(Since::Unknown { why: "this source can't tell what changed".into(), is_lost: false })
    }

    /// The source's own clock, where it has one.
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>>;

    /// When the file that it is was written last; `None` where it is no file.
    fn modified(&self) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    /// The names below which its people are, as the directory writes them; none where it is no directory.
    fn search_bases(&mut self, _context: &Context) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// The [`Source::search_bases`] of each of several directories; none for one source.
    fn places(&mut self, _context: &Context) -> Result<Vec<Vec<String>>> {
        Ok(Vec::new())
    }

    /// Which of several directories showed nothing when everybody was read, though others did.
    fn silences(&self) -> Vec<Silence> {
        Vec::new()
    }

    /// How many recipients [`Source::read`] will roughly hand over, where that is known beforehand.
    fn size_hint(&self) -> Option<u64> {
        None
    }
}
