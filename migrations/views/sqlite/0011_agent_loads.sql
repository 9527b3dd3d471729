-- How much has each agent at hand? Only sums, which every view has in `{table}_counts`; no rows.
CREATE TABLE {table} (
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    PRIMARY KEY (stream, key)
);
