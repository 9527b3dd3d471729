-- Who are the customers? One row for each.
CREATE TABLE {table} (
    stream     text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    doc        text NOT NULL,
    registered text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'registered_at') STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_registered ON {table} (registered, stream);
ANALYZE {table};
