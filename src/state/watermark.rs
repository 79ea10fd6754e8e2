//! Where the last import stopped, and what of it the next one takes over unread.
//!
//! A row of the import in force is taken over only where nothing can have become of it: its recipient was read by the
//! run that the row names, was not read by a later one that did not come to its end, and was judged by what the present
//! run judges by, with nothing due since. Whatever can't be told so is read again.

use std::collections::HashSet;

use rusqlite::{named_params, params};

use super::{State, json, whole::HIGHEST};
use crate::{
    error::Result,
    model::{Fingerprint, Timestamp, Watermark},
};

/// The setting with the [`Watermark`].
const WATERMARK: &str = "watermark";

/// Numbers of the columns that came with it, from the lowest to the highest that can be right.
pub(super) const RANGES: [(&str, &str, i64, i64); 2] =
    [("evaluation", "put_by", 1, HIGHEST), ("import", "seen_by", 1, HIGHEST)];

/// What evaluations are compared with before they are taken over.
#[derive(Debug, Clone, Copy)]
pub struct Unchanged {
    /// The run that takes over.
    pub run: i64,
    /// The run whose import is in force.
    pub current: i64,
    /// A hash over what everybody is judged by.
    pub basis: Fingerprint,
    /// The time by which this run judges.
    pub now: Timestamp,
}

/// How many recipients an import has, as [`RunNumbers`](crate::model::RunNumbers) counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// All of them.
    pub recipients: u64,
    /// Those with values.
    pub with_values: u64,
    /// Those with a usable encryption certificate.
    pub with_desired: u64,
    /// Those with values, and without a usable encryption certificate.
    pub without_usable: u64,
}

/// Takes rows over: those of an import in the run `:current`.
const CARRY: &str =
    "INSERT OR IGNORE INTO import(run_id, anchor, address, missing_since, gone, seen_by, version)
    SELECT :run, i.anchor, i.address, NULL, NULL, i.seen_by, i.version FROM";
/// Which of them, of the import `i`.
const UNCHANGED: &str = "JOIN evaluation AS e INDEXED BY evaluation_kept ON e.anchor = i.anchor
    WHERE i.run_id = :current AND i.missing_since IS NULL AND i.gone IS NULL
        AND e.put_by <= i.seen_by AND e.basis = :basis AND e.made <= :now
        AND (e.next_evaluation IS NULL OR e.next_evaluation > :now)";

impl State {
    /// Where the last import of all recipients stopped; `None`: all of them have to be read.
    pub fn watermark(&self) -> Result<Option<Watermark>> {
        self.read_setting(WATERMARK, |text| serde_json::from_str(text).ok())
    }

    /// Keeps where the import in force has stopped.
    pub fn set_watermark(&self, watermark: &Watermark) -> Result<()> {
        self.set_setting(WATERMARK, &json(watermark)?)
    }

    /// The next run reads all recipients.
    pub fn forget_watermark(&self) -> Result<()> {
        self.remove_setting(WATERMARK)
    }

    /// Whether no evaluation counts until a full import has made them all again.
    pub fn judges_anew(&self) -> bool {
        self.judges_anew.get()
    }

    /// Keeps by what, and by which run, the recipient `anchor` was judged as its evaluation says.
    pub fn set_basis(&self, anchor: &str, basis: Fingerprint, run: i64) -> Result<()> {
        let sql = "UPDATE evaluation SET basis = ?2, put_by = ?3 WHERE anchor = ?1";
        self.execute(sql, params![anchor, basis.0, run]).map(drop)
    }

    /// Takes over everybody of the import in force of whom nothing can be another by now.
    pub fn carry_all(&self, unchanged: &Unchanged) -> Result<()> {
        let Unchanged { run, current, basis, now } = *unchanged;
        let values = named_params! { ":run": run, ":current": current, ":basis": basis.0, ":now": now.0 };
        self.execute(&format!("{CARRY} import AS i {UNCHANGED}"), values).map(drop)
    }

    /// The same of those whom the source shows, each an anchor and a version. Returns the anchors of those who were taken
    /// over; the others have to be read.
    pub fn carry(
        &self,
        unchanged: &Unchanged,
        shown: &[(String, Option<String>)],
    ) -> Result<HashSet<String>> {
        let Unchanged { run, current, basis, now } = *unchanged;
        let sql = format!(
            "{CARRY} json_each(:shown) AS shown CROSS JOIN import AS i ON i.anchor = shown.value ->> 0 {UNCHANGED}
                 AND i.version IS shown.value ->> 1 RETURNING anchor"
        );
        let shown = json(&shown)?;
        let values = named_params! {
            ":run": run, ":current": current, ":basis": basis.0, ":now": now.0, ":shown": shown,
        };
        Ok(self.query(&sql, values, |row| row.get(0))?.into_iter().collect())
    }

    /// The version in which the import of `run` saw the recipient `anchor`, if it did and knew one.
    pub fn imported_version(&self, run: i64, anchor: &str) -> Result<Option<String>> {
        let sql = "SELECT version FROM import WHERE run_id = ?1 AND anchor = ?2 AND version IS NOT NULL";
        Ok(self.query(sql, params![run, anchor], |row| row.get(0))?.pop())
    }

    /// Whom the import of `current` shows and that of `run` has not taken over.
    pub fn not_carried(&self, current: i64, run: i64) -> Result<Vec<String>> {
        let sql = "SELECT anchor FROM import WHERE run_id = ?1 AND missing_since IS NULL AND gone IS NULL
                   EXCEPT SELECT anchor FROM import WHERE run_id = ?2 ORDER BY anchor";
        self.query(sql, [current, run], |row| row.get(0))
    }

    /// Whether the recipient `anchor` is in the import of `run`.
    pub fn is_imported(&self, run: i64, anchor: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM import WHERE run_id = ?1 AND anchor = ?2)";
        Ok(self.number(sql, params![run, anchor])? != 0)
    }

    /// Takes everybody out of the import of `run` again.
    pub fn drop_import(&self, run: i64) -> Result<()> {
        self.execute("DELETE FROM import WHERE run_id = ?1", [run]).map(drop)
    }

    /// How many recipients the import of `run` has by now.
    pub fn carried(&self, run: i64) -> Result<Carried> {
        let sql = "SELECT count(*), coalesce(sum(has_values), 0), coalesce(sum(has_desired), 0),
                       coalesce(sum(has_values AND NOT has_desired), 0)
                   FROM evaluation AS e INDEXED BY evaluation_kept
                       CROSS JOIN import AS i ON i.run_id = ?1 AND i.anchor = e.anchor";
        let rows = self.query(sql, [run], |row| {
            let number = |column| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(column)?.unsigned_abs());
            Ok(Carried {
                recipients: number(0)?,
                with_values: number(1)?,
                with_desired: number(2)?,
                without_usable: number(3)?,
            })
        })?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// The names of those of them who have no usable encryption certificate, and whether they have values.
    pub fn carried_without_usable(&self, run: i64) -> Result<Vec<(String, bool)>> {
        let sql = "SELECT json_extract(e.recipient, '$.label'), e.has_values
                   FROM evaluation AS kept INDEXED BY evaluation_kept
                       CROSS JOIN import AS i ON i.run_id = ?1 AND i.anchor = kept.anchor
                       CROSS JOIN evaluation AS e ON e.rowid = kept.rowid
                   WHERE NOT (kept.has_values AND kept.has_desired) ORDER BY kept.anchor";
        self.query(sql, [run], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Issuers that were needed for them and not there, each with the number of recipients.
    pub fn carried_issuers(&self, run: i64) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT issuer.value, count(*)
                   FROM evaluation AS kept INDEXED BY evaluation_kept
                       CROSS JOIN import AS i ON i.run_id = ?1 AND i.anchor = kept.anchor
                       CROSS JOIN evaluation AS e ON e.rowid = kept.rowid
                       CROSS JOIN json_each(e.missing_issuers) AS issuer
                   WHERE kept.misses_issuers GROUP BY issuer.value";
        self.query(sql, [run], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))
    }

    /// Those whom the import of `run` has taken over, and whose name at the target somebody has whom it has read: the primary
    /// address or, where there is none, the user principal name.
    pub fn carried_rivals(&self, run: i64) -> Result<Vec<String>> {
        let sql = "WITH new AS MATERIALIZED (SELECT i.anchor,
                           coalesce(i.address, lower(json_extract(e.recipient, '$.user_principal_name'))) AS name
                       FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor WHERE i.run_id = ?1 AND i.seen_by = ?1)
                   SELECT old.anchor FROM new JOIN import AS old ON old.run_id = ?1 AND old.address = new.name
                   WHERE old.seen_by <> ?1
                   UNION
                   SELECT old.anchor FROM import AS old JOIN evaluation AS e ON e.anchor = old.anchor
                   WHERE old.run_id = ?1 AND old.address IS NULL AND old.seen_by <> ?1
                       AND lower(json_extract(e.recipient, '$.user_principal_name')) IN (SELECT name FROM new)
                   ORDER BY 1";
        self.query(sql, [run], |row| row.get(0))
    }

    /// Some of the recipients with values that the import of `run` has by now, others for each `run`, each with the hash
    /// over everything that its evaluation depends on.
    pub fn carried_sample(
        &self,
        run: i64,
        size: u64,
        with_values: u64,
    ) -> Result<Vec<(String, Fingerprint)>> {
        let sql = "SELECT i.anchor, e.input FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                   WHERE i.run_id = ?1 AND e.has_values ORDER BY i.anchor LIMIT ?2 OFFSET ?3";
        let offset = run.unsigned_abs().wrapping_mul(size) % with_values.max(1);
        let offset = offset.min(with_values.saturating_sub(size));
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let offset = i64::try_from(offset).unwrap_or(0);
        self.query(sql, [run, size, offset], |row| Ok((row.get(0)?, Fingerprint(row.get(1)?))))
    }

    /// The same of those whose distinguished names end with one of `bases`: `size` of them at most.
    pub fn carried_sample_below(
        &self,
        run: i64,
        size: u64,
        bases: &[String],
    ) -> Result<Vec<(String, Fingerprint)>> {
        let sql = "SELECT i.anchor, e.input FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                   WHERE i.run_id = ?1 AND e.has_values AND (i.anchor >= ?4) = ?5 AND EXISTS (SELECT 1 FROM json_each(?3) AS base
                       WHERE substr(lower(json_extract(e.recipient, '$.distinguished_name')), -length(base.value)) = base.value)
                   ORDER BY i.anchor LIMIT ?2";
        let bases = json(&bases.iter().map(|base| base.to_ascii_lowercase()).collect::<Vec<_>>())?;
        // Anchors are mostly UUIDs; others are taken from the first on.
        let first = Fingerprint::of(&run.to_le_bytes()).to_string();
        let mut sample = Vec::new();
        for after in [true, false] {
            let rest = i64::try_from(size).unwrap_or(i64::MAX).saturating_sub(sample.len() as i64);
            let parameters = rusqlite::params![run, rest, bases, first, after];
            sample.extend(self.query(sql, parameters, |row| Ok((row.get(0)?, Fingerprint(row.get(1)?))))?);
        }
        Ok(sample)
    }
}
