-- What do customers complain of, and what became of it? One row for each complaint.
--
-- `place` is where it stands in the list: what is open before what is decided, in either what was raised
-- first before what came later.
CREATE TABLE {table} (
    stream   text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    doc      text NOT NULL,
    place    text COLLATE "C",
    raised   text COLLATE "C",
    queue    text COLLATE "C",
    category text COLLATE "C",
    severity text COLLATE "C",
    owner    text COLLATE "C",
    PRIMARY KEY (stream, key)
);
-- All columns from one reading of the document, as for the list of tickets.
CREATE FUNCTION {table}_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doc jsonb := new.doc::jsonb;
BEGIN
    new.raised   := doc ->> 'raised_at';
    new.place    := CASE WHEN doc ->> 'decided_at' IS NULL THEN '0 ' ELSE '1 ' END || new.raised;
    new.queue    := doc ->> 'queue';
    new.category := coalesce(doc ->> 'category', '');
    new.severity := doc ->> 'severity';
    new.owner    := coalesce(doc ->> 'owner', '');
    RETURN new;
END $$;
CREATE TRIGGER {table}_columns BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_columns();
-- after load
CREATE INDEX {table}_place ON {table} (place, stream, key);
CREATE INDEX {table}_queue ON {table} (queue, place, stream, key);
CREATE INDEX {table}_raised ON {table} (raised);
ANALYZE {table};
