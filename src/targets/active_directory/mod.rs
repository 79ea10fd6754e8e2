//! Active Directory as a target: values are put right in place, at one domain controller.
//!
//! Others write the same two attributes at any time: the CA and autoenrolment, Outlook, administrators. Nothing they
//! put there may be lost, and the directory knows no lock. What can happen, and why it costs nobody a value:
//!
//! - *Somebody adds a value between our reading and our writing.* A write names exact values that go and exact values
//!   that come; what it does not name is not touched. Nothing is ever replaced as a whole.
//! - *Somebody takes one of our values to delete away, or adds one of ours to add.* The write is one modify
//!   request, without the control that would make the server lenient, so it fails as a whole. The object is read
//!   again, and the same change is tried again only if all that shall go is still there, byte for byte; otherwise
//!   the recipient fails with `ObjectChanged`, and the next run plans it anew from what is there then.
//! - *The object is renamed, moved or deleted meanwhile, or another one gets its name.* Writes name the objectGUID,
//!   which nobody else ever gets. An object that is gone, or that left the profile's scope, is not created again.
//! - *The connection breaks before the answer is there.* Whether the change happened is unknown. It is not sent again:
//!   the object is read over a new connection. Where the change did not happen, the recipient fails with
//!   `ChangeUnconfirmed`, and the next run plans it anew. Where the object can't be read, or the server does not answer in
//!   time, the whole call fails, and the next run reads those recipients back before it does anything else.
//! - *Values are added or removed while an attribute is read in ranges.* Then a value may be missing from what was
//!   read. It is not named by the write, so that it stays.
//! - *Somebody writes at another domain controller.* An attribute of this kind replicates whole: of two writes within
//!   the time that replication takes, the one with the higher version, then the later one, wins, and what the other
//!   one did is lost on every domain controller (\[MS-DRSR\] 4.1.10.6.9). No client can prevent that; any two writers
//!   of Active Directory have this race. So everything is read and written at one domain controller
//!   (`-WriteServer`), and an object of which one of the two attributes changed within the quiet period, at whichever
//!   domain controller, is skipped: whoever is just exchanging values is done before we begin. What remains is
//!   somebody whose first change in a day is made elsewhere less than a replication interval before or after ours.
//!   Naming the domain controller that the CA writes to as `-WriteServer` takes that away for the CA, too.
//! - *The times of changes come from the clocks of the domain controllers that made them*, and their age is measured
//!   with the clock of the one that is written to. One that lies in the future counts as just now.

mod metadata;
mod rights;

use std::{collections::HashMap, sync::Arc};

use self::metadata::LastChange;
pub(super) use self::rights::{check as check_rights, is_one};
use crate::{
    directory::{
        ChangeForm, Selection, Source, SourceItem,
        entry::{Entry, certificate_values},
        ldap::{Account, LdapSource, Modified, Network},
    },
    error::Result,
    event::Context,
    model::{Attribute, Exclusion, Named, Timestamp},
    profile::ActiveDirectorySettings,
    targets::{
        Match, Target, TargetQuery, TargetRecipient, TargetWrite,
        difference::Difference,
        exact_write::{Now, Objects, write_exactly},
    },
};

/// Active Directory in place, at the domain controller that is written to.
pub struct ActiveDirectoryTarget {
    /// The same domain controller as a source.
    directory: LdapSource,
    /// Seconds; 0: none.
    quiet_period: i64,
}

/// A recipient as it is now.
struct Found {
    recipient: TargetRecipient,
    /// Whether its values changed within the quiet period.
    quiet: bool,
}

impl ActiveDirectoryTarget {
    /// The settings' `WriteServer`, by default their `Server`. Nobody is asked yet.
    /// Fails as [`LdapSource::domain_controller`].
    pub fn new(settings: &ActiveDirectorySettings, account: Account, context: &Context) -> Result<Self> {
        let ActiveDirectorySettings { directory, write_server, quiet_period } = settings;
        let server = write_server.as_deref();
        Ok(Self {
            directory: LdapSource::domain_controller(server, directory, account, context)?,
            quiet_period: i64::from(*quiet_period),
        })
    }

    /// The same, reached by way of another network.
    pub fn through(self, network: Arc<dyn Network>) -> Self {
        Self { directory: self.directory.through(network), ..self }
    }

    /// Reads those of `anchors` that are in the profile's scope, whole; an inner error is about one object.
    fn look(&mut self, anchors: &[&str], context: &Context) -> Result<HashMap<String, Result<Found>>> {
        let mut attributes = vec!["objectGUID"];
        attributes.extend(Attribute::all().map(Attribute::name));
        let mut now = None;
        if self.quiet_period > 0 {
            attributes.extend(metadata::ATTRIBUTES);
            now = self.directory.clock(context)?;
        }
        let quiet_period = self.quiet_period;
        let mut all = HashMap::new();
        self.directory.find(anchors, &attributes, context, &mut |anchor, entry, whole| {
            let found = whole.map(|()| Found {
                quiet: is_quiet(&entry, quiet_period, now),
                recipient: TargetRecipient::new(anchor.clone(), certificate_values(&entry)),
            });
            all.insert(anchor, found);
            Ok(())
        })?;
        Ok(all)
    }
}

impl Objects for ActiveDirectoryTarget {
    fn modify(
        &mut self,
        write: &TargetWrite<'_>,
        difference: &Difference,
        context: &Context,
    ) -> Result<Modified> {
        let (anchor, label) = (write.query.anchor, write.query.recipient.label.as_str());
        // Its DN is not asked for: the objectGUID names it.
        self.directory.modify(anchor, "", label, &difference.modifications(&ChangeForm::default()), context)
    }

    fn look_again(&mut self, write: &TargetWrite<'_>, context: &Context) -> Result<Result<Option<Now>>> {
        let anchor = write.query.anchor;
        let found = self.look(&[anchor], context)?.remove(anchor).transpose();
        Ok(found.map(|found| found.map(|one| Now { values: one.recipient.values, rests: one.quiet })))
    }
}

/// Most that clocks of domain controllers differ, in seconds.
const CLOCK_TOLERANCE: i64 = 300;

/// Whether the values of `entry` changed less than `quiet_period` seconds before `now`. What can't be told counts as
/// a change. One that is further to come than the period is long was dated by a clock that was wrong; it would be new
/// for ever.
fn is_quiet(entry: &Entry, quiet_period: i64, now: Option<Timestamp>) -> bool {
    if quiet_period == 0 {
        return false;
    }
    match (metadata::last_change(entry), now) {
        (LastChange::Never, _) => false,
        (LastChange::At(changed), Some(now)) => {
            let ahead = changed.0.saturating_sub(now.0);
            now < changed.plus(quiet_period) && ahead <= quiet_period.max(CLOCK_TOLERANCE)
        }
        (LastChange::Unknown, _) | (_, None) => true,
    }
}

impl Target for ActiveDirectoryTarget {
    fn name(&self) -> String {
        format!("Active Directory at '{}'", self.directory.server())
    }

    fn batch_size(&self) -> usize {
        LdapSource::BATCH
    }

    fn check_writable(&mut self, context: &Context) -> Result<()> {
        let user = self.directory.user_name(context)?;
        rights::check(&mut self.directory, &user, context)
    }

    fn read(&mut self, queries: &[TargetQuery<'_>], context: &Context) -> Result<Vec<Result<Match>>> {
        let anchors: Vec<&str> = queries.iter().map(|query| query.anchor).collect();
        let mut found = self.look(&anchors, context)?;
        let matched = |query: &TargetQuery<'_>| match found.remove(query.anchor) {
            None => Ok(Match::Excluded(Exclusion::NotFound, None)),
            Some(Err(error)) => Err(error),
            Some(Ok(Found { recipient, quiet: true })) => {
                Ok(Match::Excluded(Exclusion::QuietPeriod, Some(recipient)))
            }
            Some(Ok(Found { recipient, quiet: false })) => Ok(Match::One(recipient)),
        };
        Ok(queries.iter().map(matched).collect())
    }

    fn write(&mut self, writes: &[TargetWrite<'_>], context: &Context) -> Result<Vec<Result<String>>> {
        let written = |write: &TargetWrite<'_>| {
            let result = write_exactly(self, write, context)?;
            Ok(result.map(|()| write.query.anchor.to_owned()))
        };
        writes.iter().map(written).collect()
    }

    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        self.directory.clock(context)
    }

    fn read_all(
        &mut self,
        selection: &Selection,
        context: &Context,
        sink: &mut dyn FnMut(SourceItem) -> Result<()>,
    ) -> Result<()> {
        self.directory.read(selection, context, sink)
    }

    fn key(&self, query: &TargetQuery<'_>) -> Option<String> {
        Some(query.anchor.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_quiet_for_its_period_and_one_dated_by_a_wrong_clock_not_for_ever() {
        let now = Timestamp::parse("2026-11-30T12:00:00Z");
        let day = 86_400;
        for (changed, period, quiet) in [
            ("20261130110000.0Z", day, true),
            ("20261129120000.0Z", day, false),
            ("20261130120200.0Z", day, true),
            ("20261130120200.0Z", 60, true),
            ("20261201110000.0Z", day, true),
            ("20261201130000.0Z", day, false),
            ("20411130120000.0Z", day, false),
            ("20261130120000.0Z", 0, false),
            ("soon", day, true),
        ] {
            let mut entry = Entry::new("CN=alice");
            entry.add_attribute("whenChanged");
            entry.add_value(changed.as_bytes());
            assert_eq!(is_quiet(&entry, period, now), quiet, "{changed}, {period} s");
        }
    }
}
