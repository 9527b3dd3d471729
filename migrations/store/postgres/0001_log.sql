-- The log and what must change in the same transaction with it: the same tables as on SQLite, and one
-- row that all writers pass through.

-- Text that orders or identifies is compared by its bytes, whatever the database's language.
CREATE TABLE events (
    -- Dense from 1: given out under the lock of `log_end`, so that the order of positions is the order
    -- of commits, and a hole means that somebody has altered the log.
    position     bigint  PRIMARY KEY,
    stream       text    COLLATE "C" NOT NULL,
    version      bigint  NOT NULL,
    event_id     bytea   NOT NULL CHECK (length(event_id) = 16),
    event_type   text    COLLATE "C" NOT NULL,
    schema       integer NOT NULL,
    occurred_at  bigint  NOT NULL,
    recorded_at  bigint  NOT NULL,
    payload_hash bytea   NOT NULL CHECK (length(payload_hash) = 32),
    -- Text and not jsonb, which would rewrite it: what comes back is what was given, byte for byte.
    envelope     text    COLLATE "C" NOT NULL,
    payload      text    COLLATE "C" NOT NULL,
    -- The vault: the sealed personal fields, the one thing here that may ever be deleted.
    sealed       text    COLLATE "C",
    UNIQUE (stream, version)
);

-- What is written stays written, whoever is connected: psql included. Sealed fields may go, never change.
CREATE FUNCTION events_are_never_altered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND new.sealed IS NULL
       AND (new.position, new.stream, new.version, new.event_id, new.event_type, new.schema,
            new.occurred_at, new.recorded_at, new.payload_hash, new.envelope, new.payload)
           IS NOT DISTINCT FROM
           (old.position, old.stream, old.version, old.event_id, old.event_type, old.schema,
            old.occurred_at, old.recorded_at, old.payload_hash, old.envelope, old.payload)
    THEN
        RETURN new;
    END IF;
    RAISE EXCEPTION 'events are never %', CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
END $$;
CREATE TRIGGER events_are_never_altered BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_never_altered();
CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_never_altered();

-- Where the log ends. Whoever appends, or erases a key, locks this one row until it has committed:
-- that is what makes positions dense and in the order of commits, across processes.
CREATE TABLE log_end (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    position    bigint  NOT NULL,
    recorded_at bigint  NOT NULL,
    -- Counts who has held the lock, so that one who waited for it sees whether what it had read before
    -- still holds.
    turn        bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_end (position, recorded_at, turn) VALUES (0, 0, 0);

-- Commands that wrote events: what makes trying again safe. Nothing else of them is kept; when they
-- were recorded is told by their first event.
CREATE TABLE commands (
    command_id  bytea  PRIMARY KEY CHECK (length(command_id) = 16),
    fingerprint bytea  NOT NULL CHECK (length(fingerprint) = 32),
    first       bigint NOT NULL,
    last        bigint NOT NULL
);

-- Uniqueness that the log itself enforces: one owner for each key of a space.
CREATE TABLE claims (
    space text COLLATE "C" NOT NULL,
    key   text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    PRIMARY KEY (space, key)
);

-- Numbers handed out in blocks; `next` is the first that was not.
CREATE TABLE counters (
    counter text   COLLATE "C" PRIMARY KEY,
    next    bigint NOT NULL
);

-- One data key for each person and each ticket, wrapped by the key-encryption key. A row whose key
-- is gone is the tombstone: it says that what the key sealed is erased, and when.
CREATE TABLE subject_keys (
    subject   text  COLLATE "C" PRIMARY KEY,
    wrapped   bytea,
    erased_at bigint,
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);

-- For the other processes, which must forget what was erased.
CREATE INDEX subject_keys_erased ON subject_keys (erased_at) WHERE erased_at IS NOT NULL;

-- The store's id, the fingerprint of its key file, and secrets that can be deleted.
CREATE TABLE meta (
    name  text  COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
