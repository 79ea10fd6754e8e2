use super::*;

fn facts() -> Facts {
    Facts {
        recipients: 1000,
        with_values: 900,
        with_values_before: Some(900),
        managed: 900,
        over_time: Some(OverTime { lost: 0, replaced: 0, highest: 900 }),
        ..Facts::default()
    }
}

fn reasons(facts: &Facts) -> Vec<HoldReason> {
    judge(facts, &LimitSettings::default()).into_iter().map(|hold| hold.reason).collect()
}

fn check(cases: &[(&str, Facts, &[HoldReason])]) {
    for (case, facts, due) in cases {
        assert_eq!(reasons(facts), *due, "{case}: {:?}", judge(facts, &LimitSettings::default()));
    }
}

use HoldReason::{
    AllNamed, EmptySource, PolicyChanged, Removals, RemovalsOverTime, Replacements, SourceHeld, ValuesFell,
};

#[test]
fn the_removals_of_one_run_are_held_by_number_and_percentage() {
    let many = Facts { managed: 100_000, ..facts() };
    check(&[
        ("nothing is removed", facts(), &[]),
        ("10 % are removed", Facts { removes: 90, ..facts() }, &[]),
        ("more than 10 %", Facts { removes: 91, ..facts() }, &[Removals]),
        ("10 of 12: too few to count", Facts { removes: 10, managed: 12, ..facts() }, &[]),
        ("11 of 12", Facts { removes: 11, managed: 12, ..facts() }, &[Removals]),
        ("500 of many", Facts { removes: 500, over_time: None, ..many }, &[]),
        ("501 of many", Facts { removes: 501, over_time: None, ..many }, &[Removals]),
        ("both", Facts { removes: 501, ..facts() }, &[Removals, Removals]),
        ("501, allowed for this run", Facts { removes: 501, allow_removal: Some(501), ..facts() }, &[]),
        (
            "502, 501 allowed",
            Facts { removes: 502, allow_removal: Some(501), over_time: None, ..many },
            &[Removals],
        ),
        ("a small allowance lowers no limit", Facts { removes: 80, allow_removal: Some(5), ..facts() }, &[]),
        (
            "of some: only the number counts",
            Facts { partial: true, recipients: 0, removes: 400, over_time: None, ..facts() },
            &[],
        ),
        (
            "of some, above the number",
            Facts { partial: true, removes: 501, over_time: None, ..facts() },
            &[Removals],
        ),
    ]);
}

#[test]
fn the_source_is_held_for_what_it_shows() {
    check(&[
        ("it is empty", Facts { recipients: 0, with_values: 0, ..facts() }, &[EmptySource]),
        ("values fell by 10 %", Facts { with_values: 810, ..facts() }, &[]),
        ("values fell by more", Facts { with_values: 809, ..facts() }, &[ValuesFell]),
        (
            "an allowance does not help there",
            Facts { with_values: 0, allow_removal: Some(9999), ..facts() },
            &[ValuesFell],
        ),
        ("the first run", Facts { with_values_before: None, with_values: 1, ..facts() }, &[]),
        ("only some were read", Facts { partial: true, recipients: 0, with_values: 0, ..facts() }, &[]),
        ("policy changed, nothing removed", Facts { policy_changed: true, ..facts() }, &[]),
        (
            "policy changed, one removed",
            Facts { policy_changed: true, removes: 1, ..facts() },
            &[PolicyChanged],
        ),
        (
            "policy changed, some read",
            Facts { policy_changed: true, partial: true, removes: 1, ..facts() },
            &[],
        ),
    ]);
}

#[test]
fn removals_of_all_runs_count_together_over_the_days() {
    let after = |lost, removes| Facts {
        removes,
        over_time: Some(OverTime { lost, replaced: 0, highest: 900 }),
        managed: 900 - lost,
        ..facts()
    };
    let partial = |facts| Facts { partial: true, ..facts };
    check(&[
        ("90 of 900", after(80, 10), &[]),
        ("91 of 900", after(81, 10), &[RemovalsOverTime]),
        ("and by a run of some", partial(after(81, 10)), &[RemovalsOverTime]),
        ("by one run of some alone", partial(after(0, 91)), &[RemovalsOverTime]),
        ("by one full run alone, which is said once", after(0, 91), &[Removals]),
        ("by both", after(10, 91), &[Removals, RemovalsOverTime]),
        ("nothing is removed now", after(200, 0), &[]),
        ("allowed for this run", Facts { allow_removal: Some(10), ..after(81, 10) }, &[]),
        ("one more than allowed", Facts { allow_removal: Some(9), ..after(81, 10) }, &[RemovalsOverTime]),
        ("it is switched off", Facts { over_time: None, ..after(81, 10) }, &[]),
        (
            "10 in a small company",
            Facts { over_time: Some(OverTime { lost: 5, replaced: 0, highest: 20 }), ..after(5, 5) },
            &[],
        ),
        (
            "11 in a small company",
            Facts { over_time: Some(OverTime { lost: 6, replaced: 0, highest: 20 }), ..after(6, 5) },
            &[RemovalsOverTime],
        ),
    ]);
    for (lost, removes, warns) in
        [(0, 45, false), (0, 46, true), (45, 0, false), (45, 1, true), (90, 0, false)]
    {
        let told = half_way(&after(lost, removes), &LimitSettings::default());
        assert_eq!(told.is_some(), warns, "{lost} and {removes}: {told:?}");
    }
    let allowed = Facts { allow_removal: Some(46), ..after(0, 46) };
    assert_eq!(half_way(&allowed, &LimitSettings::default()), None);
}

#[test]
fn runs_of_some_are_held_with_their_source_and_where_all_who_are_named_lose() {
    let named = |recipients, published, removes| Facts {
        partial: true,
        removes,
        over_time: Some(OverTime { lost: 0, replaced: 0, highest: 10_000 }),
        named: Named { recipients, published, removes },
        ..facts()
    };
    check(&[
        ("all of 11", named(11, 11, 11), &[AllNamed]),
        ("all of those of 20 who had any", named(20, 3, 3), &[AllNamed]),
        ("one keeps something", named(11, 11, 10), &[]),
        ("10 are named", named(10, 10, 10), &[]),
        ("nobody had any", named(20, 0, 0), &[]),
        ("allowed for this run", Facts { allow_removal: Some(11), ..named(11, 11, 11) }, &[]),
        ("all approved", Facts { removes: 0, ..named(11, 11, 11) }, &[]),
        ("some approved", Facts { removes: 4, ..named(11, 11, 11) }, &[AllNamed]),
        ("the full run's source was held", Facts { held_source: Some(7), ..named(1, 1, 0) }, &[SourceHeld]),
        (
            "which no allowance lifts",
            Facts { held_source: Some(7), allow_removal: Some(99), ..named(1, 1, 1) },
            &[SourceHeld],
        ),
    ]);
}

#[test]
fn replacements_are_held_by_number_and_percentage() {
    let replacing = |replacements| Facts { replacements, ..facts() };
    let many = |replacements| Facts { managed: 100_000, ..replacing(replacements) };
    check(&[
        ("10 %", replacing(90), &[]),
        ("more than 10 %", replacing(91), &[Replacements]),
        ("10 of 12: too few to count", Facts { managed: 12, ..replacing(10) }, &[]),
        ("500 of many", many(500), &[]),
        ("501 of many", many(501), &[Replacements]),
        ("501, allowed for this run", Facts { allow_replacement: Some(501), ..replacing(501) }, &[]),
        (
            "removals allowed, not replacements",
            Facts { allow_removal: Some(501), ..replacing(91) },
            &[Replacements],
        ),
        ("of some: the percentage counts, too", Facts { partial: true, ..replacing(91) }, &[Replacements]),
        ("of some, above the number", Facts { partial: true, ..many(501) }, &[Replacements]),
    ]);
}

#[test]
fn the_sentences_name_what_was_counted_and_the_limit() {
    let facts = Facts {
        removes: 31,
        replacements: 91,
        over_time: Some(OverTime { lost: 60, replaced: 0, highest: 900 }),
        ..facts()
    };
    let texts: Vec<String> =
        judge(&facts, &LimitSettings::default()).into_iter().map(|hold| hold.text).collect();
    assert_eq!(
        texts,
        [
            "With this plan 91 of 900 recipients with published certificates would have lost their last one within \
             7 days; 10 % is the limit.",
            "91 recipients of 900 with published certificates would get a certificate that names none of their mail \
             addresses, or is older than the one before; 10 % is the limit.",
        ]
    );
    let passing =
        Facts { over_time: Some(OverTime { lost: 20, replaced: 0, highest: 900 }), replacements: 0, ..facts };
    assert_eq!(
        half_way(&passing, &LimitSettings::default()).as_deref(),
        Some(
            "With this run 51 of 900 recipients with published certificates will have lost their last one within 7 days; \
             above 90 a plan is held."
        )
    );
}
