-- Appends to KurrentDB that were begun, by all servers that share this database: written here before the
-- first of their events is sent, and deleted after the last has got its position.
CREATE TABLE begun (
    command_id bytea PRIMARY KEY CHECK (length(command_id) = 16),
    -- All of the append as JSON: events, sealed fields, claims, wrapped keys.
    append     text  COLLATE "C" NOT NULL,
    -- Who alone may give it up. Anybody may send it again. Its last eight bytes name an advisory lock
    -- that the server holds while it is connected.
    server     bytea NOT NULL CHECK (length(server) = 16),
    -- When that server last took it up, by this database's clock. Of one that has not for long, or has
    -- let go of its lock, whoever looks takes the appends up.
    taken_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What nobody else may touch meanwhile: streams, keys of claims, subjects that get a data key. Each has a
-- row here, which is how two servers never begin the same.
CREATE TABLE begun_names (
    kind       text  COLLATE "C" NOT NULL,
    name       text  COLLATE "C" NOT NULL,
    more       text  COLLATE "C" NOT NULL,
    command_id bytea NOT NULL REFERENCES begun ON DELETE CASCADE,
    PRIMARY KEY (kind, name, more)
);
CREATE INDEX begun_names_of ON begun_names (command_id);
