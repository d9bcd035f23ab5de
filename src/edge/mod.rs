//! The Edge API.
