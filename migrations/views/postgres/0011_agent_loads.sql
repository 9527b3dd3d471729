-- How much has each agent at hand? Sums, which every view has in `{table}_counts`; and one row for each ticket
-- and agent to whom it was pushed, by which is known who was given one longest ago.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    agent  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'agent') STORED,
    pushed text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'at') STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_agent ON {table} (agent, pushed);
ANALYZE {table};
