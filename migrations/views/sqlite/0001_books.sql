-- The books of the views' file. Everything here follows from the log and can be thrown away.

-- One row: whose views these are, up to which position they are written, and the number that makes
-- the next table's name unlike all before it.
CREATE TABLE IF NOT EXISTS books (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    store_id   BLOB    NOT NULL,
    cursor     INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Which table answers for a view. A table is replaced by pointing here to another.
CREATE TABLE IF NOT EXISTS views (
    name       TEXT    PRIMARY KEY,
    version    INTEGER NOT NULL,
    table_name TEXT    NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- Streams that could not be folded: the view stands still for them just before `position`, and for
-- them alone. The reason holds no values of the event.
CREATE TABLE IF NOT EXISTS parked (
    view     TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    position INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (view, stream)
) STRICT, WITHOUT ROWID;
