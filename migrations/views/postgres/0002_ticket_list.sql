-- Which tickets are there? One row for each ticket, its document as the API answers it.
--
-- The document is text, so that it leaves as it came, byte by byte: `jsonb` would sort its keys. The
-- columns are read from it, so it is all that is ever written. Texts compare byte by byte (`"C"`);
-- instants are texts of one width, so their order is that of time. Nothing a list is sorted by may be
-- NULL: a ticket that is due at no time sorts last, an unassigned one has the assignee ''.
CREATE TABLE {table} (
    stream    text COLLATE "C" NOT NULL,
    key       text COLLATE "C" NOT NULL,
    doc       text NOT NULL,
    number    text COLLATE "C",
    queue     text COLLATE "C",
    status    text COLLATE "C",
    base      text COLLATE "C",
    -- Whether there is still something to do.
    is_open   bigint,
    substatus text COLLATE "C",
    priority  text COLLATE "C",
    level     bigint,
    assignee  text COLLATE "C",
    customer  text COLLATE "C",
    category  text COLLATE "C",
    type      text COLLATE "C",
    channel   text COLLATE "C",
    unread    bigint,
    created   text COLLATE "C",
    updated   text COLLATE "C",
    due       text COLLATE "C",
    -- Since when the owner has it, whether the owner is away, and who stands in.
    owned     text COLLATE "C",
    away      bigint,
    stands_in text COLLATE "C",
    -- To whom it is offered, and who did not take it.
    offered   text COLLATE "C",
    passed    text COLLATE "C",
    -- From when on a draft in it has been left unsent for too long.
    unsent    text COLLATE "C",
    -- Whether an answer is awaited, and from when on which colour is shown.
    waits     bigint,
    green     text COLLATE "C",
    orange    text COLLATE "C",
    red       text COLLATE "C",
    -- The highest level first, and within a level the oldest first, in one ascending text.
    urgency   text COLLATE "C",
    PRIMARY KEY (stream, key)
);
-- All columns from one reading of the document. Generated columns would read it once for each, which
-- was more than half of what a row costs.
CREATE FUNCTION {table}_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doc jsonb := new.doc::jsonb;
BEGIN
    new.number    := doc ->> 'number';
    new.queue     := doc ->> 'queue';
    new.status    := doc ->> 'status';
    new.base      := doc ->> 'status_base';
    new.is_open   := (doc ->> 'status_base' NOT IN ('closed', 'merged'))::int;
    new.substatus := doc ->> 'substatus';
    new.priority  := doc ->> 'priority';
    new.level     := (doc ->> 'level')::int;
    new.assignee  := coalesce(doc #>> '{assignee,id}', '');
    new.customer  := doc #>> '{customer,id}';
    new.category  := doc ->> 'category';
    new.type      := doc ->> 'type';
    new.channel   := doc ->> 'channel';
    new.unread    := (doc ->> 'unread')::boolean::int;
    new.created   := doc ->> 'created_at';
    new.updated   := doc ->> 'updated_at';
    new.due       := coalesce(doc ->> 'due_at', '9999');
    new.owned     := coalesce(doc ->> 'owner_since', '');
    new.away      := (doc ->> 'owner_away' IS NOT NULL)::int;
    new.stands_in := coalesce(doc #>> '{owner_away,substitute,id}', '');
    new.offered   := coalesce(doc #>> '{offer,agent,id}', '');
    new.passed    := doc ->> 'passed';
    new.unsent    := coalesce(doc ->> 'unsent_at', '9999');
    new.waits     := (doc #>> '{indicator,message}' <> 'none')::int;
    new.green     := coalesce(doc #>> '{indicator,green_at}', '9999');
    new.orange    := coalesce(doc #>> '{indicator,orange_at}', '9999');
    new.red       := coalesce(doc #>> '{indicator,red_at}', '9999');
    new.urgency   := (9 - (doc ->> 'level')::int)::text || ' ' || (doc ->> 'created_at');
    RETURN new;
END $$;
CREATE TRIGGER {table}_columns BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_columns();
-- after load
-- A page must cost the same among a million tickets as among ten thousand: so one index for each
-- common filter in each order. Every one ends in `stream`, which makes the order total.
CREATE INDEX {table}_created ON {table} (created, stream);
CREATE INDEX {table}_updated ON {table} (updated, stream);
CREATE INDEX {table}_due ON {table} (due, stream);
CREATE INDEX {table}_urgency ON {table} (urgency, stream);
CREATE INDEX {table}_queue_created ON {table} (queue, created, stream);
CREATE INDEX {table}_queue_updated ON {table} (queue, updated, stream);
CREATE INDEX {table}_queue_due ON {table} (queue, due, stream);
CREATE INDEX {table}_queue_urgency ON {table} (queue, urgency, stream);
CREATE INDEX {table}_queue_status_created ON {table} (queue, status, created, stream);
CREATE INDEX {table}_queue_status_updated ON {table} (queue, status, updated, stream);
CREATE INDEX {table}_queue_status_urgency ON {table} (queue, status, urgency, stream);
CREATE INDEX {table}_status_created ON {table} (status, created, stream);
CREATE INDEX {table}_status_updated ON {table} (status, updated, stream);
CREATE INDEX {table}_assignee_created ON {table} (assignee, created, stream);
CREATE INDEX {table}_assignee_updated ON {table} (assignee, updated, stream);
CREATE INDEX {table}_customer_created ON {table} (customer, created, stream);
CREATE INDEX {table}_number ON {table} (number);
-- What is still open is a small part, so these are small and cheap however many tickets there are.
CREATE INDEX {table}_open_created ON {table} (created, stream) WHERE is_open = 1;
CREATE INDEX {table}_open_updated ON {table} (updated, stream) WHERE is_open = 1;
CREATE INDEX {table}_open_due ON {table} (due, stream) WHERE is_open = 1;
CREATE INDEX {table}_open_queue ON {table} (queue, created, stream) WHERE is_open = 1;
-- So is what is unread, waits for an answer, or has a clock that runs. The instants go along: what colour
-- a ticket shows is told without looking at its row.
CREATE INDEX {table}_unread_created ON {table} (created, stream) WHERE unread = 1;
CREATE INDEX {table}_waiting_created ON {table} (created, stream, green) WHERE waits = 1;
CREATE INDEX {table}_ticking_created ON {table} (created, stream, orange, red) WHERE red <> '9999';
CREATE INDEX {table}_unsent ON {table} (unsent, stream) WHERE unsent <> '9999';
-- What an owner who goes away has at hand.
CREATE INDEX {table}_open_assignee ON {table} (assignee, stream) WHERE is_open = 1;
-- What may be taken next.
CREATE INDEX {table}_next ON {table} (queue, urgency, stream)
    WHERE is_open = 1 AND assignee = '' AND offered = '' AND base IN ('new', 'in_progress');
ANALYZE {table};
