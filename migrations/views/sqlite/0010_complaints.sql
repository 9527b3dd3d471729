-- What do customers complain of, and what became of it? One row for each complaint.
--
-- `place` is where it stands in the list: what is open before what is decided, in either what was raised
-- first before what came later.
CREATE TABLE {table} (
    stream   TEXT NOT NULL,
    key      TEXT NOT NULL,
    doc      TEXT NOT NULL,
    place    TEXT AS (iif(doc ->> '$.decided_at' IS NULL, '0 ', '1 ') || (doc ->> '$.raised_at')) STORED,
    raised   TEXT AS (doc ->> '$.raised_at')              STORED,
    queue    TEXT AS (doc ->> '$.queue')                  STORED,
    category TEXT AS (coalesce(doc ->> '$.category', '')) STORED,
    severity TEXT AS (doc ->> '$.severity')               STORED,
    owner    TEXT AS (coalesce(doc ->> '$.owner', ''))    STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_place ON {table} (place, stream, key);
CREATE INDEX {table}_queue ON {table} (queue, place, stream, key);
CREATE INDEX {table}_raised ON {table} (raised);
