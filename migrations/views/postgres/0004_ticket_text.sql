-- Which tickets say something? One row for each subject, message and note: its words, folded.
--
-- The words are folded by the view and parted by blanks, so they are taken as they are: no parser and
-- no dictionary of the server has a say in what a word is.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    kind   text COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'kind') STORED,
    words  tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(doc::jsonb ->> 'words', ' '))) STORED,
    PRIMARY KEY (stream, key)
);
-- after load
-- Without a list of what is pending, which every search would read to its end.
CREATE INDEX {table}_words ON {table} USING gin (words) WITH (fastupdate = off);
ANALYZE {table};
