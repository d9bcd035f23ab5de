//! The dashboard.
//!
//! | module | what |
//! |---|---|
//! | [`model`] | state, events and what follows from them; pure |
//! | [`view`] | the state as a picture; pure |
//! | [`layout`] | size to areas, for both |

pub mod layout;
pub mod model;
pub mod view;
