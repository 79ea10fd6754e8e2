//! One recipient: its values read, judged and selected from.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use super::{
    Policy, RuleId,
    certificate_rules::{self, EXPIRES_SOON, Names, Naming},
    chains::Chains,
    curate::Curation,
    is_unknown, key_rules,
    preference::Preferences,
    reading, recipient_rules,
    select::{self, Candidate, Selected},
    value_rules,
};
use crate::{
    certificate::{Certificate, PrimeBudget, ValueContent, ValueForm},
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
    let names = Names::of(recipient);
    let own = Own::of(&values, recipient, &names, policy, now);
    let chains = Chains::search(&values, |leaf| own.rank(leaf), paths, now, &mut checks);
    let preferences = Preferences { chains: &chains, names: &names, policy };
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
            let (own, chains, fingerprint, position) = (&own, &chains, value.fingerprint(), *position);
            let foreign = preferences.objection(content);
            ValueJudge { own, policy, chains, now, value, fingerprint, content, position, foreign }
                .judge(&mut seen, &mut judged);
        }
        *position += 1;
    }
    let (candidates, unknown) = candidates(&values, &judged, &preferences);
    let selected = select::select(candidates, &unknown, &values, policy.selection, now);
    for entry in &mut judged {
        mark(entry, &selected, policy);
    }
    let curation = policy.curation.as_deref().map(|removable| {
        let (values, judged, chains, selected) = (&values, &judged, &chains, &selected);
        Curation { values, judged, chains, paths, selected, removable, now }.decide(&mut checks)
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

/// Says of a usable certificate that it was chosen, or which one is better; the latter also of one that nobody looked
/// at, where that does not matter.
fn mark(entry: &mut JudgedCertificate, selected: &Selected, policy: &Policy) {
    let Some(fingerprint) = entry.certificate.as_ref().map(|certificate| certificate.fingerprint) else {
        return;
    };
    if entry.state == CertificateState::Usable && selected.chosen.contains(&fingerprint) {
        entry.state = CertificateState::Chosen;
    } else if let Some(why) = selected.superseded.get(&fingerprint) {
        entry.findings.push(policy.finding(RuleId::Superseded, why.clone()));
    }
}

/// What is found on each certificate by itself, whatever its chain.
struct Own<'a> {
    names: &'a Names<'a>,
    findings: HashMap<Fingerprint, Vec<Finding>>,
    preferred: BTreeSet<Fingerprint>,
}

impl<'a> Own<'a> {
    fn of(
        values: &[(&Value, ValueContent)],
        recipient: &Recipient,
        names: &'a Names<'a>,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let mut findings = HashMap::new();
        let mut primes = PrimeBudget::of_recipient();
        for certificate in values.iter().flat_map(|(_, content)| &content.certificates) {
            findings.entry(certificate.fingerprint).or_insert_with(|| {
                let mut found = certificate_rules::judge(certificate, recipient, names, policy, now);
                if certificate.encrypts() && !speaks_against(&found) {
                    found.extend(key_rules::judge_modulus(certificate, policy, &mut primes));
                }
                found
            });
        }
        let preferred = values.iter().filter_map(|(_, content)| content.preferred_encryption).collect();
        Self { names, findings, preferred }
    }

    fn findings(&self, certificate: &Certificate) -> &[Finding] {
        self.findings.get(&certificate.fingerprint).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is checked first is what may be chosen, the likeliest first: what is refused anyway is the last.
    fn rank(&self, certificate: &Certificate) -> impl Ord + use<> {
        (
            speaks_against(self.findings(certificate)),
            !is_named(self.names, certificate),
            !certificate.encrypts(),
            !self.preferred.contains(&certificate.fingerprint),
            Reverse(certificate.not_before),
        )
    }
}

fn speaks_against(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn is_named(names: &Names<'_>, certificate: &Certificate) -> bool {
    matches!(names.naming(certificate), Naming::MailAddress(..))
}

/// What is needed to judge one value.
struct ValueJudge<'a> {
    own: &'a Own<'a>,
    policy: &'a Policy,
    chains: &'a Chains,
    now: Timestamp,
    value: &'a Value,
    /// That of the value, of which there may be a megabyte with a thousand certificates.
    fingerprint: Fingerprint,
    content: &'a ValueContent,
    position: usize,
    /// Why the preference in it does not count.
    foreign: Option<String>,
}

impl ValueJudge<'_> {
    /// Appends an entry for each certificate, and for each that can't be read; for a value with nothing in it one.
    fn judge(&self, seen: &mut BTreeSet<Fingerprint>, judged: &mut Vec<JudgedCertificate>) {
        let mut findings = value_rules::judge(self.value, self.content, self.policy);
        let foreign = self.foreign.clone();
        findings.value.extend(foreign.map(|why| self.policy.finding(RuleId::ForeignPreference, why)));
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
        let mut findings = self.own.findings(certificate).to_vec();
        let chain = self.chains.of(certificate);
        findings.extend(
            chain.and_then(|status| certificate_rules::judge_chain(certificate, status, self.policy)),
        );
        if !seen.insert(certificate.fingerprint) {
            let message = format!(
                "The certificate with the thumbprint {} is there already.",
                hex::encode_upper(certificate.thumbprint)
            );
            findings.push(self.policy.finding(RuleId::DuplicateCertificate, message));
        }
        findings
    }

    /// What speaks against it is meant for mail, and says nothing of what it is for. What has expired is for nothing, and
    /// what is that of a CA is for issuing.
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
        let unusable = speaks_against(&findings);
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

fn those(judged: &[JudgedCertificate], which: impl Fn(&JudgedCertificate) -> bool) -> BTreeSet<Fingerprint> {
    let those = judged.iter().filter(|entry| which(entry));
    those.filter_map(|entry| entry.certificate.as_ref()).map(|certificate| certificate.fingerprint).collect()
}

/// The usable certificates, each once, and those that may be usable for all that was looked at: taken for as good as
/// they can be.
fn candidates<'a>(
    values: &'a [(&Value, ValueContent)],
    judged: &[JudgedCertificate],
    preferences: &Preferences<'_>,
) -> (Vec<Candidate<'a>>, Vec<Candidate<'a>>) {
    let mut usable = those(judged, |entry| entry.state == CertificateState::Usable);
    let mut unknown = those(judged, |entry| is_unknown(&entry.findings));
    let preferred = preferences.of(values);
    let all = || values.iter().flat_map(|(_, content)| &content.certificates);
    let candidate = |certificate: &'a Certificate, as_good: bool| Candidate {
        certificate,
        trusted: as_good || preferences.chains.is_trusted(certificate),
        named: is_named(preferences.names, certificate) || as_good && certificate.names_left_out > 0,
        preferred: preferred.contains(&certificate.fingerprint),
    };
    // Removing what is taken leaves each certificate once.
    let usable = all().filter(|one| usable.remove(&one.fingerprint)).map(|one| candidate(one, false));
    let unknown = all().filter(|one| unknown.remove(&one.fingerprint)).map(|one| candidate(one, true));
    (usable.collect(), unknown.collect())
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
