-- What lay in a queue at a moment? One row for each stay of a ticket in one queue, status and hand.
--
-- `since` and `until` are by the store's clock; a stay that lasts ends in the year 9999. `class` is
-- the class of the stay's length: see the view.
CREATE TABLE {table} (
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    queue  TEXT    AS (doc ->> '$.queue') STORED,
    open   INTEGER AS (doc ->> '$.open')  STORED,
    class  INTEGER AS (doc ->> '$.class') STORED,
    since  TEXT    AS (doc ->> '$.from')  STORED,
    until  TEXT    AS (doc ->> '$.to')    STORED,
    PRIMARY KEY (stream, key)
);
-- after load
-- Covers the search: only the rows of the answer itself are read from the table.
CREATE INDEX {table}_held ON {table} (queue, open, class, since, stream, until, key);
