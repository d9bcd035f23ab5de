//! One process owns a SQLite file.
