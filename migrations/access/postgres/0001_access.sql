-- Who read which case. A number is never used twice, even where old entries are deleted after their
-- time; and numbers are given out in the order of commits (the writer locks the table), so an auditor's
-- place in the list stays what it was.
CREATE TABLE accesses (
    seq        bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    at         bigint NOT NULL,
    token_id   text   COLLATE "C" NOT NULL,
    actor_kind text   COLLATE "C" NOT NULL,
    actor_id   text   COLLATE "C" NOT NULL,
    action     text   COLLATE "C" NOT NULL,
    subject    text   COLLATE "C" NOT NULL
);

-- The number stands at the end of every entry, so each answers in order and pages by it.
CREATE INDEX accesses_by_subject ON accesses (subject, seq);
CREATE INDEX accesses_by_token ON accesses (token_id, seq);
CREATE INDEX accesses_by_time ON accesses (at, seq);
