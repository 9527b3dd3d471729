//! Getting it done: load, decide, append.
