-- What is promised, and by when? A promise without a date sorts last.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    due    text COLLATE "C" GENERATED ALWAYS AS (coalesce(doc::jsonb ->> 'due', '9999')) STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_due ON {table} (due, stream, key);
ANALYZE {table};
