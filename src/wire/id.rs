//! Ids: a prefix that says what it names, and 26 lower-case ULID characters.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::schema;

/// A text that is no id of the kind asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("invalid id: expected {prefix} and 26 lower-case ULID characters")]
pub struct BadId {
    prefix: &'static str,
}

/// The 128 bits of an id, the higher half first. Unlike a whole number of 128 bits they want no place at a
/// multiple of 16 bytes, which a list of 100,000 keys would feel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Halves(u64, u64);

impl Halves {
    const fn of(number: u128) -> Halves {
        Halves((number >> 64) as u64, number as u64)
    }

    const fn ulid(self) -> Ulid {
        Ulid((self.0 as u128) << 64 | self.1 as u128)
    }
}

macro_rules! id {
    (#[doc = $about:literal] $name:ident, $prefix:literal) => {
        #[doc = $about]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Halves);

        impl $name {
            /// The literal that each id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id; later ones sort after earlier ones of other milliseconds.
            pub fn generate() -> $name {
                $name(Halves::of(Ulid::generate().0))
            }

            /// Writes it behind a text, without the detour of formatting: a filter does so for 100,000 keys.
            pub fn push_to(&self, text: &mut String) {
                text.push_str($prefix);
                let mut upper = [0u8; ulid::ULID_LEN];
                let lower = self.0.ulid().array_to_str(&mut upper);
                lower.make_ascii_lowercase();
                text.push_str(lower);
            }

            /// An id made from a number: for fixed data and tests.
            pub const fn from_number(number: u128) -> $name {
                $name(Halves::of(number))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut whole = String::with_capacity($prefix.len() + ulid::ULID_LEN);
                self.push_to(&mut whole);
                f.pad(&whole)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<$name, BadId> {
                let bad = BadId { prefix: $prefix };
                let rest = text.strip_prefix($prefix).ok_or(bad.clone())?;
                let id =
                    Ulid::from_string(rest).map(|id| $name(Halves::of(id.0))).map_err(|_| bad.clone())?;
                // The decoder also takes upper case, look-alike letters and more than 128 bits.
                if id.to_string() == text { Ok(id) } else { Err(bad) }
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let pattern = concat!("^", $prefix, "[0-7][0-9a-hjkmnp-tv-z]{25}$");
                schema::text($about.trim(), pattern, concat!($prefix, "01kavm0f4q7w2x8c5n9e3t6r1z"))
            }
        }

        impl ToSchema for $name {}

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

id!(
    /// Id of a project.
    ProjectId,
    "prj_"
);
id!(
    /// Id of an API key.
    KeyId,
    "key_"
);
id!(
    /// Id of a management token.
    TokenId,
    "tok_"
);
id!(
    /// Id of an access review.
    ReviewId,
    "rev_"
);
id!(
    /// Id of an audit event.
    EventId,
    "evt_"
);
id!(
    /// Id of one start of a node.
    NodeId,
    "node_"
);
