-- The books of the views. Everything here follows from the log and can be thrown away.

-- One row: the form of these books, whose views these are, up to which position they are written, and
-- the number that makes the next table's name unlike all before it. Whoever projects holds the lease of
-- this epoch until `expires` (milliseconds, by the database's clock). `erasures` counts them, so that
-- every node hears of one.
CREATE TABLE IF NOT EXISTS books (
    one        bigint  PRIMARY KEY CHECK (one = 1),
    form       bigint  NOT NULL,
    store_id   bytea   NOT NULL,
    cursor     bigint  NOT NULL,
    generation bigint  NOT NULL DEFAULT 0,
    epoch      bigint  NOT NULL DEFAULT 0,
    expires    bigint  NOT NULL DEFAULT 0,
    erasures   bigint  NOT NULL DEFAULT 0
);

-- The tables there are. The one that is live (1) answers for its view; one that was (2) is kept, as it
-- stood at `cursor`, until it is dropped; one that never was (0)
-- is being built since `began` (milliseconds, by the database's clock), and has `cursor` events behind it.
CREATE TABLE IF NOT EXISTS generations (
    name    text   COLLATE "C" PRIMARY KEY,
    view    text   COLLATE "C" NOT NULL,
    version bigint  NOT NULL,
    live    bigint  NOT NULL,
    cursor  bigint  NOT NULL DEFAULT 0,
    began   bigint  NOT NULL DEFAULT 0
);

-- Streams that could not be folded: the view stands still for them just before `position`, and for
-- them alone. The reason holds no values of the event. Those of a table that is kept stand here under
-- the table's name.
CREATE TABLE IF NOT EXISTS parked (
    view     text   COLLATE "C" NOT NULL,
    stream   text   COLLATE "C" NOT NULL,
    position bigint  NOT NULL,
    reason   text   COLLATE "C" NOT NULL,
    PRIMARY KEY (view, stream)
);

-- Whom the views have forgotten: whoever hears of an erasure, and not what became of it, finds it here.
CREATE TABLE IF NOT EXISTS forgotten (
    subject text COLLATE "C" PRIMARY KEY
);

-- What other nodes ask of the one that projects: `rebuild` a view, take it `back`, `drop` what
-- is kept of it, `refold` a subject, `unpark` a stream. Answered with nothing when it is done, else with why it is not.
CREATE TABLE IF NOT EXISTS asked (
    id     bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what   text    NOT NULL,
    name   text    NOT NULL,
    answer text   
);
