-- What is kept beside the log, the same for every server: the views that people save, and the register
-- of files.
CREATE TABLE saved_views (
    id         text   COLLATE "C" PRIMARY KEY,
    owner      text   COLLATE "C" NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    filter     text   COLLATE "C" NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX saved_views_owner ON saved_views (owner, created_at, id);

CREATE TABLE uploads (
    id          text   COLLATE "C" PRIMARY KEY,
    -- The command that brought it, once it is whole: a repetition is answered with the same file.
    command     text   COLLATE "C" UNIQUE,
    uploaded_at bigint NOT NULL,
    -- What opens it, until an event says so.
    box         text   COLLATE "C"
);
CREATE TABLE attachment_events (
    id       text   COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (id, position)
);
CREATE TABLE attachment_cursor (
    one      bigint PRIMARY KEY CHECK (one = 1),
    position bigint NOT NULL
);
