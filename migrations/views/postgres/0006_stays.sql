-- What lay in a queue at a moment? One row for each stay of a ticket in one queue, status and hand.
--
-- `since` and `until` are by the store's clock; a stay that lasts ends in the year 9999. `class` is
-- the class of the stay's length: see the view.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    queue  text COLLATE "C",
    open   bigint,
    class  bigint,
    since  text COLLATE "C",
    until  text COLLATE "C",
    PRIMARY KEY (stream, key)
);
-- All columns from one reading of the document, as for the list of tickets.
CREATE FUNCTION {table}_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doc jsonb := new.doc::jsonb;
BEGIN
    new.queue := doc ->> 'queue';
    new.open  := (doc ->> 'open')::boolean::int;
    new.class := (doc ->> 'class')::int;
    new.since := doc ->> 'from';
    new.until := doc ->> 'to';
    RETURN new;
END $$;
CREATE TRIGGER {table}_columns BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_columns();
-- after load
-- Covers the search: only the rows of the answer itself are read from the table.
CREATE INDEX {table}_held ON {table} (queue, open, class, since, stream, until, key);
ANALYZE {table};
