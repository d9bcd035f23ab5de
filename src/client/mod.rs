//! Typed calls to the management API.
