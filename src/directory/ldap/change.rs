//! What writing to Active Directory needs of its connection, besides what reading does.

use super::{
    BATCH, LdapSource,
    filter::Filter,
    limits::Room,
    message::{Modification, Parts, Search},
    result::Asked,
    session::Sent,
    subtree,
};
use crate::{
    directory::entry::{AnchorKind, Entry},
    error::{Error, Result},
    event::Context,
};

/// Objects that [`LdapSource::samples`] asks for of each search base.
const SAMPLE: u32 = 20;

/// An object found by its anchor: the anchor, the object, and whether it was read whole.
pub(crate) type FoundSink<'a> = dyn FnMut(String, Entry, Result<()>) -> Result<()> + 'a;

/// What became of a change.
pub(crate) enum Modified {
    /// It was made.
    Done,
    /// It was not, for a reason that is this object's own: `ObjectChanged` where a value to delete is not there, one to
    /// add is there already, or the object is gone; else `DirectoryRefused`, `DirectoryBusy`.
    Refused(Error),
    /// It was sent, and the connection broke: whether it was made is to be seen at the object. It is not to be sent
    /// again.
    Unknown(Error),
}

impl LdapSource {
    /// How many anchors one search asks for.
    pub(crate) const BATCH: usize = BATCH;

    /// Who signed in.
    pub(crate) fn user_name(&mut self, context: &Context) -> Result<String> {
        Ok(self.session.signed_in(context)?.0)
    }

    /// The server's name.
    pub(crate) fn server(&self) -> String {
        self.session.server()
    }

    /// Hands the objects within the profile's scope that have one of `anchors` (objectGUID as text) to `sink`. Where
    /// the anchor of one of them can't be read, it may be any of those that are not found: all those are errors.
    pub(crate) fn find(
        &mut self,
        anchors: &[&str],
        attributes: &[&str],
        context: &Context,
        sink: &mut FoundSink,
    ) -> Result<()> {
        self.learn(context)?;
        let dialect = self.dialect.clone();
        for batch in anchors.chunks(BATCH) {
            let Some(filter) = dialect.anchors(batch) else { continue };
            let filter = Filter::and(&[self.filter.clone(), filter]);
            let (mut missing, mut unclear, mut room) = (batch.to_vec(), None, Room::new());
            self.entries(&filter, attributes, context, &mut |entry, whole| {
                let Some(anchor) = dialect.anchor_of(&entry) else {
                    unclear = whole.err().or(unclear.take());
                    return Ok(());
                };
                if !batch.contains(&anchor.as_str()) {
                    return Ok(());
                }
                missing.retain(|other| *other != anchor);
                let whole = whole.and_then(|()| room.take(&entry));
                sink(anchor, entry, whole)
            })?;
            for (anchor, error) in missing.into_iter().zip(std::iter::repeat(unclear)) {
                error.map_or(Ok(()), |error| sink(anchor.to_owned(), Entry::default(), Err(error)))?;
            }
        }
        Ok(())
    }

    /// Hands some objects of each search base to `sink`, with the base's number among [`Self::search_bases`].
    pub(crate) fn samples(
        &mut self,
        attributes: &[&str],
        context: &Context,
        sink: &mut dyn FnMut(usize, Entry),
    ) -> Result<()> {
        let known = self.learn(context)?;
        for (number, base) in known.bases.iter().enumerate() {
            let some = Search { parts: Parts::Pages(SAMPLE), ..subtree(base, &self.filter, attributes) };
            let found = self.session.first_page(&some, context)?.into_iter();
            found.filter(|entry| !known.leaves_out(&entry.dn)).for_each(|entry| sink(number, entry));
        }
        Ok(())
    }

    /// The search bases, as the server writes them.
    pub(crate) fn search_bases(&mut self, context: &Context) -> Result<Vec<String>> {
        Ok(self.learn(context)?.bases)
    }

    /// One object by its DN, the empty one being the root DSE; `None` if it is not there.
    pub(crate) fn object(
        &mut self,
        dn: &str,
        attributes: &[&str],
        context: &Context,
    ) -> Result<Option<Entry>> {
        self.session.object(dn, attributes, context)
    }

    /// Whether it is asked as an Active Directory.
    pub(crate) fn is_active_directory(&self) -> bool {
        self.dialect.anchor == AnchorKind::ObjectGuid
    }

    /// Changes values of the object with this anchor, all or nothing; `label` names it in messages. Other directories than
    /// Active Directory know it by its `dn`, as it was read a moment ago.
    ///
    /// Fails with what ends it all: `DirectoryNotWritable` from a read-only domain controller, the errors of a
    /// connection on which nothing was sent, and `DirectoryTimeout`, which does not tell whether it was made.
    pub(crate) fn modify(
        &mut self,
        anchor: &str,
        dn: &str,
        label: &str,
        modifications: &[Modification],
        context: &Context,
    ) -> Result<Modified> {
        // [MS-ADTS] 3.1.1.3.1.2.4: a name that stays the object's own when it is renamed, and that nobody else gets.
        let name = if self.is_active_directory() { format!("<GUID={anchor}>") } else { dn.to_owned() };
        let result = match self.session.modify(&name, modifications, context)? {
            Sent::Answered(result) => result,
            Sent::Unanswered(error) => return Ok(Modified::Unknown(error)),
        };
        match result.check(&self.session.server(), Asked::Modify(label)) {
            Ok(()) => Ok(Modified::Done),
            Err(error) if result.concerns_one_object() => Ok(Modified::Refused(self.in_its_words(error))),
            Err(error) => Err(error),
        }
    }
}
