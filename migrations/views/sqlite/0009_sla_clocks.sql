-- How was what was promised kept? One row for each instance of a clock.
--
-- `decided` is when the verdict fell, or while the clock runs when it will, should nothing happen: its
-- deadline. What has no deadline is decided after everything. `cell` is what reports are made of: one
-- index answers a period in order and holds all of it, so a report reads no row of the table.
CREATE TABLE {table} (
    stream  TEXT NOT NULL,
    key     TEXT NOT NULL,
    doc     TEXT NOT NULL,
    decided TEXT AS (coalesce(doc ->> '$.decided_at', '9999')) STORED,
    cell    TEXT AS (doc ->> '$.cell')                         STORED,
    runs    INTEGER AS (doc ->> '$.stopped_at' IS NULL)        STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_decided ON {table} (decided, stream, key, cell);
CREATE INDEX {table}_running ON {table} (decided, stream, key) WHERE runs = 1;
CREATE INDEX {table}_runs ON {table} (stream) WHERE runs = 1;
