//! Showing it: read models as pure functions of streams.
