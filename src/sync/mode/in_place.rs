//! Values that are put right where they are read. They belong to nobody, so nothing is ever replaced as a whole: rules
//! decide what goes, or a request what comes and goes, and nothing else is touched.

use super::{Material, Mode, Sight};
use crate::{
    error::{Error, Result},
    model::{Attribute, Change, ChangeKind, ChangeState, Exclusion, Named, Run, Timestamp},
    policy::MAX_VALUES,
    state::{
        State,
        change::Outcome,
        evaluation::CuratedRecord,
        guard::Guarded,
        published::{Link, PlanRow},
    },
    sync::{
        decide::Planned,
        desk::Desk,
        look::{Look, Verdict, ambiguous},
        wiped::Watched,
    },
    targets::{Match, Target, TargetRecipient, TargetWrite},
};

/// Values that are put right where they are read.
pub struct InPlace;

impl Mode for InPlace {
    /// It is in this run's target, where it is read back.
    fn take_over(&self, _state: &State, _request: i64) -> Result<()> {
        Ok(())
    }

    /// The change is done when nothing of what it takes away is there, and all that it puts there is; otherwise it is
    /// planned anew.
    fn recover(&self, desk: &Desk<'_>, change: &Change, found: Option<TargetRecipient>) -> Result<()> {
        desk.state.transaction(|state| {
            if !is_done(change, found.as_ref()) {
                return state.drop_open_change(&change.anchor);
            }
            state.release_values(&change.removed(), desk.now)?;
            state.set_outcome(change.id, &Outcome::exported(change), desk.now)
        })
    }

    /// Those that would keep too many.
    fn leaves_alone(&self, row: &PlanRow) -> Option<Exclusion> {
        leaves_too_many(row).then_some(Exclusion::TooManyValues)
    }

    /// Nothing was published that `-Verify` could miss.
    fn looks(&self, _state: &State, _watched: Watched) -> Result<Vec<Box<dyn Look + '_>>> {
        Ok(vec![Box::new(Curated)])
    }

    fn plan(&self, row: &PlanRow, _target: &dyn Target) -> Option<Planned> {
        curate(row)
    }

    /// The anchor says whose values they are, whoever else has the address.
    fn objection(&self, _row: &PlanRow, _planned: &Planned) -> Option<Error> {
        None
    }

    /// Nothing is managed, so everybody with values counts.
    fn population(&self, _state: &State, with_values: Option<u64>) -> Result<Option<u64>> {
        Ok(with_values)
    }

    fn population_of(&self, _state: &State, _run: i64, with_values: u64) -> Result<u64> {
        Ok(with_values)
    }

    fn guarded(&self) -> Guarded {
        Guarded::Directory
    }

    fn emptied(&self, state: &State, run: i64, changes: ChangeState) -> Result<u64> {
        let mut emptied = 0;
        state.each_change(changes, run, &mut |change| {
            emptied += u64::from(change.after.is_empty());
            Ok(())
        })?;
        Ok(emptied)
    }

    /// What stays is there already, or somebody else took it away. What the state knows of another target says
    /// nothing of the directory.
    fn material(&self, _state: &State, change: &Change) -> Result<Material> {
        Ok(Material { link: Link::default(), managed: Vec::new(), ours: change.added(), keeps_others: true })
    }

    /// Others write there, too: only what was taken away must be gone, and what was put there be there.
    fn sight(&self, change: &Change, _write: &TargetWrite<'_>, found: Option<&TargetRecipient>) -> Sight {
        if is_done(change, found) { Sight::Written } else { Sight::Before }
    }

    fn keep(&self, state: &State, change: &Change, _key: &str, now: Timestamp) -> Result<()> {
        state.release_values(&change.removed(), now)
    }

    /// Nothing is managed; the next run reads what is there.
    fn keep_left(
        &self,
        _state: &State,
        _change: &Change,
        _found: &TargetRecipient,
        _now: Timestamp,
    ) -> Result<()> {
        Ok(())
    }
}

/// A look at those of whom something goes: who changed a moment ago is left for a later run.
struct Curated;

impl Look for Curated {
    fn wants(&self, row: &PlanRow) -> bool {
        is_curated(row)
    }

    fn meet(
        &self,
        _desk: &Desk<'_>,
        _run: &mut Run,
        _row: &mut PlanRow,
        found: Result<Match>,
    ) -> Result<Verdict> {
        Ok(match found {
            Ok(Match::One(_) | Match::Renamed(_) | Match::None) => Verdict::Plan,
            Ok(Match::Excluded(why, _)) => Verdict::Exclude(why),
            Ok(Match::Ambiguous(why)) => Verdict::Fail(ambiguous(why)),
            Err(error) => Verdict::Fail(error),
        })
    }
}

/// Whether nothing of what the change takes away is there, and all that it puts there is.
fn is_done(change: &Change, found: Option<&TargetRecipient>) -> bool {
    let shows = |one: &_| found.is_some_and(|found| found.shows(one));
    !change.removed().iter().any(shows) && change.added().iter().all(shows)
}

/// Whether any of a recipient's values goes where they are put right in place. Pure.
fn is_curated(row: &PlanRow) -> bool {
    row.gone.is_none() && !row.missing && row.evaluation.curation.iter().any(|one| one.removal.is_some())
}

/// What of a recipient's values goes where they are put right in place: `None` where nothing does.
///
/// A recipient that has no usable encryption certificate afterwards counts as Remove, for the guard. Pure.
fn curate(row: &PlanRow) -> Option<Planned> {
    if !is_curated(row) {
        return None;
    }
    let curation = &row.evaluation.curation;
    let staying = curation.iter().filter(|one| one.removal.is_none());
    let reason = |one: &CuratedRecord| {
        let removal = one.removal.as_ref()?;
        Some(format!("Removed: {}: {}.", one.value.describe(), removal.trim_end_matches('.')))
    };
    Some(Planned {
        kind: if row.evaluation.desired.is_empty() { ChangeKind::Remove } else { ChangeKind::Update },
        before: curation.iter().map(|one| one.value.clone()).collect(),
        after: staying.map(|one| one.value.clone()).collect(),
        reasons: curation.iter().filter_map(reason).collect(),
    })
}

/// Whether curation would leave more values over than Entra Connect exports. Pure.
fn leaves_too_many(row: &PlanRow) -> bool {
    let values = &row.evaluation.recipient.values;
    Attribute::all().any(|attribute| {
        let all = values.iter().filter(|(of, _)| *of == attribute).count();
        let going = row
            .evaluation
            .curation
            .iter()
            .filter(|one| one.value.attribute == attribute && one.removal.is_some());
        all.saturating_sub(going.count()) > MAX_VALUES
    })
}
