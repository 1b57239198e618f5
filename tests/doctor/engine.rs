//! No engine, or one that may not be asked.
