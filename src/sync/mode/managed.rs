//! Values that are published elsewhere: what was published or adopted is managed, and ownership decides.

use super::{Material, Mode, Sight};
use crate::{
    error::{Error, ErrorId, Result},
    model::{Attribute, Change, ChangeState, Exclusion, Fingerprint, PublishedValue, Timestamp, Value},
    profile::{DisabledAccount, Ownership, PublicationSettings},
    state::{
        State,
        change::Outcome,
        guard::Guarded,
        published::{Claim, PlanRow, Rival},
        since::Lasting,
    },
    sync::{
        decide::{self, Planned},
        desk::Desk,
        first_contact::FirstContact,
        late::Absent,
        look::Look,
        verify::Published,
        wiped::Watched,
    },
    targets::{Target, TargetRecipient, TargetWrite},
};

/// Values that are published elsewhere.
pub struct Managed<'a> {
    publication: &'a PublicationSettings,
    disabled: DisabledAccount,
}

impl<'a> Managed<'a> {
    /// With what belongs to whom at the target, and what a disabled account means.
    pub fn new(publication: &'a PublicationSettings, disabled: DisabledAccount) -> Self {
        Self { publication, disabled }
    }
}

impl Mode for Managed<'_> {
    /// What is in the directory is in the source. The target knows nothing of it; the import shows how far it came.
    fn take_over(&self, state: &State, request: i64) -> Result<()> {
        state.move_changes(request, ChangeState::InFlight, ChangeState::Pending).map(drop)
    }

    /// Whatever is there of what was published and of what was to be published is ours. Where writes show late, so is
    /// what is not shown, unless something new shows that the write was finished: all of it is written, or taken away,
    /// again.
    fn recover(&self, desk: &Desk<'_>, change: &Change, found: Option<TargetRecipient>) -> Result<()> {
        // What was taken over after the change was planned is managed, and not in it.
        let managed = desk.state.managed(&change.anchor)?;
        let there = ours(change, &managed, found.as_ref());
        let done =
            there.len() == change.after.len() && change.after.iter().all(|value| there.contains(value));
        if desk.shows_late
            && !(done && (change.added().iter().any(|one| there.contains(one)) || was_left(desk, change)?))
        {
            return doubt(desk, change, managed, found.map(|found| found.key));
        }
        let link = found.filter(|_| !there.is_empty()).map(|found| found.key);
        desk.state.transaction(|state| {
            state.set_managed(&change.anchor, link.as_deref(), &there, desk.now)?;
            if !done {
                // It is planned anew from what is there.
                return state.drop_open_change(&change.anchor);
            }
            state.set_outcome(change.id, &Outcome::exported(change), desk.now)
        })
    }

    fn leaves_alone(&self, _row: &PlanRow) -> Option<Exclusion> {
        None
    }

    fn looks(&self, state: &State, watched: Watched) -> Result<Vec<Box<dyn Look + '_>>> {
        let (ownership, drift) = (self.publication.ownership, self.publication.drift);
        let mut looks: Vec<Box<dyn Look>> = Vec::new();
        // Whose link turns out to be void is looked for by what follows.
        if !watched.is_nobody() {
            looks.push(Box::new(Published::new(ownership, drift, watched)));
        }
        looks.push(Box::new(FirstContact::new(state, ownership)?));
        if let Some(absent) = Absent::new(state)? {
            looks.push(Box::new(absent));
        }
        Ok(looks)
    }

    fn plan(&self, row: &PlanRow, target: &dyn Target) -> Option<Planned> {
        decide::decide(row, self.disabled, target.key(&row.query(false)).as_deref())
    }

    /// The address decides where values go.
    fn objection(&self, row: &PlanRow, planned: &Planned) -> Option<Error> {
        // Who leaves has no claim to it any more. Anybody else may seem to have nothing usable only because the address
        // that it shares is a mistake.
        if decide::leaves(row, self.disabled) {
            return None;
        }
        let shared = row.address_shared.then(|| address_shared(row));
        shared.or_else(|| {
            row.rival.as_ref().filter(|_| !planned.after.is_empty()).map(|rival| name_taken(row, rival))
        })
    }

    fn population(&self, state: &State, _with_values: Option<u64>) -> Result<Option<u64>> {
        state.recipients_with_managed().map(Some)
    }

    fn population_of(&self, state: &State, run: i64, _with_values: u64) -> Result<u64> {
        state.imported_with_managed(run)
    }

    fn guarded(&self) -> Guarded {
        Guarded::Target
    }

    /// What is published elsewhere takes nothing from the source.
    fn emptied(&self, _state: &State, _run: i64, _changes: ChangeState) -> Result<u64> {
        Ok(0)
    }

    fn material(&self, state: &State, change: &Change) -> Result<Material> {
        Ok(Material {
            link: state.link(&change.anchor)?,
            managed: state.managed(&change.anchor)?,
            ours: change.after.clone(),
            keeps_others: self.publication.ownership == Ownership::Managed,
        })
    }

    fn sight(&self, _change: &Change, write: &TargetWrite<'_>, found: Option<&TargetRecipient>) -> Sight {
        let now = set(found.map(|found| found.values.as_slice()).unwrap_or_default());
        let before = write.current.as_ref().map(|old| old.values.as_slice()).unwrap_or_default();
        if now == set(&write.values) {
            Sight::Written
        } else if now == set(before) {
            Sight::Before
        } else {
            Sight::Neither
        }
    }

    fn keep(&self, state: &State, change: &Change, key: &str, now: Timestamp) -> Result<()> {
        // What others keep there needs no link; a later value of ours finds the place again.
        let link = Some(key).filter(|_| !change.after.is_empty());
        state.set_managed(&change.anchor, link, &change.after, now)?;
        state.forget_former(&change.anchor)
    }

    /// All of it is ours: the next run plans from that.
    fn keep_left(
        &self,
        state: &State,
        change: &Change,
        found: &TargetRecipient,
        now: Timestamp,
    ) -> Result<()> {
        let managed = state.managed(&change.anchor)?;
        let there = ours(change, &managed, Some(found));
        state.set_managed(&change.anchor, Some(&found.key), &there, now)
    }
}

fn ours(change: &Change, managed: &[PublishedValue], found: Option<&TargetRecipient>) -> Vec<PublishedValue> {
    let mut there: Vec<PublishedValue> = Vec::new();
    for value in found.map(|found| found.values.as_slice()).unwrap_or_default() {
        let fingerprint = value.fingerprint();
        let mut known = change.after.iter().chain(&change.before).chain(managed);
        let known = known.find(|one| one.attribute == value.attribute && one.value == fingerprint);
        there.extend(known.filter(|one| !there.contains(one)).cloned());
    }
    there
}

/// Whether the target still showed, after the write, what it took away.
fn was_left(desk: &Desk<'_>, change: &Change) -> Result<bool> {
    Ok(desk.state.since(Lasting::Removing, &change.anchor)?.is_some())
}

/// Keeps that everything may be there that was there or was written, and has it planned anew.
fn doubt(
    desk: &Desk<'_>,
    change: &Change,
    managed: Vec<PublishedValue>,
    found: Option<String>,
) -> Result<()> {
    let mut all = managed;
    for value in change.before.iter().chain(&change.after) {
        if !all.iter().any(|one| one.same(value)) {
            all.push(value.clone());
        }
    }
    desk.state.transaction(|state| {
        let link = match found {
            Some(key) => Some(key),
            None => state.link(&change.anchor)?.target,
        };
        state.set_managed(&change.anchor, link.as_deref(), &all, desk.now)?;
        state.distrust(&change.anchor)?;
        state.drop_open_change(&change.anchor)
    })
}

fn address_shared(row: &PlanRow) -> Error {
    let address = row.address.as_deref().unwrap_or_default();
    let what = format!(
        "'{address}' is the primary address of more than one recipient of the source; none of them is written."
    );
    Error::new(ErrorId::TargetConflict, what)
        .target(row.evaluation.recipient.distinguished_name.clone())
        .advice(
            "Give each recipient an address of its own in the source; of one person with two accounts, leave one account out \
             of the profile's scope.",
        )
}

fn name_taken(row: &PlanRow, rival: &Rival) -> Error {
    let Rival { name, distinguished_name: other, claim } = rival;
    let what = match claim {
        Claim::Address | Claim::EarlierAddress => format!(
            "The recipient has no mail address, and its user principal name '{name}' is the mail address of '{other}'; \
             it is not written."
        ),
        Claim::UserPrincipalName => format!(
            "'{name}' is the user principal name of more than one recipient without a mail address ('{other}', too); \
             none of them is written."
        ),
    };
    Error::new(ErrorId::TargetConflict, what)
        .target(row.evaluation.recipient.distinguished_name.clone())
        .advice("Give the recipient a mail address of its own in the source, or leave it out of the profile's scope.")
}

fn set(values: &[Value]) -> Vec<(Attribute, Fingerprint)> {
    let mut set: Vec<_> = values.iter().map(|value| (value.attribute, value.fingerprint())).collect();
    set.sort_unstable();
    set
}
