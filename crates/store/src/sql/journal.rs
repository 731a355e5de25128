//! The statements on the table `journal`.
//!
//! A write takes a [`Writing`]: the place that a change gets in the order of all changes is part of what is sealed, and has to be
//! taken in the transaction that stores it, so that nobody sees a later change before an earlier one.

use sqlx::{FromRow, Postgres, Sqlite, Transaction};

use super::{Database, Pool, Result, changed, on};

/// A row of `journal`.
#[derive(FromRow)]
pub(crate) struct JournalRow {
    pub(crate) id: String,
    pub(crate) batch: String,
    pub(crate) tenant: String,
    pub(crate) principal: String,
    pub(crate) sequence: i64,
    pub(crate) state: String,
    pub(crate) updated: i64,
    pub(crate) created: i64,
    pub(crate) key_id: String,
    pub(crate) payload: Vec<u8>,
}

/// A transaction that writes. Dropped before [`Writing::commit`], it leaves nothing behind.
pub(crate) enum Writing {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Database {
    /// Begins to write. Who writes to the journal is alone with it from here on: on SQLite, because a transaction that reads first and
    /// writes later could be refused half-way; on PostgreSQL, so that what was read still holds when it is written.
    pub(crate) async fn write(&self) -> Result<Writing> {
        match &self.writer {
            Pool::Sqlite(pool) => pool.begin_with("BEGIN IMMEDIATE").await.map(Writing::Sqlite),
            Pool::Postgres(pool) => {
                let mut writing = pool.begin().await?;
                sqlx::query("SELECT last FROM journal_sequence FOR UPDATE").execute(&mut *writing).await?;
                Ok(Writing::Postgres(writing))
            }
        }
    }

    /// Whether anything is due at `now`.
    pub(crate) async fn anything_due(&self, now: i64) -> Result<bool> {
        on!(Pool, &self.readers, |pool| sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM journal WHERE due <= $1)"
        )
        .bind(now)
        .fetch_one(pool))
    }

    /// How many rows somebody has to look at some time, by state.
    pub(crate) async fn count_open(&self) -> Result<Vec<(String, i64)>> {
        let query = "SELECT state, count(*) FROM journal WHERE due IS NOT NULL GROUP BY state";
        on!(Pool, &self.readers, |pool| sqlx::query_as(query).fetch_all(pool))
    }

    /// A whole batch, in the order it was appended, whoever's it is.
    pub(crate) async fn batch(&self, batch: &str) -> Result<Vec<JournalRow>> {
        on!(Pool, &self.readers, |pool| {
            sqlx::query_as(
            "SELECT id, batch, tenant, principal, sequence, state, updated, created, key_id, payload FROM journal \
             WHERE batch = $1 ORDER BY place",
        )
        .bind(batch)
        .fetch_all(pool)
        })
    }

    /// A person's rows that changed at `since` or later, newest first.
    pub(crate) async fn recent(&self, tenant: &str, principal: &str, since: i64) -> Result<Vec<JournalRow>> {
        on!(Pool, &self.readers, |pool| {
            sqlx::query_as(
            "SELECT id, batch, tenant, principal, sequence, state, updated, created, key_id, payload FROM journal \
             WHERE tenant = $1 AND principal = $2 AND updated >= $3 \
             ORDER BY updated DESC, created DESC, place DESC",
        )
        .bind(tenant)
        .bind(principal)
        .bind(since)
        .fetch_all(pool)
        })
    }

    /// A person's first `most` rows whose last change comes after `after`, in the order of the changes.
    pub(crate) async fn changes(
        &self,
        tenant: &str,
        principal: &str,
        after: i64,
        most: i64,
    ) -> Result<Vec<JournalRow>> {
        on!(Pool, &self.readers, |pool| {
            sqlx::query_as(
            "SELECT id, batch, tenant, principal, sequence, state, updated, created, key_id, payload FROM journal \
             WHERE tenant = $1 AND principal = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
        )
        .bind(tenant)
        .bind(principal)
        .bind(after)
        .bind(most)
        .fetch_all(pool)
        })
    }

    /// Deletes rows that are never due again and changed last before `before`, a person's or everybody's. Returns how many.
    pub(crate) async fn forget(&self, whose: Option<(&str, &str)>, before: i64) -> Result<u64> {
        let (tenant, principal) = whose.unzip();
        changed!(Pool, &self.writer, |pool| sqlx::query(
            "DELETE FROM journal WHERE due IS NULL AND updated < $1 \
             AND ($2 IS NULL OR (tenant = $2 AND principal = $3))",
        )
        .bind(before)
        .bind(tenant)
        .bind(principal)
        .execute(pool))
    }

    /// The place of a person's last change; 0 without any.
    pub(crate) async fn latest(&self, tenant: &str, principal: &str) -> Result<i64> {
        on!(Pool, &self.readers, |pool| sqlx::query_scalar(
            "SELECT COALESCE(MAX(sequence), 0) FROM journal WHERE tenant = $1 AND principal = $2",
        )
        .bind(tenant)
        .bind(principal)
        .fetch_one(pool))
    }
}

impl Writing {
    /// The next place in the order of all changes. Who takes one keeps others waiting until the commit.
    pub(crate) async fn next_sequence(&mut self) -> Result<i64> {
        on!(Writing, self, |writing| sqlx::query_scalar(
            "UPDATE journal_sequence SET last = last + 1 RETURNING last"
        )
        .fetch_one(&mut **writing))
    }

    /// Whether a batch has rows of anybody but this person.
    pub(crate) async fn is_foreign(&mut self, batch: &str, tenant: &str, principal: &str) -> Result<bool> {
        on!(Writing, self, |writing| sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM journal WHERE batch = $1 AND (tenant <> $2 OR principal <> $3))",
        )
        .bind(batch)
        .bind(tenant)
        .bind(principal)
        .fetch_one(&mut **writing))
    }

    /// Whether the batch has operations of this person.
    pub(crate) async fn is_own(&mut self, batch: &str, tenant: &str, principal: &str) -> Result<bool> {
        on!(Writing, self, |writing| sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM journal WHERE batch = $1 AND tenant = $2 AND principal = $3)",
        )
        .bind(batch)
        .bind(tenant)
        .bind(principal)
        .fetch_one(&mut **writing))
    }

    /// Appends the row behind what its batch already holds.
    pub(crate) async fn append(&mut self, row: &JournalRow, due: i64) -> Result<()> {
        changed!(Writing, self, |writing| sqlx::query(
            "INSERT INTO journal \
             (id, batch, place, tenant, principal, sequence, state, due, updated, created, key_id, payload) \
             VALUES ($1, $2, (SELECT COALESCE(MAX(place), 0) + 1 FROM journal WHERE batch = $2), \
             $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&row.id)
        .bind(&row.batch)
        .bind(&row.tenant)
        .bind(&row.principal)
        .bind(row.sequence)
        .bind(&row.state)
        .bind(due)
        .bind(row.updated)
        .bind(row.created)
        .bind(&row.key_id)
        .bind(&row.payload)
        .execute(&mut **writing))
        .map(drop)
    }

    /// The place of a row's last change.
    pub(crate) async fn sequence(&mut self, id: &str) -> Result<Option<i64>> {
        on!(Writing, self, |writing| sqlx::query_scalar("SELECT sequence FROM journal WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut **writing))
    }

    /// Writes the row if its state is still `from`, since `since`, and it is the same person's. Returns whether it was written.
    pub(crate) async fn advance(
        &mut self,
        row: &JournalRow,
        from: &str,
        since: i64,
        due: Option<i64>,
    ) -> Result<bool> {
        changed!(Writing, self, |writing| sqlx::query(
            "UPDATE journal SET sequence = $1, state = $2, due = $3, updated = $4, key_id = $5, payload = $6 \
             WHERE id = $7 AND batch = $8 AND tenant = $9 AND principal = $10 AND created = $11 AND state = $12 \
             AND updated = $13",
        )
        .bind(row.sequence)
        .bind(&row.state)
        .bind(due)
        .bind(row.updated)
        .bind(&row.key_id)
        .bind(&row.payload)
        .bind(&row.id)
        .bind(&row.batch)
        .bind(&row.tenant)
        .bind(&row.principal)
        .bind(row.created)
        .bind(from)
        .bind(since)
        .execute(&mut **writing))
        .map(|rows| rows == 1)
    }

    /// Up to `most` rows that are due at `now`, with the time at which each is: the longest due first.
    pub(crate) async fn due(&mut self, now: i64, most: i64) -> Result<Vec<(String, i64)>> {
        on!(Writing, self, |writing| sqlx::query_as(
            "SELECT id, due FROM journal WHERE due <= $1 ORDER BY due, sequence LIMIT $2"
        )
        .bind(now)
        .bind(most)
        .fetch_all(&mut **writing))
    }

    /// Moves the row's time on from `due` to `until`, unless somebody else did so before.
    pub(crate) async fn lease(&mut self, id: &str, due: i64, until: i64) -> Result<Option<JournalRow>> {
        on!(Writing, self, |writing| sqlx::query_as(
            "UPDATE journal SET due = $1 WHERE id = $2 AND due = $3 \
             RETURNING id, batch, tenant, principal, sequence, state, updated, created, key_id, payload",
        )
        .bind(until)
        .bind(id)
        .bind(due)
        .fetch_optional(&mut **writing))
    }

    /// Makes it all count.
    pub(crate) async fn commit(self) -> Result<()> {
        on!(Writing, self, |writing| writing.commit())
    }
}
