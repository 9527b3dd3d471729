-- Who read which case. AUTOINCREMENT, so that a number is never used twice even where old entries
-- are deleted after their time; an auditor's place in the list then stays what it was.
CREATE TABLE accesses (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    token_id   TEXT    NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    subject    TEXT    NOT NULL
) STRICT;

-- The rowid stands at the end of every index entry, so both answer in order and page by it.
CREATE INDEX accesses_by_subject ON accesses (subject);
CREATE INDEX accesses_by_token ON accesses (token_id);
CREATE INDEX accesses_by_time ON accesses (at);
