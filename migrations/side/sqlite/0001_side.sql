-- What is kept beside the log: the views that people save, and the register of files.
CREATE TABLE IF NOT EXISTS saved_views (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS saved_views_owner ON saved_views (owner, created_at, id);

CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    -- The command that brought it, once it is whole: a repetition is answered with the same file.
    command TEXT UNIQUE,
    uploaded_at INTEGER NOT NULL,
    -- What opens it, until an event says so.
    box TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS attachment_events (
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attachment_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
) STRICT;
