-- The books of the views' file. Everything here follows from the log and can be thrown away.

-- One row: the form of these books, whose views these are, up to which position they are written, and
-- the number that makes the next table's name unlike all before it. Whoever projects holds the lease of
-- this epoch until `expires` (milliseconds, by the database's clock). `erasures` counts them, so that
-- every node hears of one.
CREATE TABLE IF NOT EXISTS books (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    form       INTEGER NOT NULL,
    store_id   BLOB    NOT NULL,
    cursor     INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    epoch      INTEGER NOT NULL DEFAULT 0,
    expires    INTEGER NOT NULL DEFAULT 0,
    erasures   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The tables there are. The one that is live (1) answers for its view; one that was (2) is kept, as it
-- stood at `cursor`, until it is dropped; one that never was (0)
-- is being built since `began` (milliseconds, by the database's clock), and has `cursor` events behind it.
CREATE TABLE IF NOT EXISTS generations (
    name    TEXT    PRIMARY KEY,
    view    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    live    INTEGER NOT NULL,
    cursor  INTEGER NOT NULL DEFAULT 0,
    began   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Streams that could not be folded: the view stands still for them just before `position`, and for
-- them alone. The reason holds no values of the event. Those of a table that is kept stand here under
-- the table's name.
CREATE TABLE IF NOT EXISTS parked (
    view     TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    position INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (view, stream)
) STRICT, WITHOUT ROWID;

-- What other nodes ask of the one that projects: `rebuild` a view, take it `back`, `drop` what
-- is kept of it, `refold` a subject, `unpark` a stream. Answered with nothing when it is done, else with why it is not.
CREATE TABLE IF NOT EXISTS asked (
    id     INTEGER PRIMARY KEY,
    what   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    answer TEXT   
) STRICT;
