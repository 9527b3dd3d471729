-- What lay in a queue at a moment? One row for each stay of a ticket in one queue, status and hand.
--
-- `since` and `until` are by the store's clock; a stay that lasts ends in the year 9999. `class` is
-- the class of the stay's length: see the view.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    queue  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'queue') STORED,
    open   bigint GENERATED ALWAYS AS ((doc::jsonb ->> 'open')::boolean::int) STORED,
    class  bigint GENERATED ALWAYS AS ((doc::jsonb ->> 'class')::int) STORED,
    since  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'from') STORED,
    until  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'to') STORED,
    PRIMARY KEY (stream, key)
);
-- after load
-- Covers the search: only the rows of the answer itself are read from the table.
CREATE INDEX {table}_held ON {table} (queue, open, class, since, stream, until, key);
ANALYZE {table};
