//! What a run left undone, told in one warning for each kind: a `Success` says what it did not do.

use super::{exclusions, job::Job};
use crate::{
    error::Result,
    event::LogLevel,
    model::{MissingIssuer, Run, RunNumbers, RunResult, counted},
};

/// Issuers that the warning names; the run's `MissingIssuers` has more.
const ISSUERS_TOLD: usize = 10;

/// How a run of the profile's own ends that came to its end.
///
/// What failed, could not be read, or waits for a later run is not as desired. Certificates that are wrong are
/// findings of their recipients, and whoever the target skips or somebody declined is left out on purpose: warnings,
/// and numbers of the run. Pure.
pub(super) fn result(numbers: &RunNumbers) -> RunResult {
    let open = numbers.errors + numbers.rejected + numbers.waiting;
    if open == 0 { RunResult::Success } else { RunResult::CompletedWithErrors }
}

/// Tells what a run of the profile's own did not do, in one warning for each kind.
pub(super) fn tell(job: &Job<'_>, run: &Run) -> Result<()> {
    let name = &job.profile.name;
    let numbers = &run.numbers;
    let own = [
        missing_issuers(&run.missing_issuers).filter(|_| !job.profile.trust.allow_untrusted),
        without_usable(name, numbers),
        without_certificate(numbers),
    ];
    own.into_iter().flatten().try_for_each(|what| job.context.log(LogLevel::Warning, what))?;
    exclusions::tell(job, run)?;
    let later = [declined(name, numbers.declined), waiting(name, numbers.waiting)];
    later.into_iter().flatten().try_for_each(|what| job.context.log(LogLevel::Warning, what))
}

/// Issuers that are no anchors, and how many certificates are lost by it: mostly a forgotten CA. Pure.
fn missing_issuers(issuers: &[MissingIssuer]) -> Option<String> {
    let certificates = |issuer: &MissingIssuer| counted(issuer.certificates, "certificate", "certificates");
    match issuers {
        [] => None,
        [one] => Some(format!(
            "The issuer {} is missing among the trust anchors, so {} of it can't be used. Add its certificate to \
             -TrustAnchorPath if the profile shall trust it.",
            one.issuer,
            certificates(one)
        )),
        many => {
            let named: Vec<String> = many
                .iter()
                .take(ISSUERS_TOLD)
                .map(|one| format!("{} ({})", one.issuer, certificates(one)))
                .collect();
            let more = match many.len().saturating_sub(ISSUERS_TOLD) {
                0 => String::new(),
                more => format!(" and {more} more, which the run's MissingIssuers names"),
            };
            Some(format!(
                "{} issuers are missing among the trust anchors, so their certificates can't be used: {}{more}. Add \
                 their certificates to -TrustAnchorPath if the profile shall trust them.",
                many.len(),
                named.join("; ")
            ))
        }
    }
}

/// Recipients whose certificates are all unusable; and whether there is nobody else. Pure.
fn without_usable(profile: &str, numbers: &RunNumbers) -> Option<String> {
    if numbers.without_usable == 0 {
        return None;
    }
    let nobody =
        if numbers.with_desired == 0 { "No recipient that was read has a usable certificate: " } else { "" };
    let who = counted(
        numbers.without_usable,
        "recipient has certificates, but none that can be used to encrypt mail",
        "recipients have certificates, but none that can be used to encrypt mail",
    );
    Some(format!(
        "{nobody}{who}. 'Get-SmimeCertificate {profile}' shows what is wrong with them; -Verbose names the recipients."
    ))
}

/// Recipients that have nothing to publish. Where nobody has, that is an error already. Pure.
fn without_certificate(numbers: &RunNumbers) -> Option<String> {
    let is_error = numbers.with_values == 0 && numbers.errors > 0;
    if numbers.without_certificate == 0 || is_error {
        return None;
    }
    let of = counted(numbers.recipients, "recipient", "recipients");
    let (have, them) = if numbers.without_certificate == 1 { ("has", "it") } else { ("have", "them") };
    Some(format!(
        "{} of {of} {have} no certificate at all. -Verbose names {them}.",
        numbers.without_certificate
    ))
}

/// Changes that somebody answered No to, now or in an earlier run. Pure.
fn declined(profile: &str, declined: u64) -> Option<String> {
    let what = match declined {
        0 => return None,
        1 => "1 change was declined, and is skipped until -Confirm asks again or the recipient's certificates change."
            .to_owned(),
        many => format!(
            "{many} changes were declined, and are skipped until -Confirm asks again or the recipients' certificates \
             change."
        ),
    };
    Some(format!("{what} 'Get-SmimeSyncChange {profile} -State Declined' lists what was declined."))
}

/// Changes that a later run has to see to. Pure.
fn waiting(profile: &str, waiting: u64) -> Option<String> {
    let what = match waiting {
        0 => return None,
        1 => "1 change is left for a later run: it failed before and waits for its next try, or the target has not \
              shown it yet."
            .to_owned(),
        many => format!(
            "{many} changes are left for a later run: they failed before and wait for their next try, or the target \
             has not shown them yet."
        ),
    };
    Some(format!("{what} 'Get-SmimeSyncChange {profile} -State Rejected, InFlight' lists what is left."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_success_only_where_nothing_failed_and_nothing_waits() {
        for (what, numbers, expected) in [
            ("nothing was to be done", RunNumbers::default(), RunResult::Success),
            ("an error", RunNumbers { errors: 1, ..Default::default() }, RunResult::CompletedWithErrors),
            ("refused", RunNumbers { rejected: 1, ..Default::default() }, RunResult::CompletedWithErrors),
            (
                "left for later",
                RunNumbers { waiting: 1, ..Default::default() },
                RunResult::CompletedWithErrors,
            ),
            ("skipped by the target", RunNumbers { excluded: 1, ..Default::default() }, RunResult::Success),
            ("declined", RunNumbers { declined: 1, ..Default::default() }, RunResult::Success),
            (
                "nobody has a certificate that can be used",
                RunNumbers { without_usable: 7, without_certificate: 3, ..Default::default() },
                RunResult::Success,
            ),
        ] {
            assert_eq!(result(&numbers), expected, "{what}");
        }
    }

    #[test]
    fn at_most_ten_issuers_are_named() {
        let issuer = |n: u64| MissingIssuer { issuer: format!("CN=CA {n}"), certificates: n };
        let twelve: Vec<MissingIssuer> = (1..=12).rev().map(issuer).collect();
        let told = missing_issuers(&twelve).unwrap();
        assert!(told.starts_with("12 issuers are missing among the trust anchors, so their"), "{told}");
        assert!(told.contains("CN=CA 3 (3 certificates) and 2 more, which the run's"), "{told}");
        assert!(
            missing_issuers(twelve.get(..10).unwrap()).unwrap().contains("CN=CA 3 (3 certificates). Add")
        );
    }
}
