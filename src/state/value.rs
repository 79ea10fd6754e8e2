//! The bytes of values: of those that are desired or managed, and of those that were taken away until retention ends.

use rusqlite::OptionalExtension;

use super::State;
use crate::{
    error::{Error, Result},
    model::{Fingerprint, PublishedValue, Timestamp, Value},
};

impl State {
    /// Keeps the bytes of a value.
    pub fn put_value(&self, value: &Value) -> Result<()> {
        self.execute(
            "INSERT OR IGNORE INTO value(fingerprint, bytes, released) VALUES (?1, ?2, NULL)",
            rusqlite::params![value.fingerprint().0, &*value.bytes],
        )
        .map(drop)
    }

    /// Keeps the bytes of values that were taken away, until retention ends.
    pub fn release_values(&self, values: &[PublishedValue], now: Timestamp) -> Result<()> {
        values.iter().try_for_each(|value| {
            let sql = "UPDATE value SET released = ?2, released_by = (SELECT max(id) FROM run) WHERE fingerprint = ?1";
            self.execute(sql, rusqlite::params![value.value.0, now.0]).map(drop)
        })
    }

    /// The bytes of a value that is managed, desired or about to be changed: they are kept.
    /// Fails with `StateCorrupt` where they are not, or are not that value's.
    pub fn needed_value(&self, fingerprint: Fingerprint) -> Result<Vec<u8>> {
        self.value(fingerprint)?.ok_or_else(|| self.lost(fingerprint))
    }

    /// Fails with `StateCorrupt` where the bytes of a value are not kept.
    pub(super) fn check_is_kept(&self, fingerprint: Fingerprint) -> Result<()> {
        match self.number("SELECT count(*) FROM value WHERE fingerprint = ?1", [fingerprint.0])? {
            0 => Err(self.lost(fingerprint)),
            _ => Ok(()),
        }
    }

    fn lost(&self, fingerprint: Fingerprint) -> Error {
        self.damaged(&format!("it has lost the value {fingerprint}"))
    }

    /// The bytes of a value, if they are kept. Fails with `StateCorrupt` where they are not that value's.
    pub fn value(&self, fingerprint: Fingerprint) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT bytes FROM value WHERE fingerprint = ?1";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let bytes: Option<Vec<u8>> =
            statement.query_row([fingerprint.0], |row| row.get(0)).optional().map_err(|e| self.failed(e))?;
        bytes.iter().try_for_each(|bytes| self.check_value(fingerprint, bytes))?;
        Ok(bytes)
    }

    /// Fails with `StateCorrupt` where the bytes are not those of the value.
    pub(super) fn check_value(&self, fingerprint: Fingerprint, bytes: &[u8]) -> Result<()> {
        if Fingerprint::of(bytes) == fingerprint {
            return Ok(());
        }
        Err(self.damaged(&format!("the bytes of its value {fingerprint} were changed")))
    }

    /// Removes the bytes of values that nothing needs: not desired, not managed, not about to be curated, and released
    /// by the run `last` or an earlier one; before `before`, where an earlier version did not keep which.
    pub fn sweep_values(&self, last: Option<i64>, before: Timestamp) -> Result<()> {
        self.execute(
            "DELETE FROM value WHERE (released IS NULL OR released_by <= ?1 OR released_by IS NULL AND released < ?2)
                 AND fingerprint NOT IN (SELECT fingerprint FROM managed)
                 AND hex(fingerprint) NOT IN
                     (SELECT json_extract(d.value, '$.Value') FROM evaluation, json_each(evaluation.desired) AS d)
                 AND hex(fingerprint) NOT IN
                     (SELECT json_extract(c.value, '$.Value') FROM evaluation, json_each(evaluation.curation) AS c)",
            rusqlite::params![last, before.0],
        )
        .map(drop)
    }
}
