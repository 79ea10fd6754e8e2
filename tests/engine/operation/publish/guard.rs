//! What the guard makes of requests that take certificates away.

use smime_sync::{
    event::LogLevel,
    model::{ChangeState, HoldReason, RunResult, Value},
    state::State,
    sync::{self, mode, request::UnpublishState},
    targets::folder::Folder,
};

use super::{directory::*, unpublishing::*};
use crate::common::certificates::*;

pub(super) fn people(count: usize) -> Vec<smime_sync::model::Recipient> {
    (0..count).map(|n| person(&format!("p{n}"), &[(USER, good(&format!("p{n}")))])).collect()
}
#[test]
fn the_guard_holds_what_takes_too_many_their_last_certificate_until_it_is_approved() {
    let mut world = World::new(people(3));
    world.profile.limits.removal_limit = 2;
    let all: Vec<String> = (0..3).map(|n| thumbprint(&good(&format!("p{n}")))).collect();
    let held = world.unpublish(by_thumbprint(&all));
    assert_eq!(held.ok().result, RunResult::Held);
    assert_eq!(held.ok().guard, ["3 recipients would lose their last certificate; 2 is the limit."]);
    assert!(held.changes().iter().all(|change| change.state == ChangeState::Held));
    assert_eq!(world.inside(|inside| inside.writes), 0);

    let state = State::open(&world.home.path().join("state").join("corp.db"), NOW).unwrap();
    state.approve(held.ok().id).unwrap();
    state.close().unwrap();
    let through = world.unpublish(by_thumbprint(&all));
    assert_eq!((through.ok().result, through.ok().numbers.exported), (RunResult::Success, 3));
    assert!(world.values("id-p1").is_empty());
}
fn is_held(outcome: &Outcome) -> bool {
    outcome.ok().result == RunResult::Held
}
fn approve(world: &World, held: &Outcome) {
    let state = State::open(&world.home.path().join("state").join("corp.db"), NOW).unwrap();
    state.approve(held.ok().id).unwrap();
    state.close().unwrap();
}
#[test]
fn a_loop_over_single_people_is_held_over_time() {
    let world = World::new(people(40));
    let take = |n: usize| world.unpublish(by_thumbprint(&[thumbprint(&good(&format!("p{n}")))]));
    // Nobody has counted them before: the run that comes too far does.
    assert_eq!((0..40).find(|n| is_held(&take(*n))), Some(10));
    let held = take(10);
    assert_eq!(held.ok().hold_reasons, [HoldReason::RemovalsOverTime]);
    let due = "With this plan 11 of 40 recipients with published certificates would have lost their last one within 7 days; \
               10 % is the limit.";
    assert_eq!(held.ok().guard, [due]);
}
#[test]
fn what_a_profile_with_another_target_takes_from_the_directory_is_held_over_time_too() {
    let world = World::new(people(43));
    let mut folder = Folder::new(&world.home.path().join("out"));
    let sync = |world: &World, folder: &mut Folder| {
        let mode = mode::of(&world.profile);
        world.run_as(mode.as_ref(), &mut world.directory.clone(), folder, sync::run)
    };
    assert_eq!(sync(&world, &mut folder).ok().numbers.exported, 43);
    let take = |from: usize, to: usize| {
        let all: Vec<String> = (from..to).map(|n| thumbprint(&good(&format!("p{n}")))).collect();
        world.unpublish(by_thumbprint(&all))
    };
    assert!(is_held(&take(0, 20)));
    assert!(!is_held(&take(0, 10)));
    assert!(is_held(&take(10, 11)));
    // What they lost in the directory is not made good by what the target still has.
    assert_eq!(sync(&world, &mut folder).ok().numbers.exported, 10);
    assert!(is_held(&take(10, 11)));
    // Who has a certificate again counts no more.
    world.inside(|inside| {
        for n in 0..10 {
            inside.recipients[n].values = vec![Value::new(USER, good(&format!("p{n}")))];
        }
    });
    assert!(!is_held(&sync(&world, &mut folder)));
    assert!(!is_held(&take(10, 11)));
}
#[test]
fn an_approval_of_a_request_waits_for_the_same_request() {
    let mut world = World::new(people(4));
    world.profile.limits.removal_limit = 1;
    let take = |world: &World, people: &[usize]| {
        let all: Vec<String> = people.iter().map(|n| thumbprint(&good(&format!("p{n}")))).collect();
        world.unpublish(by_thumbprint(&all))
    };
    let held = take(&world, &[0, 1]);
    approve(&world, &held);
    let mut folder = Folder::new(&world.home.path().join("out"));
    let mode = mode::of(&world.profile);
    world.run_as(mode.as_ref(), &mut world.directory.clone(), &mut folder, sync::run).ok();
    assert!(!is_held(&take(&world, &[3])), "another request");
    drop(mode);
    let through = take(&world, &[0, 1]);
    assert_eq!((through.ok().result, through.ok().numbers.exported), (RunResult::Success, 2));
    let verbose = through.told.logged(LogLevel::Verbose);
    let due = format!("The approval of plan {} is used up by this run.", held.ok().id);
    assert!(verbose.contains(&due), "{verbose:?}");
    assert_eq!(world.state().approved_plan().unwrap(), None);
}
#[test]
fn an_approval_of_a_request_lets_nothing_go_from_the_target() {
    let mut world = World::new(people(4));
    world.profile.limits.removal_limit = 1;
    let mut folder = Folder::new(&world.home.path().join("out"));
    let sync = |world: &World, folder: &mut Folder| {
        let mode = mode::of(&world.profile);
        world.run_as(mode.as_ref(), &mut world.directory.clone(), folder, sync::run)
    };
    sync(&world, &mut folder).ok();
    let all: Vec<String> = (0..2).map(|n| thumbprint(&good(&format!("p{n}")))).collect();
    let held = world.unpublish(by_thumbprint(&all));
    approve(&world, &held);
    // Their certificates are broken at the source, by whomever.
    world.inside(|inside| {
        inside.recipients[..2].iter_mut().for_each(|one| one.values = vec![Value::new(USER, b"x".to_vec())]);
    });
    assert!(is_held(&sync(&world, &mut folder)));
}
#[test]
fn who_had_no_usable_certificate_does_not_count_for_the_guard() {
    let recipients = (0..3).map(|n| {
        let name = format!("p{n}");
        person(&name, &[(USER, expired(&name))])
    });
    let mut world = World::new(recipients.collect());
    world.profile.limits.removal_limit = 0;
    let outcome = world.unpublish(by_state(&[UnpublishState::Expired]));
    assert_eq!((outcome.ok().result, outcome.ok().numbers.exported), (RunResult::Success, 3));
}
#[test]
fn a_preview_says_what_the_guard_would_do() {
    let mut world = World::new(people(2));
    (world.profile.limits.removal_limit, world.options.what_if) = (1, true);
    let all: Vec<String> = (0..2).map(|n| thumbprint(&good(&format!("p{n}")))).collect();
    let outcome = world.unpublish(by_thumbprint(&all));
    assert_eq!(outcome.changes().len(), 2);
    let warnings = outcome.told.logged(LogLevel::Warning);
    assert!(warnings[0].starts_with("The guard would hold this plan"), "{warnings:?}");
    assert_eq!(world.values("id-p0").len(), 1);
}
