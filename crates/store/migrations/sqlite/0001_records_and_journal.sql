-- Types are the ones SQLite and PostgreSQL share in meaning: TEXT, BIGINT, and bytes (BLOB here, BYTEA there).
-- Times are microseconds since 1970-01-01 UTC.

-- Encrypted records that expire. `key_hash` is the SHA-256 of the record's key, in hexadecimal.
CREATE TABLE records (
    kind       TEXT   NOT NULL,
    key_hash   TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    key_id     TEXT   NOT NULL,
    payload    BLOB   NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key_hash)
);

CREATE INDEX records_by_expiry ON records (expires_at);

-- Every write the portal carries out. `sequence` is the place within its batch.
CREATE TABLE journal (
    id        TEXT   NOT NULL PRIMARY KEY,
    batch     TEXT   NOT NULL,
    tenant    TEXT   NOT NULL,
    principal TEXT   NOT NULL,
    sequence  BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    updated   BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    key_id    TEXT   NOT NULL,
    payload   BLOB   NOT NULL,
    UNIQUE (batch, sequence)
);

CREATE INDEX journal_by_person ON journal (tenant, principal, updated);
