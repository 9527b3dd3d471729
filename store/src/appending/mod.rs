//! Appending, as far as it is the same whatever keeps the log: what is checked first, who waits for
//! whom, how a batch is decided, and the end of the log in memory. The adapters load what is known,
//! write what was decided, and say what their errors mean.

pub(crate) mod batch;
pub(crate) mod checked;
pub(crate) mod known;
pub(crate) mod queue;
pub(crate) mod tail;
