//! Puts certificates into the directory for the recipients that they are made for.

use std::collections::BTreeSet;

use super::{
    asked::{Asked, Planner},
    named::{named, read},
    run::run,
};
use crate::{
    certificate::{AddressSet, Certificate},
    directory::Identities,
    error::{Error, ErrorId, Result},
    event::{Context, LogLevel},
    model::{Attribute, Evaluation, Finding, Identity, Recipient, Run, Severity, Value},
    policy::{MAX_VALUES, RuleId},
    sync::job::Job,
};

/// What is to be published, for whom.
#[derive(Debug, Clone, Default)]
pub struct Publication {
    /// The certificates, CA certificates that came along included.
    pub certificates: Vec<Certificate>,
    /// Why others could not be read.
    pub unreadable: Vec<Error>,
    /// For whom; none: for whoever has the addresses that the certificate names.
    pub identity: Vec<Identity>,
    /// Publish what `Error` findings speak against, too.
    pub force: bool,
}

/// Publishes as one run of the job's profile, in the job's mode, which is [`InPlace`](crate::sync::mode::InPlace).
/// What is wrong with one certificate or recipient is an error of its own, and the rest goes on. Results: `Change`s,
/// then the `Run`. Fails with the error that stopped the run.
pub fn publish(job: Job<'_>, publication: Publication) -> Result<Run> {
    run(job, |job, run| plan(job, run, publication))
}

fn plan(job: &mut Job<'_>, run: &mut Run, publication: Publication) -> Result<()> {
    let Publication { certificates, unreadable, identity, force } = publication;
    for error in unreadable {
        job.report(run, error)?;
    }
    let certificates = of_people(job, certificates)?;
    if certificates.is_empty() {
        return Ok(());
    }
    let whose = if identity.is_empty() {
        by_address(job, run, &certificates)?
    } else {
        let named = named(job, run, &identity)?;
        named.into_iter().map(|recipient| (recipient, certificates.iter().collect())).collect()
    };
    for (recipient, certificates) in whose {
        let (_, planner) = job.split();
        let context = job.context;
        let refused = plan_recipient(&planner, context, run, &recipient, &certificates, force)?;
        for error in refused {
            job.report(run, error)?;
        }
    }
    Ok(())
}

/// Each end-entity certificate once; CA certificates came along.
fn of_people(job: &Job<'_>, certificates: Vec<Certificate>) -> Result<Vec<Certificate>> {
    let mut people: Vec<Certificate> = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        if certificate.is_ca() {
            job.verbose(format!(
                "The certificate of {} is that of a CA and is skipped.",
                certificate.describe()
            ))?;
        } else if !people.iter().any(|known| known.fingerprint == certificate.fingerprint) {
            people.push(certificate);
        }
    }
    Ok(people)
}

type Assigned<'c> = Vec<(Recipient, Vec<&'c Certificate>)>;

/// Finds the recipient of each certificate by the addresses in it. Nobody, or more than one: an error of that
/// certificate.
fn by_address<'c>(job: &mut Job<'_>, run: &mut Run, certificates: &'c [Certificate]) -> Result<Assigned<'c>> {
    let all = certificates.iter().flat_map(|one| &one.addresses).filter(|address| address.is_plain());
    let addresses: BTreeSet<&str> = all.map(|address| address.text.as_str()).collect();
    let addresses: Vec<Identity> = addresses.into_iter().map(Identity::from).collect();
    let found =
        if addresses.is_empty() { Vec::new() } else { read(job, run, &mut Identities::new(&addresses))? };
    let mut assigned: Assigned<'c> = found.into_iter().map(|recipient| (recipient, Vec::new())).collect();
    for certificate in certificates {
        let mut fitting: Vec<_> =
            assigned.iter_mut().filter(|(recipient, _)| names(certificate, recipient)).collect();
        match fitting.as_mut_slice() {
            [(_, certificates)] => certificates.push(certificate),
            several => {
                let several: Vec<&str> =
                    several.iter().map(|(one, _)| one.distinguished_name.as_str()).collect();
                let error = unassigned(certificate, &several);
                job.report(run, error)?;
            }
        }
    }
    assigned.retain(|(_, certificates)| !certificates.is_empty());
    Ok(assigned)
}

fn names(certificate: &Certificate, recipient: &Recipient) -> bool {
    let own = AddressSet::new(recipient.addresses());
    certificate.addresses.iter().any(|address| address.is_plain() && own.contains(&address.text))
}

fn unassigned(certificate: &Certificate, fitting: &[&str]) -> Error {
    let addresses = certificate.summary().addresses;
    let (id, what) = match (fitting, addresses.as_slice()) {
        ([], []) => (ErrorId::IdentityNotFound, "names no mail address".to_owned()),
        ([], some) => {
            (ErrorId::IdentityNotFound, format!("names {}, which no recipient has", some.join(", ")))
        }
        (several, _) => {
            (ErrorId::IdentityAmbiguous, format!("fits more than one recipient: {}", several.join("; ")))
        }
    };
    Error::new(id, format!("The certificate of {} {what}.", certificate.describe()))
        .target(hex::encode_upper(certificate.thumbprint))
        .advice("Name the recipient with -Identity.")
}

/// Stages what one recipient gets, in one change; the errors of certificates that are refused.
fn plan_recipient(
    planner: &Planner<'_>,
    context: &Context,
    run: &mut Run,
    recipient: &Recipient,
    certificates: &[&Certificate],
    force: bool,
) -> Result<Vec<Error>> {
    let before = planner.evaluate(recipient);
    run.numbers.with_desired += u64::from(!before.desired.is_empty());
    let mut then = recipient.clone();
    let mut after = before.clone();
    let (mut added, mut reasons, mut findings, mut refused) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for certificate in certificates {
        let value = Value::new(Attribute::UserCertificate, certificate.der());
        if then.values.contains(&value) {
            let what = format!(
                "The certificate of {} is there already for {}.",
                certificate.describe(),
                recipient.label()
            );
            context.log(LogLevel::Verbose, what)?;
            continue;
        }
        then.values.push(value.clone());
        let judged = planner.evaluate(&then);
        let against = errors_on(&judged, &value);
        let refusal = match () {
            () if is_full(&then) => Some(too_many(certificate, recipient)),
            () if !against.is_empty() && !force => Some(refusal(certificate, recipient, &against)),
            () => None,
        };
        if let Some(error) = refusal {
            then.values.pop();
            refused.push(error);
            continue;
        }
        reasons.push(reason(certificate, !against.is_empty()));
        findings.extend(against);
        added.push((value, certificate.summary()));
        after = judged;
    }
    if added.is_empty() {
        run.numbers.unchanged += u64::from(refused.is_empty());
        return Ok(refused);
    }
    for finding in after.findings.iter().filter(|finding| finding.rule == RuleId::StaleSmimeValue.id()) {
        let advice = "Take it out with Unpublish-SmimeCertificate -State Expired, or curate with a profile of -Target ActiveDirectory.";
        context.log(LogLevel::Warning, format!("{}: {} {advice}", recipient.label(), finding.message))?;
        findings.push(finding.clone());
    }
    let asked = Asked { recipient, before, after, added, removed: Vec::new(), reasons, findings };
    planner.transaction(|| planner.stage(run, asked))?;
    Ok(refused)
}

/// The `Error` findings on the certificate that is `value`.
fn errors_on(evaluation: &Evaluation, value: &Value) -> Vec<Finding> {
    let fingerprint = value.fingerprint();
    let of_value = evaluation
        .certificates
        .iter()
        .find(|entry| entry.attribute == value.attribute && entry.value == fingerprint);
    let findings = of_value.iter().flat_map(|entry| &entry.findings);
    findings.filter(|finding| finding.severity == Severity::Error).cloned().collect()
}

fn is_full(recipient: &Recipient) -> bool {
    let of_attribute = recipient.values.iter().filter(|value| value.attribute == Attribute::UserCertificate);
    of_attribute.count() > MAX_VALUES
}

fn too_many(certificate: &Certificate, recipient: &Recipient) -> Error {
    let what = format!(
        "The certificate of {} is refused for {}: it would have more than {MAX_VALUES} values of userCertificate, of which Entra \
         Connect then exports none.",
        certificate.describe(),
        recipient.label()
    );
    Error::new(ErrorId::CertificateRefused, what)
        .target(recipient.label())
        .advice("Take superseded certificates out first, with Unpublish-SmimeCertificate -State Expired or by thumbprint.")
}

fn refusal(certificate: &Certificate, recipient: &Recipient, against: &[Finding]) -> Error {
    let findings: Vec<String> =
        against.iter().map(|finding| format!("{} ({})", finding.message, finding.rule)).collect();
    let what = format!(
        "The certificate of {} is refused for {}: {}",
        certificate.describe(),
        recipient.label(),
        findings.join(" ")
    );
    Error::new(ErrorId::CertificateRefused, what).target(recipient.label())
}

fn reason(certificate: &Certificate, forced: bool) -> String {
    let in_spite = if forced { ", in spite of what speaks against it" } else { "" };
    format!("Published: {}, as userCertificate{in_spite}.", certificate.describe())
}
