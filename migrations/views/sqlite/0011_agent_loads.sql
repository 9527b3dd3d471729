-- How much has each agent at hand? Sums, which every view has in `{table}_counts`; and one row for each ticket
-- and agent to whom it was pushed, by which is known who was given one longest ago.
CREATE TABLE {table} (
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    agent  TEXT AS (doc ->> '$.agent') STORED,
    pushed TEXT AS (doc ->> '$.at')    STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_agent ON {table} (agent, pushed);
