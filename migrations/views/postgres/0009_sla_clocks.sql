-- How was what was promised kept? One row for each instance of a clock.
--
-- `decided` is when the verdict fell, or while the clock runs when it will, should nothing happen: its
-- deadline. What has no deadline is decided after everything. `cell` is what reports are made of: one
-- index answers a period in order and holds all of it, so a report reads no row of the table.
CREATE TABLE {table} (
    stream  text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    doc     text NOT NULL,
    decided text COLLATE "C",
    cell    text COLLATE "C",
    runs    bigint,
    PRIMARY KEY (stream, key)
);
-- All columns from one reading of the document, as for the list of tickets.
CREATE FUNCTION {table}_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doc jsonb := new.doc::jsonb;
BEGIN
    new.decided := coalesce(doc ->> 'decided_at', '9999');
    new.cell    := doc ->> 'cell';
    new.runs    := (doc ->> 'stopped_at' IS NULL)::int;
    RETURN new;
END $$;
CREATE TRIGGER {table}_columns BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_columns();
-- after load
CREATE INDEX {table}_decided ON {table} (decided, stream, key) INCLUDE (cell);
CREATE INDEX {table}_running ON {table} (decided, stream, key) WHERE runs = 1;
CREATE INDEX {table}_runs ON {table} (stream) WHERE runs = 1;
ANALYZE {table};
