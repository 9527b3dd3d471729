-- Which tickets have a tag? The key is the tag; the stream is the ticket.
CREATE TABLE {table} (
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_tag ON {table} (key, stream);
