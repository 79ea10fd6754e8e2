//! What a run did not do: one warning for each kind, the numbers, and the result.

use smime_sync::{
    event::LogLevel,
    model::{ChangeState, Exclusion, MissingIssuer, RunResult},
};

use super::harness::{Fault, Harness, Outcome, person};

fn told(run: &Outcome) -> (RunResult, Vec<String>) {
    (run.ok().result, run.told.warnings())
}

#[test]
fn a_run_that_left_nothing_undone_says_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["bad", "b"])]);
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![]));
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![]));
}

#[test]
fn missing_issuers_are_named_with_the_number_of_their_certificates_by_every_run() {
    let mut harness = Harness::new(vec![person("alice", &["stray"]), person("bob", &["b"])]);
    harness.profile.trust.allow_untrusted = false;
    let warnings = vec![
        "The issuer CN=stray CA is missing among the trust anchors, so 1 certificate of it can't be used. Add its \
         certificate to -TrustAnchorPath if the profile shall trust it."
            .to_owned(),
        "1 recipient has certificates, but none that can be used to encrypt mail. 'Get-SmimeCertificate corp' shows \
         what is wrong with them; -Verbose names the recipients."
            .to_owned(),
    ];
    for _ in 0..2 {
        let run = harness.run();
        assert_eq!(told(&run), (RunResult::Success, warnings.clone()));
        let issuers = [MissingIssuer { issuer: "CN=stray CA".into(), certificates: 1 }];
        assert_eq!(run.ok().missing_issuers, issuers);
        assert!(
            run.told
                .logged(LogLevel::Verbose)
                .contains(&"No usable certificate: alice@contoso.test.".to_owned())
        );
    }
    harness.source.recipients = vec![
        person("alice", &["stray", "stray2"]),
        person("bob", &["b", "stray3"]),
        person("carol", &["c", "stray"]),
    ];
    assert_eq!(
        harness.run().told.warnings()[0],
        "3 issuers are missing among the trust anchors, so their certificates can't be used: CN=stray CA (2 \
         certificates); CN=stray2 CA (1 certificate); CN=stray3 CA (1 certificate). Add their certificates to \
         -TrustAnchorPath if the profile shall trust them."
    );
}

#[test]
fn where_untrusted_certificates_are_published_a_missing_issuer_loses_nothing() {
    let mut harness = Harness::new(vec![person("alice", &["a", "stray"])]);
    let run = harness.run();
    assert_eq!(told(&run), (RunResult::Success, vec![]));
    assert_eq!(run.ok().missing_issuers.len(), 1);
}

#[test]
fn recipients_without_a_usable_certificate_are_counted_and_nobody_having_one_is_told() {
    let mut harness =
        Harness::new(vec![person("alice", &["bad"]), person("bob", &["bad", "bad2"]), person("carol", &[])]);
    let run = harness.run();
    let numbers = &run.ok().numbers;
    assert_eq!((numbers.with_desired, numbers.without_usable, numbers.without_certificate), (0, 2, 1));
    assert_eq!(
        told(&run),
        (
            RunResult::Success,
            vec![
                "No recipient that was read has a usable certificate: 2 recipients have certificates, but none that \
                 can be used to encrypt mail. 'Get-SmimeCertificate corp' shows what is wrong with them; -Verbose \
                 names the recipients."
                    .to_owned(),
                "1 of 3 recipients has no certificate at all. -Verbose names it.".to_owned(),
            ]
        )
    );
    harness.profile.limits.removal_percent = 100;
    harness.source.recipients = vec![person("alice", &["a"]), person("bob", &[]), person("carol", &[])];
    let run = harness.run();
    assert_eq!(run.told.warnings(), ["2 of 3 recipients have no certificate at all. -Verbose names them."]);
    assert!(run.told.has("No certificate: bob@contoso.test, carol@contoso.test."));
}

#[test]
fn that_nobody_has_any_certificate_is_told_once_as_an_error() {
    let mut harness = Harness::new(vec![person("alice", &[]), person("bob", &[])]);
    assert_eq!(told(&harness.run()), (RunResult::CompletedWithErrors, vec![]));
    harness.options.identity = vec!["alice@contoso.test".into()];
    let alone = "1 of 1 recipient has no certificate at all. -Verbose names it.".to_owned();
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![alone]));
}

#[test]
fn what_the_target_skips_is_a_warning_for_each_reason_with_its_number() {
    let mut harness =
        Harness::new(vec![person("alice", &["a"]), person("bob", &["b"]), person("carol", &["c"])]);
    let excludes = |name: &str, why| Fault::Excludes(format!("{name}@contoso.test"), why);
    harness.faults = vec![
        excludes("alice", Exclusion::DirectorySynced),
        excludes("bob", Exclusion::NotFound),
        excludes("carol", Exclusion::DirectorySynced),
    ];
    let run = harness.run();
    assert_eq!(run.ok().numbers.excluded, 3);
    assert_eq!(
        told(&run),
        (
            RunResult::Success,
            vec![
                "2 recipients were skipped, since they are synchronised from Active Directory and can't be written \
                 in the cloud. Use a profile with -Target ActiveDirectory; Entra Connect exports what it leaves \
                 there."
                    .to_owned(),
                "1 recipient was skipped, since it is not at the target. Create what is missing at the target; in \
                 Exchange, external partners can be created with -CreateContact."
                    .to_owned(),
            ]
        )
    );
}

#[test]
fn what_was_declined_is_told_by_every_later_run() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.options.confirm = true;
    harness.decline = vec!["alice".into(), "bob".into()];
    let both =
        "2 changes were declined, and are skipped until -Confirm asks again or the recipients' certificates \
                change. 'Get-SmimeSyncChange corp -State Declined' lists what was declined."
            .to_owned();
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![both.clone()]));
    harness.options.confirm = false;
    let run = harness.run();
    assert_eq!(told(&run), (RunResult::Success, vec![both.clone()]));
    assert!(run.told.has("alice@contoso.test is left out, since its change was declined."));
    harness.options.what_if = true;
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![both]));
    harness.options.what_if = false;
    harness.source.recipients[0] = person("alice", &["a2"]);
    let one = "1 change was declined, and is skipped until -Confirm asks again or the recipient's certificates \
               change. 'Get-SmimeSyncChange corp -State Declined' lists what was declined.";
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![one.to_owned()]));
    assert_eq!(harness.published("alice"), ["a2"]);
    assert_eq!(harness.changes(ChangeState::Declined).len(), 1);
}

#[test]
fn a_change_that_was_refused_is_no_success_until_it_is_written() {
    let mut harness = Harness::new(vec![person("alice", &["a"]), person("bob", &["b"])]);
    harness.faults =
        vec![Fault::Refuses("alice@contoso.test".into()), Fault::Refuses("bob@contoso.test".into())];
    for _ in 0..2 {
        let run = harness.run();
        assert_eq!((told(&run), run.ok().numbers.rejected), ((RunResult::CompletedWithErrors, vec![]), 2));
    }
    harness.faults.clear();
    // Half an hour has to go by; until then it is not Success, though nothing new went wrong.
    let both = "2 changes are left for a later run: they failed before and wait for their next try, or the target \
                has not shown them yet. 'Get-SmimeSyncChange corp -State Rejected, InFlight' lists what is left.";
    let run = harness.run();
    assert_eq!(told(&run), (RunResult::CompletedWithErrors, vec![both.to_owned()]));
    assert_eq!((run.ok().numbers.errors, run.ok().numbers.waiting), (0, 2));
    assert!(
        run.told.has("bob@contoso.test is left out, since its change failed and waits for its next try.")
    );
    harness.options.identity = vec!["alice@contoso.test".into()];
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![]), "-Identity tries at once");
    harness.options.identity.clear();
    let one = "1 change is left for a later run: it failed before and waits for its next try, or the target has \
               not shown it yet. 'Get-SmimeSyncChange corp -State Rejected, InFlight' lists what is left.";
    assert_eq!(told(&harness.run()), (RunResult::CompletedWithErrors, vec![one.to_owned()]));
    harness.now += 1800;
    assert_eq!(told(&harness.run()), (RunResult::Success, vec![]));
    assert_eq!(harness.published("bob"), ["b"]);
}

#[test]
fn a_held_run_says_it_too() {
    let mut harness = Harness::new((0..20).map(|n| person(&format!("p{n}"), &["a"])).collect());
    harness.run();
    let (bad, none) = ((0..12), (12..14));
    harness.source.recipients = bad
        .map(|n| person(&format!("p{n}"), &["bad"]))
        .chain(none.map(|n| person(&format!("p{n}"), &[])))
        .chain((14..20).map(|n| person(&format!("p{n}"), &["a"])))
        .collect();
    let run = harness.run();
    assert_eq!(run.ok().result, RunResult::Held);
    let warnings = run.told.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[1].starts_with("12 recipients have certificates, but none"), "{warnings:?}");
    assert!(warnings[2].starts_with("2 of 20 recipients have no certificate at all."), "{warnings:?}");
}
