-- What is due next? One row for each timer that is set.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    due    text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'due_at') STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_due ON {table} (due, stream);
ANALYZE {table};
