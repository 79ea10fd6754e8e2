//! The process dies in the middle: nothing is guessed afterwards, and the profile's own target is not asked about
//! what was written to the directory.

use smime_sync::{
    model::{ChangeState, RunResult},
    state::change::ChangeFilter,
    sync::{
        self, mode,
        request::{Publication, UnpublishState, Withdrawal},
    },
    targets::folder::Folder,
};

use super::directory::*;
use crate::common::certificates::*;

fn alices() -> Publication {
    Publication { certificates: vec![certificate(&good("alice"))], ..Publication::default() }
}

fn states(world: &World) -> Vec<ChangeState> {
    let changes = world.state().changes(&ChangeFilter::default(), i64::MAX, 99).unwrap();
    changes.into_iter().map(|change| change.state).collect()
}

fn die(world: &World, before: bool, after: bool) {
    world.inside(|inside| (inside.dies_before_write, inside.dies_after_write) = (before, after));
}

#[test]
fn a_publication_that_was_written_is_seen_as_such() {
    let world = World::new(vec![person("alice", &[])]);
    die(&world, false, true);
    assert!(world.publish(alices()).run.is_err());
    assert_eq!(states(&world), [ChangeState::InFlight]);
    die(&world, false, false);
    let again = world.publish(alices());
    assert_eq!((again.ok().result, again.ok().numbers.unchanged), (RunResult::Success, 1));
    assert_eq!(states(&world), [ChangeState::Exported]);
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
}

#[test]
fn a_publication_that_was_not_written_is_made_anew() {
    let world = World::new(vec![person("alice", &[])]);
    die(&world, true, false);
    assert!(world.publish(alices()).run.is_err());
    die(&world, false, false);
    let again = world.publish(alices());
    assert_eq!((again.ok().result, again.ok().numbers.exported), (RunResult::Success, 1));
    assert_eq!(states(&world), [ChangeState::Exported]);
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
}

#[test]
fn a_withdrawal_is_read_back_too() {
    for written in [false, true] {
        let world = World::new(vec![person("alice", &[(USER, expired("alice"))])]);
        let withdrawal = || Withdrawal { state: vec![UnpublishState::Expired], ..Withdrawal::default() };
        die(&world, !written, written);
        assert!(world.unpublish(withdrawal()).run.is_err());
        die(&world, false, false);
        let again = world.unpublish(withdrawal());
        assert_eq!(again.ok().numbers.exported, u64::from(!written));
        assert_eq!(states(&world), [ChangeState::Exported]);
        assert!(world.values("id-alice").is_empty());
    }
}

#[test]
fn a_run_to_another_target_takes_what_the_directory_shows() {
    for written in [false, true] {
        let world = World::new(vec![person("alice", &[]), person("bob", &[(USER, good("bob"))])]);
        die(&world, !written, written);
        assert!(world.publish(alices()).run.is_err());
        let mut folder = Folder::new(&world.home.path().join("out"));
        let outcome = world.run_as(
            mode::of(&world.profile).as_ref(),
            &mut world.directory.clone(),
            &mut folder,
            sync::run,
        );
        assert_eq!(outcome.ok().result, RunResult::Success, "{:?}", outcome.errors());
        assert_eq!(outcome.ok().numbers.exported, 1 + u64::from(written));
        let left = states(&world);
        assert!(left.iter().all(|state| *state == ChangeState::Exported), "{left:?}");
        assert_eq!(left.len(), 1 + usize::from(written));
    }
}

#[test]
fn a_recipient_whose_sync_was_interrupted_waits() {
    let world = World::new(vec![person("alice", &[])]);
    die(&world, false, true);
    assert!(world.publish(alices()).run.is_err());
    die(&world, false, false);
    // As a run of the profile's own leaves it: no asked run is on record.
    world.run(|job| {
        job.state.remove_setting("asked_run")?;
        Err(smime_sync::error::Error::canceled())
    });
    let newer = Draft::person("alice@contoso.test").serial(&[9]).sign(&root());
    let publication = Publication { certificates: vec![certificate(&newer)], ..Publication::default() };
    let outcome = world.publish(publication);
    assert_eq!((outcome.ok().result, outcome.ok().numbers.waiting), (RunResult::CompletedWithErrors, 1));
    assert_eq!(world.values("id-alice"), [(USER, good("alice"))]);
}
