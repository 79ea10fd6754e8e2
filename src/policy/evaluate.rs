//! One recipient: its values read, judged and selected from.

use std::collections::BTreeSet;

use super::{
    Policy, RuleId,
    certificate_rules::{self, EXPIRES_SOON, Names, Naming},
    chains::Chains,
    curate::Curation,
    reading, recipient_rules,
    select::{self, Candidate, Selected},
    value_rules,
};
use crate::{
    certificate::{Certificate, ValueContent, ValueForm},
    model::{
        Attribute, CertificateState, Evaluation, Finding, Fingerprint, JudgedCertificate, Recipient,
        Severity, Timestamp, Value,
    },
    trust::{Checks, PathValidator},
};

/// The most values that get an entry although they were not read.
const MAX_UNREAD: usize = 1000;

/// Judges `recipient`'s certificates at the time `now` and selects what should be published. `paths` knows the
/// trust anchors; the CA certificates among the recipient's own values serve as intermediates.
pub fn evaluate(
    recipient: &Recipient,
    policy: &Policy,
    paths: &dyn PathValidator,
    now: Timestamp,
) -> Evaluation {
    let (values, signatures) = reading::read(recipient);
    let mut checks = Checks::new(signatures);
    let chains = Chains::search(&values, paths, now, &mut checks);
    let names = Names::of(recipient);
    let mut judged = Vec::new();
    let (mut users, mut smimes, mut unread) = (0, 0, 0);
    let mut seen = BTreeSet::new();
    for (value, content) in &values {
        let position = match value.attribute {
            Attribute::UserCertificate => &mut users,
            Attribute::UserSmimeCertificate => &mut smimes,
        };
        unread += usize::from(content.is_cut_short());
        if unread <= MAX_UNREAD || !content.is_cut_short() {
            let (names, chains, fingerprint, position) = (&names, &chains, value.fingerprint(), *position);
            ValueJudge { recipient, names, policy, chains, now, value, fingerprint, content, position }
                .judge(&mut seen, &mut judged);
        }
        *position += 1;
    }
    let candidates = candidates(&values, &judged, &chains, &names);
    let selected = select::select(candidates, &values, policy.selection, now);
    for entry in &mut judged {
        mark(entry, &selected, policy);
    }
    let curation = policy.curation.as_deref().map(|removable| {
        let (values, judged, chains) = (&values, &judged, &chains);
        Curation { values, judged, chains, paths, chosen: &selected.chosen, removable, now }
            .decide(&mut checks)
    });
    let mut fired = recipient_rules::judge(&values, &judged, selected.desired.is_empty());
    fired.extend(selected.fired);
    fired.extend(recipient.untrimmed.iter().map(|text| recipient_rules::untrimmed(text)));
    let fired = recipient_rules::few_of_each(fired);
    let mut findings: Vec<Finding> =
        fired.into_iter().map(|(rule, message)| policy.finding(rule, message)).collect();
    gravest_first(&mut findings);
    Evaluation {
        missing_issuers: missing_issuers(&judged, &chains),
        certificates: judged,
        findings,
        desired: selected.desired,
        next_evaluation: next_evaluation(&values, &chains, now),
        curation: curation.unwrap_or_default(),
    }
}

/// Says of a usable certificate that it was chosen, or which one is better.
fn mark(entry: &mut JudgedCertificate, selected: &Selected, policy: &Policy) {
    let fingerprint = entry.certificate.as_ref().map(|certificate| certificate.fingerprint);
    let Some(fingerprint) = fingerprint.filter(|_| entry.state == CertificateState::Usable) else { return };
    if selected.chosen.contains(&fingerprint) {
        entry.state = CertificateState::Chosen;
    } else if let Some(why) = selected.superseded.get(&fingerprint) {
        entry.findings.push(policy.finding(RuleId::Superseded, why.clone()));
    }
}

/// What is needed to judge one value.
struct ValueJudge<'a> {
    recipient: &'a Recipient,
    names: &'a Names<'a>,
    policy: &'a Policy,
    chains: &'a Chains,
    now: Timestamp,
    value: &'a Value,
    /// That of the value, of which there may be a megabyte with a thousand certificates.
    fingerprint: Fingerprint,
    content: &'a ValueContent,
    position: usize,
}

impl ValueJudge<'_> {
    /// Appends an entry for each certificate, and for each that can't be read; for a value with nothing in it one.
    fn judge(&self, seen: &mut BTreeSet<Fingerprint>, judged: &mut Vec<JudgedCertificate>) {
        let findings = value_rules::judge(self.value, self.content, self.policy);
        for certificate in &self.content.certificates {
            let mut of_this = findings.value.clone();
            let chain_part = self.is_chain_part(certificate);
            if !chain_part {
                of_this.extend(self.findings_on(certificate, seen));
            }
            judged.push(self.entry(Some(certificate), of_this, chain_part));
        }
        for finding in findings.unreadable {
            let mut of_this = findings.value.clone();
            of_this.push(finding);
            judged.push(self.entry(None, of_this, false));
        }
    }

    /// CA certificates come along in PKCS#7 and MS-OXOABK values; a CA certificate as a value is a mistake.
    fn is_chain_part(&self, certificate: &Certificate) -> bool {
        certificate.is_ca() && matches!(self.content.form, ValueForm::SignedData | ValueForm::OxoAbk)
    }

    fn findings_on(&self, certificate: &Certificate, seen: &mut BTreeSet<Fingerprint>) -> Vec<Finding> {
        let chain = self.chains.of(certificate);
        let mut findings =
            certificate_rules::judge(certificate, self.recipient, self.names, chain, self.policy, self.now);
        if !seen.insert(certificate.fingerprint) {
            let message = format!(
                "The certificate with the thumbprint {} is there already.",
                hex::encode_upper(certificate.thumbprint)
            );
            findings.push(self.policy.finding(RuleId::DuplicateCertificate, message));
        }
        findings
    }

    /// What speaks against it is meant for mail, and says nothing of what it is for. What has expired is for nothing.
    fn serves_another_purpose(&self, certificate: &Certificate) -> bool {
        !certificate.is_ca() && !certificate.allows_mail() && self.now <= certificate.not_after
    }

    fn entry(
        &self,
        certificate: Option<&Certificate>,
        mut findings: Vec<Finding>,
        chain_part: bool,
    ) -> JudgedCertificate {
        gravest_first(&mut findings);
        let unusable = findings.iter().any(|finding| finding.severity == Severity::Error);
        let other_purpose = certificate.is_some_and(|certificate| self.serves_another_purpose(certificate));
        JudgedCertificate {
            attribute: self.value.attribute,
            position: self.position,
            value: self.fingerprint,
            form: self.content.form.to_string(),
            certificate: certificate.map(Certificate::summary),
            state: match () {
                () if chain_part => CertificateState::Chain,
                () if other_purpose => CertificateState::OtherPurpose,
                () if unusable => CertificateState::Unusable,
                () => CertificateState::Usable,
            },
            findings,
            der: certificate.map(|certificate| certificate.der().to_vec()).unwrap_or_default(),
        }
    }
}

fn gravest_first(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}

fn usable(judged: &[JudgedCertificate]) -> BTreeSet<Fingerprint> {
    let usable = judged.iter().filter(|entry| entry.state == CertificateState::Usable);
    usable.filter_map(|entry| entry.certificate.as_ref()).map(|certificate| certificate.fingerprint).collect()
}

fn candidates<'a>(
    values: &'a [(&Value, ValueContent)],
    judged: &[JudgedCertificate],
    chains: &Chains,
    names: &Names<'_>,
) -> Vec<Candidate<'a>> {
    let mut usable = usable(judged);
    let preferred: BTreeSet<_> =
        values.iter().filter_map(|(_, content)| content.preferred_encryption).collect();
    let all = values.iter().flat_map(|(_, content)| &content.certificates);
    // Removing what is taken leaves each certificate once.
    let once = all.filter(|certificate| usable.remove(&certificate.fingerprint));
    let candidate = |certificate: &'a Certificate| Candidate {
        certificate,
        trusted: chains.is_trusted(certificate),
        named: matches!(names.naming(certificate), Naming::MailAddress(..)),
        preferred: preferred.contains(&certificate.fingerprint),
    };
    once.map(candidate).collect()
}

/// The issuers that were needed and not there, one for each certificate that nothing else speaks against: with them
/// as anchors it could be used. Sorted.
fn missing_issuers(judged: &[JudgedCertificate], chains: &Chains) -> Vec<String> {
    let against = |finding: &Finding| {
        finding.severity == Severity::Error && finding.rule != RuleId::UntrustedIssuer.id()
    };
    let otherwise_good = judged.iter().filter(|entry| !entry.findings.iter().any(against));
    let once: BTreeSet<Fingerprint> =
        otherwise_good.filter_map(|entry| entry.certificate.as_ref()).map(|one| one.fingerprint).collect();
    let mut issuers: Vec<String> =
        once.into_iter().filter_map(|one| chains.missing_issuer(one)).map(str::to_owned).collect();
    issuers.sort_unstable();
    issuers
}

/// The first moment after `now` at which a rule on time may turn out otherwise.
fn next_evaluation(values: &[(&Value, ValueContent)], chains: &Chains, now: Timestamp) -> Option<Timestamp> {
    let certificates = values.iter().flat_map(|(_, content)| &content.certificates);
    let own = certificates.flat_map(|certificate| {
        // The last second of the validity still belongs to it.
        let end = certificate.not_after;
        [certificate.not_before, end.plus(-EXPIRES_SOON), end.plus(1)]
    });
    own.chain(chains.changes()).filter(|time| now < *time).min()
}
