-- Which tickets have a tag? The key is the tag; the stream is the ticket.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_tag ON {table} (key, stream);
ANALYZE {table};
