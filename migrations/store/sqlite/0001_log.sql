-- The log and what must change in the same transaction with it.

-- The rowid is the position: dense, since one writer assigns it, and the table is then a file that
-- grows at its end. `payload` and `envelope` are TEXT, kept byte for byte; `payload_hash` is the
-- SHA-256 of the payload's bytes, so that `verify` can tell when they were altered later.
-- Texts never contain the characters U+001E and U+001F, which reads use as separators.
CREATE TABLE events (
    position     INTEGER PRIMARY KEY,
    stream       TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    event_id     BLOB    NOT NULL CHECK (length(event_id) = 16),
    event_type   TEXT    NOT NULL,
    schema       INTEGER NOT NULL,
    occurred_at  INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    payload_hash BLOB    NOT NULL CHECK (length(payload_hash) = 32),
    envelope     TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    -- The vault: the sealed personal fields, the one thing here that may ever be deleted. They are
    -- kept in the row, since a table of their own would cost a second scattered page for every
    -- event of a history; and at its end, since most readers do without.
    sealed       TEXT,
    -- Two writers can never both have written a version; and the index finds a stream.
    UNIQUE (stream, version)
) STRICT;

-- What is written stays written, whoever holds the file open: sqlite3 on the command line included.
-- Sealed fields may go, never change; secure_delete then overwrites where they stood.
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
WHEN new.sealed IS NOT NULL
  OR (new.position, new.stream, new.version, new.event_id, new.event_type, new.schema,
      new.occurred_at, new.recorded_at, new.payload_hash, new.envelope, new.payload)
  IS NOT
     (old.position, old.stream, old.version, old.event_id, old.event_type, old.schema,
      old.occurred_at, old.recorded_at, old.payload_hash, old.envelope, old.payload)
BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'events are never deleted'); END;

-- Commands that wrote events: what makes trying again safe. Nothing else of them is kept; when they
-- were recorded is told by their first event.
CREATE TABLE commands (
    command_id  BLOB    PRIMARY KEY CHECK (length(command_id) = 16),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Uniqueness that the log itself enforces: one owner for each key of a space.
CREATE TABLE claims (
    space TEXT NOT NULL,
    key   TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;

-- Numbers handed out in blocks; `next` is the first that was not.
CREATE TABLE counters (
    counter TEXT    PRIMARY KEY,
    next    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One data key for each person and each ticket, wrapped by the key-encryption key. A row whose key
-- is gone is the tombstone: it says that what the key sealed is erased, and when.
CREATE TABLE subject_keys (
    subject   TEXT    PRIMARY KEY,
    wrapped   BLOB,
    erased_at INTEGER,
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- The store's id, the fingerprint of its key file, and secrets that can be deleted.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
