//! Who has values: a list of those alone, where the service filters, and what each of them has, for `-Verify`.
//!
//! That somebody is not in such a list proves nothing: a page may be old, and a filter may not mean what it says. So only
//! what a list shows is believed, and everybody else is read.

use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use super::{
    Exchange, command,
    found::{Found, count, property, role, values},
    kind::{Key, Kind},
    search::nobody_at_all,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    exchange::{
        Location, Object,
        dialect::{Fact, ValueFilter},
    },
    model::{Attribute, Fingerprint, Named, PublishedValue, counted},
    targets::TargetQuery,
};

/// Up to so many recipients are read one by one: that is less work for the service than a list.
const FEW: u64 = 200;
/// So many who have values, and were not in a list of those who have some, show that its filter is none. One may have
/// got them since.
const TOO_MANY_MISSED: usize = 3;

/// What everybody had when they were listed; about 50 bytes a recipient.
#[derive(Default)]
pub(super) struct Survey {
    /// In the order of their Guids: a hash over the values of those that can be written; `None`: only reading tells.
    shown: Vec<(Uuid, Option<Fingerprint>)>,
    /// Hashes of each one's names, with whether mail to them is its own; in their order.
    names: Vec<u64>,
    missed: usize,
}

impl Survey {
    fn push(&mut self, found: &Found, object: &Object, location: Location) {
        let is_written = found.key.kind.set_cmdlet(location).is_some() && !found.flags.directory_synced;
        // What can't be understood here is an error of the recipient's where it is read.
        let values = Some(object).filter(|_| is_written).and_then(|object| values(object).ok());
        let hash = values.map(|all| hash(all.iter().map(|one| (one.attribute, one.fingerprint()))));
        self.shown.push((found.key.guid, hash));
        let own = role::PRIMARY | role::PROXY;
        let names =
            found.addresses.iter().map(|(name, roles)| name_hash(found.key.guid, name, roles & own != 0));
        self.names.extend(names);
    }

    fn sort(&mut self) {
        self.shown.sort_unstable_by_key(|(guid, _)| *guid);
        self.shown.shrink_to_fit();
        self.names.sort_unstable();
        self.names.shrink_to_fit();
    }

    /// Whether somebody was listed with a name, in lower case; `own`: as an address of its own.
    fn has(&self, guid: Uuid, name: &str, own: bool) -> bool {
        self.names.binary_search(&name_hash(guid, name, own)).is_ok()
    }

    fn of(&self, guid: Uuid) -> Option<&Option<Fingerprint>> {
        let place = self.shown.binary_search_by_key(&guid, |(guid, _)| *guid).ok()?;
        self.shown.get(place).map(|(_, hash)| hash)
    }
}

fn name_hash(guid: Uuid, name: &str, own: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (guid, name, own).hash(&mut hasher);
    hasher.finish()
}

/// The same for the same values in any order.
fn hash(values: impl Iterator<Item = (Attribute, Fingerprint)>) -> Fingerprint {
    let mut all: Vec<_> = values.collect();
    all.sort_unstable();
    let bytes: Vec<u8> =
        all.iter().flat_map(|(attribute, value)| property(*attribute).bytes().chain(value.0)).collect();
    Fingerprint::of(&bytes)
}

/// Whether an object shows values, in whatever form.
pub(super) fn shows_values(object: &Object) -> bool {
    Attribute::all().any(|attribute| count(object, attribute) != 0)
}

/// Whether an error says that the command is not taken in this form.
fn is_refusal(error: &Error) -> bool {
    matches!(error.id, ErrorId::ExchangeRefused | ErrorId::ExchangeAccessDenied)
}

impl Exchange {
    /// Whether the service lists by values: as the channel knows it, or this run.
    fn value_filter(&mut self) -> &mut Fact<ValueFilter> {
        if let Some(dialect) = self.channel.dialect() {
            return &mut dialect.filter;
        }
        &mut self.filter
    }

    /// Lists those who have values and can be written, perhaps with others; `counts_only`: with their number only.
    pub(super) fn list_with_values(
        &mut self,
        counts_only: bool,
        context: &Context,
        sink: &mut dyn FnMut(Kind, Object) -> Result<()>,
    ) -> Result<()> {
        let location = self.location(context)?;
        let kinds = Kind::of(location).iter().filter(|kind| kind.set_cmdlet(location).is_some());
        let mut shown = false;
        for kind in kinds.clone() {
            if !self.filtered(*kind, location, counts_only, context, &mut |object| {
                shown |= shows_values(&object);
                sink(*kind, object)
            })? {
                let all = command::list(*kind, location, counts_only);
                self.channel.list(&all, context, &mut |object| sink(*kind, object))?;
            }
        }
        let filter = *self.value_filter();
        if filter.form == ValueFilter::Refused {
            return Ok(());
        }
        if shown {
            self.value_filter().confirm(ValueFilter::Taken);
        } else if (!filter.confirmed || self.expected > 0) && self.has_anybody_values(context)? {
            self.refuse_filter("shows nobody, though some have values", context)?;
            return self.list_with_values(counts_only, context, sink);
        }
        Ok(())
    }

    /// The list of a kind by a filter; `false`, and nobody handed over: the service refuses that.
    fn filtered(
        &mut self,
        kind: Kind,
        location: Location,
        counts_only: bool,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<bool> {
        if self.value_filter().form == ValueFilter::Refused {
            return Ok(false);
        }
        let (mut handed_over, list) = (false, command::list_with_values(kind, location, counts_only));
        let done = self.channel.list(&list, context, &mut |object| {
            handed_over = true;
            sink(object)
        });
        match done {
            Ok(()) => Ok(true),
            Err(error) if !handed_over && is_refusal(&error) => {
                // A role that lacks the parameter may get it.
                if error.id == ErrorId::ExchangeRefused {
                    self.refuse_filter("is refused", context)?;
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn refuse_filter(&mut self, why: &str, context: &Context) -> Result<()> {
        self.value_filter().confirm(ValueFilter::Refused);
        let name = self.channel.name();
        context.log(
            LogLevel::Verbose,
            format!(
                "The filter for those who have certificates {why} by {name}; everybody is listed instead."
            ),
        )
    }

    /// Whether anybody has values, by the number of each.
    fn has_anybody_values(&mut self, context: &Context) -> Result<bool> {
        let location = self.location(context)?;
        let (mut any, mut anybody) = (false, false);
        for kind in Kind::of(location).iter().filter(|kind| kind.set_cmdlet(location).is_some()) {
            let list = command::list(*kind, location, true);
            self.channel.list(&list, context, &mut |object| {
                anybody = true;
                any |= shows_values(&object);
                Ok(())
            })?;
        }
        if !anybody && self.expected > 0 {
            return Err(nobody_at_all(&self.channel.name(), self.expected));
        }
        Ok(any)
    }

    /// Lists what everybody has, where that is less work than reading `recipients` of them.
    pub(super) fn look_over(&mut self, recipients: u64, context: &Context) -> Result<()> {
        if recipients <= FEW || !self.channel.has_pages() {
            return Ok(());
        }
        let location = self.location(context)?;
        let mut survey = Survey::default();
        self.list_with_values(false, context, &mut |kind, object| {
            if let Ok(Some(found)) = Found::read(Some(kind), &object)
                && shows_values(&object)
            {
                survey.push(&found, &object, location);
            }
            Ok(())
        })?;
        survey.sort();
        let people = counted(survey.shown.len(), "recipient has", "recipients have");
        context.log(LogLevel::Verbose, format!("{people} certificates at {}.", self.channel.name()))?;
        self.survey = Some(survey);
        Ok(())
    }

    /// Whether the recipient that a query is linked to was listed with exactly these values, and is still whom it means.
    pub(super) fn was_listed_with(&mut self, query: &TargetQuery<'_>, values: &[PublishedValue]) -> bool {
        let (Some(survey), Some(key)) = (&self.survey, query.link.and_then(Key::parse)) else { return false };
        let published = hash(values.iter().map(|one| (one.attribute, one.value)));
        let is_own = |name: &str| survey.has(key.guid, name, true);
        let is_still = query.keeps_name(is_own, |name| is_own(name) || survey.has(key.guid, name, false));
        if survey.of(key.guid) != Some(&Some(published)) || !is_still {
            return false;
        }
        self.directory.claim(key.guid, query.anchor);
        true
    }

    /// Takes note of somebody who was read after the list.
    pub(super) fn compare_with_list(
        &mut self,
        found: &Found,
        object: &Object,
        context: &Context,
    ) -> Result<()> {
        let Some(survey) = &mut self.survey else { return Ok(()) };
        if !shows_values(object) || survey.of(found.key.guid).is_some() {
            return Ok(());
        }
        survey.missed += 1;
        if survey.missed == TOO_MANY_MISSED && self.value_filter().form == ValueFilter::Taken {
            self.refuse_filter("leaves out some who have them, and is taken for refused", context)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_values_does_not_matter_and_the_attribute_does() {
        use Attribute::{UserCertificate, UserSmimeCertificate};
        let (one, two) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let of = |values: &[(Attribute, Fingerprint)]| hash(values.iter().copied());
        let both = of(&[(UserCertificate, one), (UserSmimeCertificate, two)]);
        assert_eq!(both, of(&[(UserSmimeCertificate, two), (UserCertificate, one)]));
        for other in [
            of(&[(UserCertificate, two), (UserSmimeCertificate, one)]),
            of(&[(UserCertificate, one)]),
            of(&[(UserCertificate, one), (UserCertificate, one), (UserSmimeCertificate, two)]),
        ] {
            assert_ne!(both, other);
        }
    }
}
