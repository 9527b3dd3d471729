-- How much has each agent at hand? Only sums, which every view has in `{table}_counts`; no rows.
CREATE TABLE {table} (
    stream text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    doc    text NOT NULL,
    PRIMARY KEY (stream, key)
);
