-- As migrations/sqlite after its second step. Times are microseconds since 1970-01-01 UTC.

-- Encrypted records that expire. `key_hash` is the SHA-256 of the record's key, in hexadecimal.
CREATE TABLE records (
    kind       TEXT   NOT NULL,
    key_hash   TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    key_id     TEXT   NOT NULL,
    payload    BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key_hash)
);

CREATE INDEX records_by_expiry ON records (expires_at);

-- Every write the portal carries out. `place` is the place within its batch. `sequence` is the place of its last change of state in the
-- order of everybody's changes, and part of what `payload` is bound to. `due` is when somebody has to look at it; NULL is never.
CREATE TABLE journal (
    id        TEXT   NOT NULL PRIMARY KEY,
    batch     TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    tenant    TEXT   NOT NULL,
    principal TEXT   NOT NULL,
    sequence  BIGINT NOT NULL UNIQUE,
    state     TEXT   NOT NULL,
    due       BIGINT,
    updated   BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    key_id    TEXT   NOT NULL,
    payload   BYTEA  NOT NULL,
    UNIQUE (batch, place)
);

CREATE INDEX journal_by_person ON journal (tenant, principal, updated);
CREATE INDEX journal_by_change ON journal (tenant, principal, sequence);
CREATE INDEX journal_by_due ON journal (due) WHERE due IS NOT NULL;

-- One row: the last `sequence` that was given out. It never goes back, whatever is deleted. Who writes to the journal holds its lock.
CREATE TABLE journal_sequence (
    last BIGINT NOT NULL
);

INSERT INTO journal_sequence (last) VALUES (0);
