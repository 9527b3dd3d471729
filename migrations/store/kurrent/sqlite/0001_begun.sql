-- Appends to KurrentDB that were begun: written here before the first of their events is sent, and
-- deleted after the last has got its position. What is left after a crash is finished by the next start.
CREATE TABLE begun (
    command_id BLOB PRIMARY KEY CHECK (length(command_id) = 16),
    -- All of the append as JSON: events, sealed fields, claims, wrapped keys.
    append     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
