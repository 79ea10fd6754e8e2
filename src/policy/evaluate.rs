//! One recipient: its values read, judged and selected from.

use std::collections::{BTreeSet, HashMap};

use super::{
    Policy, RuleId,
    certificate_rules::{self, EXPIRES_SOON, Fired},
    chains::Chains,
    curate::Curation,
    select::{self, Candidate, MAX_VALUES},
    value_rules,
};
use crate::{
    certificate::{Certificate, ValueContent, ValueForm, read_value},
    model::{
        Attribute, CertificateState, Evaluation, Finding, Fingerprint, JudgedCertificate, Named, Purpose,
        Recipient, Severity, Timestamp, Value,
    },
    trust::PathValidator,
};

/// Judges `recipient`'s certificates at the time `now` and selects what should be published. `paths` knows the
/// trust anchors; the CA certificates among the recipient's own values serve as intermediates.
pub fn evaluate(
    recipient: &Recipient,
    policy: &Policy,
    paths: &dyn PathValidator,
    now: Timestamp,
) -> Evaluation {
    let values: Vec<(&Value, ValueContent)> =
        recipient.values.iter().map(|value| (value, read_value(value.attribute, &value.bytes))).collect();
    let chains = Chains::search(&values, paths, now);
    let mut judged = Vec::new();
    let mut positions: HashMap<Attribute, usize> = HashMap::new();
    let mut seen = BTreeSet::new();
    for (value, content) in &values {
        let position = positions.entry(value.attribute).or_default();
        let judge =
            ValueJudge { recipient, policy, chains: &chains, now, value, content, position: *position };
        judge.judge(&mut seen, &mut judged);
        *position += 1;
    }
    let candidates = candidates(&values, &judged, &chains);
    let selected = select::select(candidates, &values, policy.selection, now);
    for entry in &mut judged {
        let fingerprint = entry.certificate.as_ref().map(|certificate| certificate.fingerprint);
        if entry.state == CertificateState::Usable
            && fingerprint.is_some_and(|f| selected.chosen.contains(&f))
        {
            entry.state = CertificateState::Chosen;
        }
    }
    let curation = policy.curation.as_deref().map(|removable| {
        let (values, judged, chains) = (&values, &judged, &chains);
        Curation { values, judged, chains, paths, chosen: &selected.chosen, removable, now }.decide()
    });
    let mut fired = recipient_rules(&values, &judged, selected.desired.is_empty());
    fired.extend(selected.fired);
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

/// What is needed to judge one value.
struct ValueJudge<'a> {
    recipient: &'a Recipient,
    policy: &'a Policy,
    chains: &'a Chains,
    now: Timestamp,
    value: &'a Value,
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
            certificate_rules::judge(certificate, self.recipient, chain, self.policy, self.now);
        if !seen.insert(certificate.fingerprint) {
            let message = format!(
                "The certificate with the thumbprint {} is there already.",
                hex::encode_upper(certificate.thumbprint)
            );
            findings.push(self.policy.finding(RuleId::DuplicateCertificate, message));
        }
        findings
    }

    fn entry(
        &self,
        certificate: Option<&Certificate>,
        mut findings: Vec<Finding>,
        chain_part: bool,
    ) -> JudgedCertificate {
        gravest_first(&mut findings);
        let unusable = findings.iter().any(|finding| finding.severity == Severity::Error);
        JudgedCertificate {
            attribute: self.value.attribute,
            position: self.position,
            value: self.value.fingerprint(),
            form: self.content.form.to_string(),
            certificate: certificate.map(Certificate::summary),
            state: match (chain_part, unusable) {
                (true, _) => CertificateState::Chain,
                (false, true) => CertificateState::Unusable,
                (false, false) => CertificateState::Usable,
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
        preferred: preferred.contains(&certificate.fingerprint),
    };
    once.map(candidate).collect()
}

/// The rules on the recipient as a whole.
fn recipient_rules(
    values: &[(&Value, ValueContent)],
    judged: &[JudgedCertificate],
    nothing_desired: bool,
) -> Vec<Fired> {
    let mut fired = Vec::new();
    for attribute in Attribute::all() {
        let count = values.iter().filter(|(value, _)| value.attribute == attribute).count();
        if count > MAX_VALUES {
            let message =
                format!("{attribute} has {count} values; Entra Connect exports none above {MAX_VALUES}.");
            fired.push((RuleId::TooManyValues, message));
        }
    }
    if nothing_desired {
        if !values.is_empty() {
            let message = "None of the recipient's certificates can be used to encrypt mail.";
            fired.push((RuleId::NoEncryptionCertificate, message.into()));
        }
        return fired;
    }
    let smime = judged.iter().filter(|entry| entry.attribute == Attribute::UserSmimeCertificate);
    let (mut all, mut with_usable) = (BTreeSet::new(), BTreeSet::new());
    for entry in smime {
        all.insert((entry.position, entry.value));
        if usable_for_encryption(entry) {
            with_usable.insert((entry.position, entry.value));
        }
    }
    for (position, value) in all.difference(&with_usable) {
        let message = format!(
            "Value {} of userSMIMECertificate (SHA-256 {value}) has no usable encryption certificate inside, and \
             hides the good one from Outlook.",
            position + 1
        );
        fired.push((RuleId::StaleSmimeValue, message));
    }
    fired
}

fn usable_for_encryption(entry: &JudgedCertificate) -> bool {
    let encrypts = |purpose| matches!(purpose, Purpose::Encryption | Purpose::EncryptionAndSigning);
    matches!(entry.state, CertificateState::Usable | CertificateState::Chosen)
        && entry.certificate.as_ref().is_some_and(|certificate| encrypts(certificate.purpose))
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
