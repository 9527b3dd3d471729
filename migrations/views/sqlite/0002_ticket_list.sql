-- Which tickets are there? One row for each ticket, its document as the API answers it.
--
-- The columns are read from the document, so the document is all that is ever written. They are
-- stored: an index over virtual ones reads every document again. Texts compare byte by byte;
-- instants are texts of one width, so their order is that of time. Nothing a list is sorted by may
-- be NULL: a ticket that is due at no time sorts last, an unassigned one has the assignee ''.
CREATE TABLE {table} (
    stream    TEXT NOT NULL,
    key       TEXT NOT NULL,
    doc       TEXT NOT NULL,
    number    TEXT    AS (doc ->> '$.number')                    STORED,
    queue     TEXT    AS (doc ->> '$.queue')                     STORED,
    status    TEXT    AS (doc ->> '$.status')                    STORED,
    base      TEXT    AS (doc ->> '$.status_base')               STORED,
    -- Whether there is still something to do.
    is_open   INTEGER AS (doc ->> '$.status_base' NOT IN ('closed', 'merged')) STORED,
    substatus TEXT    AS (doc ->> '$.substatus')                 STORED,
    priority  TEXT    AS (doc ->> '$.priority')                  STORED,
    level     INTEGER AS (doc ->> '$.level')                     STORED,
    assignee  TEXT    AS (coalesce(doc ->> '$.assignee.id', '')) STORED,
    customer  TEXT    AS (doc ->> '$.customer.id')               STORED,
    category  TEXT    AS (doc ->> '$.category')                  STORED,
    type      TEXT    AS (doc ->> '$.type')                      STORED,
    channel   TEXT    AS (doc ->> '$.channel')                   STORED,
    unread    INTEGER AS (doc ->> '$.unread')                    STORED,
    created   TEXT    AS (doc ->> '$.created_at')                STORED,
    updated   TEXT    AS (doc ->> '$.updated_at')                STORED,
    due       TEXT    AS (coalesce(doc ->> '$.due_at', '9999'))  STORED,
    -- Since when the owner has it, whether the owner is away, and who stands in. No index holds these
    -- either: they are asked of the open tickets of one owner, or of what is open.
    owned     TEXT    AS (coalesce(doc ->> '$.owner_since', '')),
    away      INTEGER AS (doc ->> '$.owner_away' IS NOT NULL),
    stands_in TEXT    AS (coalesce(doc ->> '$.owner_away.substitute.id', '')) STORED,
    -- To whom it is offered, and who did not take it.
    offered   TEXT    AS (coalesce(doc ->> '$.offer.agent.id', '')) STORED,
    passed    TEXT    AS (doc ->> '$.passed'),
    -- From when on a draft in it has been left unsent for too long.
    unsent    TEXT    AS (coalesce(doc ->> '$.unsent_at', '9999'))          STORED,
    -- Whether an answer is awaited, and from when on which colour is shown.
    waits     INTEGER AS (doc ->> '$.indicator.message' <> 'none')         STORED,
    green     TEXT    AS (coalesce(doc ->> '$.indicator.green_at', '9999'))  STORED,
    orange    TEXT    AS (coalesce(doc ->> '$.indicator.orange_at', '9999')) STORED,
    red       TEXT    AS (coalesce(doc ->> '$.indicator.red_at', '9999'))    STORED,
    -- The highest level first, and within a level the oldest first, in one ascending text.
    urgency   TEXT    AS ((9 - (doc ->> '$.level')) || ' ' || (doc ->> '$.created_at')) STORED,
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
