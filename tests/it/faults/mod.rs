//! Faults on the real binary: what was acknowledged is there, once, whatever happens to the process.
mod kill;
