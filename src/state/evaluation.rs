//! What the policy made of the values of those who were seen.

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::{State, json};
use crate::{
    error::Result,
    model::{
        Attribute, CertificateState, Finding, Fingerprint, PublishedValue, RecipientRecord, Timestamp, Value,
    },
};

/// What became of one certificate (or unreadable value) of a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The value it is in.
    pub value: Fingerprint,
    /// The certificate, if one could be read.
    pub certificate: Option<Fingerprint>,
    /// Whether it was chosen, could be, or can't.
    pub state: CertificateState,
    /// The `Error` findings against it; where something was not looked at also those that say so, and that another one is
    /// better all the same.
    pub findings: Vec<Finding>,
}

/// What the policy made of a recipient's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationRow {
    /// A hash over everything that the evaluation depends on, but the time.
    pub input: Fingerprint,
    /// Its names, as the import that judged it saw them.
    pub recipient: RecipientRecord,
    /// What should be published, best first.
    pub desired: Vec<PublishedValue>,
    /// What became of each certificate.
    pub judged: Vec<Judgement>,
    /// Findings on the recipient as a whole.
    pub findings: Vec<Finding>,
    /// Issuers that were needed and not there.
    pub missing_issuers: Vec<String>,
    /// When it may turn out otherwise.
    pub next_evaluation: Option<Timestamp>,
    /// Where values are put right in place: every value, and which of them go; empty where none goes.
    pub curation: Vec<CuratedRecord>,
}

/// What curation in place makes of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CuratedRecord {
    /// The value, with the certificate that tells it best.
    #[serde(flatten)]
    pub value: PublishedValue,
    /// Why it goes; `None`: it stays.
    pub removal: Option<String>,
}

/// The part of an evaluation that tells whether it still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvaluation {
    /// What it was made from.
    pub input: Fingerprint,
    /// When it was made; `None`: an earlier version did not keep that.
    pub made: Option<Timestamp>,
    /// When it may turn out otherwise.
    pub next_evaluation: Option<Timestamp>,
    /// By what it was made, besides the recipient itself.
    pub basis: Option<Fingerprint>,
    /// Whether anything is desired.
    pub has_desired: bool,
    /// Issuers that were needed and not there.
    pub missing_issuers: Vec<String>,
}

impl EvaluationRow {
    /// Whether the source has a value of the recipient, or the policy wants it published.
    pub fn knows(&self, value: &(Attribute, Fingerprint)) -> bool {
        self.recipient.values.contains(value)
            || self.desired.iter().any(|one| (one.attribute, one.value) == *value)
    }
}

impl State {
    /// What is known of a recipient's evaluation; nothing where all are made again.
    pub fn known_evaluation(&self, anchor: &str) -> Result<Option<KnownEvaluation>> {
        if self.judges_anew.get() {
            return Ok(None);
        }
        let sql = "SELECT input, next_evaluation, desired <> '[]', missing_issuers, made, basis
                   FROM evaluation WHERE anchor = ?1";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let read = |row: &Row<'_>| {
            // A certificate that is valid up to the last second there is has a next evaluation after it.
            let next_evaluation = row.get::<_, Option<i64>>(1)?.map(Timestamp);
            let known = KnownEvaluation {
                input: Fingerprint(row.get(0)?),
                made: row.get(4)?,
                next_evaluation,
                basis: row.get::<_, Option<[u8; 32]>>(5)?.map(Fingerprint),
                has_desired: row.get(2)?,
                missing_issuers: Vec::new(),
            };
            Ok((known, row.get::<_, String>(3)?))
        };
        let found = statement.query_row([anchor], read).optional().map_err(|e| self.failed(e))?;
        let Some((known, issuers)) = found else { return Ok(None) };
        Ok(Some(KnownEvaluation { missing_issuers: self.stored(&issuers)?, ..known }))
    }

    /// Keeps an evaluation that was made at `made`, and the bytes of `values`: those that it wants published, and those
    /// that it wants gone.
    pub fn put_evaluation(
        &self,
        anchor: &str,
        row: &EvaluationRow,
        values: &[Value],
        made: Timestamp,
    ) -> Result<()> {
        self.execute(
            "INSERT OR REPLACE INTO evaluation(anchor, input, recipient, has_values, desired, judged, findings,
                 missing_issuers, next_evaluation, curation, made)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            rusqlite::params![
                anchor,
                row.input.0,
                json(&row.recipient)?,
                !row.recipient.values.is_empty(),
                json(&row.desired)?,
                json(&row.judged)?,
                json(&row.findings)?,
                json(&row.missing_issuers)?,
                row.next_evaluation.map(|t| t.0),
                json(&row.curation)?,
                made.0,
            ],
        )?;
        values.iter().try_for_each(|value| self.put_value(value))
    }

    /// How the recipient `anchor` was judged last; `None` if it never was.
    pub fn evaluation(&self, anchor: &str) -> Result<Option<EvaluationRow>> {
        let sql =
            "SELECT input, recipient, desired, judged, findings, missing_issuers, next_evaluation, curation
                   FROM evaluation WHERE anchor = ?1";
        let rows = self.query(sql, [anchor], |row| EvaluationText::read(row, 0))?;
        rows.into_iter().next().map(|text| text.parse(self)).transpose()
    }

    /// The names of the recipient `anchor`, as the import that judged it last saw them.
    pub fn recipient(&self, anchor: &str) -> Result<Option<RecipientRecord>> {
        let rows =
            self.query("SELECT recipient FROM evaluation WHERE anchor = ?1", [anchor], |row| row.get(0))?;
        rows.into_iter().next().map(|text: String| self.stored(&text)).transpose()
    }
}

/// An evaluation as its columns hold it.
pub(super) struct EvaluationText {
    input: [u8; 32],
    recipient: String,
    desired: String,
    judged: String,
    findings: String,
    missing_issuers: String,
    next_evaluation: Option<i64>,
    curation: String,
}

impl EvaluationText {
    /// Reads eight columns from `first` on.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            input: row.get(first)?,
            recipient: row.get(first + 1)?,
            desired: row.get(first + 2)?,
            judged: row.get(first + 3)?,
            findings: row.get(first + 4)?,
            missing_issuers: row.get(first + 5)?,
            next_evaluation: row.get(first + 6)?,
            curation: row.get(first + 7)?,
        })
    }

    pub(super) fn parse(&self, state: &State) -> Result<EvaluationRow> {
        Ok(EvaluationRow {
            input: Fingerprint(self.input),
            recipient: state.stored(&self.recipient)?,
            desired: state.stored(&self.desired)?,
            judged: state.stored(&self.judged)?,
            findings: state.stored(&self.findings)?,
            missing_issuers: state.stored(&self.missing_issuers)?,
            next_evaluation: self.next_evaluation.map(Timestamp),
            curation: state.stored(&self.curation)?,
        })
    }
}
