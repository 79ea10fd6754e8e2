//! What this profile published: links to target recipients, and managed values.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row};

use super::{
    State,
    evaluation::{EvaluationRow, EvaluationText},
    import::Gone,
    json,
};
use crate::{
    error::Result,
    model::{Attribute, Fingerprint, Named, PublishedRecipient, PublishedValue, RecipientRecord, Timestamp},
};

/// Where a recipient is at the target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// The target's own key.
    pub target: Option<String>,
    /// The anchors that the target may have for it, where they are not its present one, or not surely; it is written
    /// again then.
    pub former: Vec<String>,
}

/// Everything that planning needs to know of one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRow {
    /// The recipient's key in the source.
    pub anchor: String,
    /// Its primary address in lower case.
    pub address: Option<String>,
    /// Why it counts as gone, if it does.
    pub gone: Option<Gone>,
    /// Whether imports no longer show it.
    pub missing: bool,
    /// Another recipient of the import has the same primary address.
    pub address_shared: bool,
    /// Who else has the user principal name that it goes by, having no address.
    pub rival: Option<Rival>,
    /// What the policy made of its values.
    pub evaluation: EvaluationRow,
    /// The target's own key, from an earlier run.
    pub link: Option<String>,
    /// The anchors that the target may have for it, where they are not its present one, or not surely; it is written
    /// again then.
    pub former: Vec<String>,
    /// The values that this profile published or adopted there.
    pub managed: Vec<PublishedValue>,
    /// Something of it turned out to be gone from the target; `managed` is what is left.
    pub drifted: bool,
    /// The anchor under which what was published for it is kept, at a place that turned out to be somebody else's.
    pub left: Option<String>,
}

/// Somebody else of the source who has the user principal name by which a recipient without an address goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The name in lower case.
    pub name: String,
    /// The other one, as errors name it.
    pub distinguished_name: String,
    /// What the name is for the other one.
    pub claim: Claim,
}

/// What a name is for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Its primary address, by this import.
    Address,
    /// Its primary address, by the last import; this one does not tell.
    EarlierAddress,
    /// Its user principal name; it has no address, either.
    UserPrincipalName,
}

impl State {
    /// Whose primary address `name` is, as the import of `run_id` shows it, other than the recipient `anchor`.
    pub fn owner_of_address(&self, run_id: i64, name: &str, anchor: &str) -> Result<Option<String>> {
        let sql = "SELECT anchor FROM import
                   WHERE run_id = ?1 AND address = ?2 AND anchor <> ?3 AND missing_since IS NULL ORDER BY anchor LIMIT 1";
        let found = self.query(sql, rusqlite::params![run_id, name, anchor], |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// Those without an address whom the import of `run_id` shows, with their user principal names.
    pub fn user_principal_names(&self, run_id: i64) -> Result<Vec<(String, String)>> {
        let sql = "SELECT i.anchor, json_extract(e.recipient, '$.user_principal_name') AS name
                   FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                   WHERE i.run_id = ?1 AND i.address IS NULL AND i.missing_since IS NULL AND name IS NOT NULL
                   ORDER BY i.anchor";
        self.query(sql, [run_id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Recipients of the import of `run_id` after the anchor `after`, in the order of their anchors; where `leave_out`, only
    /// those who are not known to be as desired.
    pub fn plan_rows(&self, run_id: i64, after: &str, limit: usize, leave_out: bool) -> Result<Vec<PlanRow>> {
        let which = match leave_out {
            true => {
                "i.anchor > ?2 AND i.anchor NOT IN (SELECT anchor FROM as_desired) ORDER BY i.anchor LIMIT ?3"
            }
            false => "i.anchor > ?2 ORDER BY i.anchor LIMIT ?3",
        };
        self.plan_rows_where(which, rusqlite::params![run_id, after, limit as i64])
    }

    /// One recipient of the import of `run_id`, if it is in it.
    pub fn plan_row_of(&self, run_id: i64, anchor: &str) -> Result<Option<PlanRow>> {
        Ok(self.plan_rows_where("i.anchor = ?2", rusqlite::params![run_id, anchor])?.pop())
    }

    fn plan_rows_where(&self, which: &str, parameters: &[&dyn rusqlite::ToSql]) -> Result<Vec<PlanRow>> {
        let sql = "SELECT i.anchor, i.address, i.gone, i.missing_since IS NOT NULL, l.target, l.former,
                       i.address IS NOT NULL AND EXISTS (SELECT 1 FROM import AS other INDEXED BY import_address WHERE other.run_id = i.run_id
                           AND other.address = i.address AND other.anchor <> i.anchor AND other.missing_since IS NULL),
                       e.input, e.recipient, e.desired, e.judged, e.findings, e.missing_issuers, e.next_evaluation, e.curation
                   FROM import AS i JOIN evaluation AS e ON e.anchor = i.anchor
                   LEFT JOIN link AS l ON l.anchor = i.anchor
                   WHERE i.run_id = ?1 AND ";
        let rows = self.query(&format!("{sql}{which}"), parameters, |row| {
            let plan = PlanHead {
                anchor: row.get(0)?,
                address: row.get(1)?,
                gone: row.get(2)?,
                missing: row.get(3)?,
                link: row.get(4)?,
                former: row.get(5)?,
                address_shared: row.get(6)?,
            };
            Ok((plan, EvaluationText::read(row, 7)?))
        })?;
        let mut managed = self.managed_of(rows.iter().map(|(head, _)| head.anchor.as_str()))?;
        let row = |(head, text): (PlanHead, EvaluationText)| {
            let managed = managed.remove(&head.anchor).unwrap_or_default();
            self.plan_row(head, &text, managed)
        };
        rows.into_iter().map(row).collect()
    }

    fn plan_row(
        &self,
        head: PlanHead,
        text: &EvaluationText,
        managed: Vec<PublishedValue>,
    ) -> Result<PlanRow> {
        Ok(PlanRow {
            managed,
            evaluation: text.parse(self)?,
            anchor: head.anchor,
            address: head.address,
            gone: self.gone(head.gone.as_deref())?,
            missing: head.missing,
            address_shared: head.address_shared,
            rival: None,
            link: head.link,
            former: self.former(head.former)?,
            drifted: false,
            left: None,
        })
    }

    /// What is managed for a recipient.
    pub fn managed(&self, anchor: &str) -> Result<Vec<PublishedValue>> {
        let sql = "SELECT attribute, fingerprint, certificate FROM managed WHERE anchor = ?1";
        self.query(sql, [anchor], read_managed)?.into_iter().map(|row| self.published(row)).collect()
    }

    /// What is managed for several recipients, by their anchors.
    fn managed_of<'a>(
        &self,
        anchors: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, Vec<PublishedValue>>> {
        let sql = "SELECT m.attribute, m.fingerprint, m.certificate, m.anchor
                   FROM json_each(?1) AS planned CROSS JOIN managed AS m ON m.anchor = planned.value
                   ORDER BY planned.key, m.attribute, m.fingerprint";
        let anchors = json(&anchors.collect::<Vec<_>>())?;
        let rows = self.query(sql, [anchors], |row| Ok((row.get::<_, String>(3)?, read_managed(row)?)))?;
        let mut managed = HashMap::<_, Vec<_>>::new();
        for (anchor, row) in rows {
            managed.entry(anchor).or_default().push(self.published(row)?);
        }
        Ok(managed)
    }

    pub(super) fn published(&self, (attribute, value, certificate): ManagedText) -> Result<PublishedValue> {
        let attribute = self.known::<Attribute>(&attribute, "attribute")?;
        let certificate = certificate.map(|text| self.stored(&text)).transpose()?;
        Ok(PublishedValue { attribute, value: Fingerprint(value), certificate })
    }

    /// How many recipients have managed values.
    pub fn recipients_with_managed(&self) -> Result<u64> {
        Ok(self.number("SELECT count(DISTINCT anchor) FROM managed", [])?.unsigned_abs())
    }

    /// Whether anybody is linked with somebody at the present target.
    pub fn has_links(&self) -> Result<bool> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM link)", [])? != 0)
    }

    /// Whether anything was ever exported, at this target or another.
    pub fn has_exported(&self) -> Result<bool> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM change WHERE state = 'Exported')", [])? != 0)
    }

    /// The same, of those alone whom the import of `run_id` shows.
    pub fn imported_with_managed(&self, run_id: i64) -> Result<u64> {
        let sql = "SELECT count(*) FROM import WHERE run_id = ?1 AND anchor IN (SELECT anchor FROM managed)";
        Ok(self.number(sql, [run_id])?.unsigned_abs())
    }

    /// Keeps what is managed for a recipient from now on, and the target's own key for it; nothing managed and no
    /// `link` forgets it.
    /// Values that are no longer managed keep their bytes until retention ends.
    pub fn set_managed(
        &self,
        anchor: &str,
        link: Option<&str>,
        values: &[PublishedValue],
        now: Timestamp,
    ) -> Result<()> {
        self.execute(
            "UPDATE value SET released = ?2, released_by = (SELECT max(id) FROM run)
                 WHERE fingerprint IN (SELECT fingerprint FROM managed WHERE anchor = ?1)",
            rusqlite::params![anchor, now.0],
        )?;
        self.execute("DELETE FROM managed WHERE anchor = ?1", [anchor])?;
        for value in values {
            let certificate = value.certificate.as_ref().map(json).transpose()?;
            self.execute(
                "INSERT OR REPLACE INTO managed(anchor, attribute, fingerprint, certificate) VALUES (?1, ?2, ?3, ?4)",
                rusqlite::params![anchor, value.attribute.name(), value.value.0, certificate],
            )?;
            self.execute(
                "UPDATE value SET released = NULL, released_by = NULL WHERE fingerprint = ?1",
                [value.value.0],
            )?;
        }
        self.set_link(anchor, link)
    }

    /// Who was there before is there no longer.
    fn set_link(&self, anchor: &str, link: Option<&str>) -> Result<()> {
        let Some(link) = link else {
            self.note_unseen(anchor, false)?;
            return self.execute("DELETE FROM link WHERE anchor = ?1", [anchor]).map(drop);
        };
        self.execute("DELETE FROM link WHERE target = ?2 AND anchor <> ?1", [anchor, link])?;
        self.execute(
            "INSERT INTO link(anchor, target) VALUES (?1, ?2)
                 ON CONFLICT (anchor) DO UPDATE SET target = ?2, former = CASE target WHEN ?2 THEN former END",
            [anchor, link],
        )
        .map(drop)
    }

    /// Keeps that what the target has for a recipient is not whole, or may not be: it is written again.
    pub fn distrust(&self, anchor: &str) -> Result<()> {
        let mut former = self.link(anchor)?.former;
        if former.iter().any(|one| one == anchor) {
            return Ok(());
        }
        former.push(anchor.to_owned());
        self.execute("UPDATE link SET former = ?2 WHERE anchor = ?1", [anchor, &json(&former)?]).map(drop)
    }

    /// Keeps that the target has the recipient's present anchor, and all of it.
    pub fn forget_former(&self, anchor: &str) -> Result<()> {
        self.execute("UPDATE link SET former = NULL WHERE anchor = ?1", [anchor]).map(drop)
    }

    /// Gives what is published for the anchor `old` to `new`, and what of it was declined or refused.
    /// `keeps_anchor`: the target has the old anchor until it is written.
    pub fn hand_over(&self, old: &str, new: &str, keeps_anchor: bool) -> Result<()> {
        let mut former = self.link(old)?.former;
        former.push(old.to_owned());
        former.retain(|_| keeps_anchor);
        let former = (!former.is_empty()).then(|| json(&former)).transpose()?;
        self.execute(
            "UPDATE link SET former = ?3, anchor = ?2 WHERE anchor = ?1",
            rusqlite::params![old, new, former],
        )?;
        self.execute("UPDATE managed SET anchor = ?2 WHERE anchor = ?1", [old, new])?;
        self.rename_unseen(old, new)?;
        self.drop_open_change(new)?;
        let sql = "UPDATE change SET anchor = ?2 WHERE anchor = ?1 AND state <> 'Exported'";
        self.execute(sql, [old, new]).map(drop)
    }

    /// How many recipients of the import of `run_id` may have another anchor at the target than in the source.
    pub fn unwritten_anchors(&self, run_id: i64) -> Result<u64> {
        let sql = "SELECT count(*) FROM link AS l JOIN import AS i ON i.anchor = l.anchor
                   WHERE i.run_id = ?1 AND i.missing_since IS NULL AND l.former IS NOT NULL
                       AND l.former <> json_array(l.anchor)";
        Ok(self.number(sql, [run_id])?.unsigned_abs())
    }

    /// Where a recipient is at the target, if an earlier run made the link.
    pub fn link(&self, anchor: &str) -> Result<Link> {
        let sql = "SELECT target, former FROM link WHERE anchor = ?1";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let link = statement.query_row([anchor], read).optional().map_err(|e| self.failed(e))?;
        let Some((target, former)) = link else { return Ok(Link::default()) };
        Ok(Link { target, former: self.former(former)? })
    }

    pub(super) fn former(&self, text: Option<String>) -> Result<Vec<String>> {
        text.map_or(Ok(Vec::new()), |text| self.stored(&text))
    }

    /// Forgets all links, managed values and open changes, since the profile has another target now.
    /// Returns how many recipients had a link.
    pub fn forget_target(&self, now: Timestamp) -> Result<usize> {
        self.transaction(|state| {
            state.execute(
                "UPDATE value SET released = ?1, released_by = (SELECT max(id) FROM run)
                     WHERE fingerprint IN (SELECT fingerprint FROM managed)",
                [now.0],
            )?;
            state.execute("DELETE FROM managed", [])?;
            state.forget_removals()?;
            state.forget_unseen()?;
            state.execute("DELETE FROM orphan", [])?;
            state.execute("DELETE FROM change WHERE state <> 'Exported'", [])?;
            state.execute("DELETE FROM link", [])
        })
    }

    /// The source recipient that is linked to a key of the target.
    pub fn linked_anchor(&self, target: &str) -> Result<Option<String>> {
        let sql = "SELECT anchor FROM link WHERE target = ?1";
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(|e| self.failed(e))?;
        statement.query_row([target], |row| row.get(0)).optional().map_err(|e| self.failed(e))
    }

    /// Linked recipients after the key `after`, in the order of their keys.
    pub fn published_after(&self, after: &str, limit: usize) -> Result<Vec<PublishedRecipient>> {
        let sql = "SELECT l.target, l.anchor, e.recipient FROM link AS l LEFT JOIN evaluation AS e ON e.anchor = l.anchor
                   WHERE l.target > ?1 ORDER BY l.target LIMIT ?2";
        let rows = self.query(sql, rusqlite::params![after, limit as i64], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
        })?;
        let published = |(target, anchor, recipient): (String, String, Option<String>)| {
            let recipient: Option<RecipientRecord> = recipient.map(|text| self.stored(&text)).transpose()?;
            let managed = self.managed(&anchor)?;
            // Who left the source may have no evaluation any more.
            let (label, display_name) = recipient.map_or_else(
                || (target.clone(), None),
                |recipient| (recipient.label, recipient.display_name),
            );
            Ok(PublishedRecipient { target, anchor, label, display_name, managed })
        };
        rows.into_iter().map(published).collect()
    }
}

struct PlanHead {
    anchor: String,
    address: Option<String>,
    gone: Option<String>,
    missing: bool,
    link: Option<String>,
    former: Option<String>,
    address_shared: bool,
}

pub(super) type ManagedText = (String, [u8; 32], Option<String>);

pub(super) fn read_managed(row: &Row<'_>) -> rusqlite::Result<ManagedText> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}
