-- Operations have a time at which they are due, and a place in the order of all changes. An operation that was stored before cannot
-- be watched (it does not name its tokens), so the journal begins anew; records stay.
DROP TABLE journal;

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
    payload   BLOB   NOT NULL,
    UNIQUE (batch, place)
);

CREATE INDEX journal_by_person ON journal (tenant, principal, updated);
CREATE INDEX journal_by_change ON journal (tenant, principal, sequence);
CREATE INDEX journal_by_due ON journal (due) WHERE due IS NOT NULL;

-- One row: the last `sequence` that was given out. It never goes back, whatever is deleted.
CREATE TABLE journal_sequence (
    last BIGINT NOT NULL
);

INSERT INTO journal_sequence (last) VALUES (0);
