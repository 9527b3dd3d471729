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
    number    text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'number') STORED,
    queue     text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'queue') STORED,
    status    text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'status') STORED,
    base      text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'status_base') STORED,
    -- Whether there is still something to do.
    is_open   bigint GENERATED ALWAYS AS ((doc::jsonb ->> 'status_base' NOT IN ('closed', 'merged'))::int) STORED,
    substatus text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'substatus') STORED,
    priority  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'priority') STORED,
    level     bigint GENERATED ALWAYS AS ((doc::jsonb ->> 'level')::int) STORED,
    assignee  text COLLATE "C" GENERATED ALWAYS AS (coalesce(doc::jsonb #>> '{assignee,id}', '')) STORED,
    customer  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb #>> '{customer,id}') STORED,
    category  text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'category') STORED,
    type      text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'type') STORED,
    channel   text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'channel') STORED,
    unread    bigint GENERATED ALWAYS AS ((doc::jsonb ->> 'unread')::boolean::int) STORED,
    created   text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'created_at') STORED,
    updated   text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'updated_at') STORED,
    due       text COLLATE "C" GENERATED ALWAYS AS (coalesce(doc::jsonb ->> 'due_at', '9999')) STORED,
    -- Whether an answer is awaited, and from when on which colour is shown.
    waits     bigint GENERATED ALWAYS AS ((doc::jsonb #>> '{indicator,message}' <> 'none')::int) STORED,
    green     text COLLATE "C" GENERATED ALWAYS AS (coalesce(doc::jsonb #>> '{indicator,green_at}', '9999')) STORED,
    orange    text COLLATE "C" GENERATED ALWAYS AS (coalesce(doc::jsonb #>> '{indicator,orange_at}', '9999')) STORED,
    red       text COLLATE "C" GENERATED ALWAYS AS (coalesce(doc::jsonb #>> '{indicator,red_at}', '9999')) STORED,
    -- The highest level first, and within a level the oldest first, in one ascending text.
    urgency   text COLLATE "C" GENERATED ALWAYS AS ((9 - (doc::jsonb ->> 'level')::int)::text || ' ' || (doc::jsonb ->> 'created_at')) STORED,
    PRIMARY KEY (stream, key)
);
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
-- What may be taken next.
CREATE INDEX {table}_next ON {table} (queue, urgency, stream)
    WHERE is_open = 1 AND assignee = '' AND base IN ('new', 'in_progress');
ANALYZE {table};
