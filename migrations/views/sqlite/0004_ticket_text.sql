-- Which tickets say something? One row for each subject, message and note: its words, folded.
CREATE TABLE {table} (
    -- Named, so that it stays what it is whatever is done to the file.
    id     INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    kind   TEXT AS (doc ->> '$.kind')  VIRTUAL,
    words  TEXT AS (doc ->> '$.words') VIRTUAL,
    UNIQUE (stream, key)
);
-- after load
-- The index over the words keeps no text of its own; triggers keep it true. The words are folded by
-- the view and parted by blanks, which is all that this tokenizer looks for. What leaves the table
-- leaves the index at once (secure-delete), since erased text may not stay behind in it.
CREATE VIRTUAL TABLE {table}_fts USING fts5(
    words, content = '{table}', content_rowid = 'id', tokenize = 'ascii', columnsize = 0
);
INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild');
CREATE TRIGGER {table}_put AFTER INSERT ON {table} BEGIN
    INSERT INTO {table}_fts (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER {table}_gone AFTER DELETE ON {table} BEGIN
    INSERT INTO {table}_fts ({table}_fts, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} BEGIN
    INSERT INTO {table}_fts ({table}_fts, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO {table}_fts (rowid, words) VALUES (new.id, new.words);
END;
