//! Words that programs read, such as a status or an action, where a newer server may know more of them than this
//! program does. An unknown word is shown as its text and written as it came; it never makes an answer unreadable.
//! What is sent to a server stays strict: see [`known`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, PoisonError, RwLock};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The most unknown words of a process, and the longest: a hostile server fills no more memory than that.
const MOST: usize = 255;
const LONGEST: usize = 64;
/// What is said of any further one.
const UNKNOWN: &str = "unknown";

/// A word that this program does not know: a byte that stands for the text, since lists hold many of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(u8);

#[derive(Default)]
struct Words {
    texts: Vec<&'static str>,
    places: HashMap<&'static str, u8>,
}

static WORDS: LazyLock<RwLock<Words>> = LazyLock::new(RwLock::default);

impl Word {
    /// The word with this text.
    pub fn of(text: &str) -> Word {
        let text = if text.len() > LONGEST { UNKNOWN } else { text };
        let known = WORDS.read().unwrap_or_else(PoisonError::into_inner).places.get(text).copied();
        known.map_or_else(|| Word::learn(text), Word)
    }

    fn learn(text: &str) -> Word {
        let mut words = WORDS.write().unwrap_or_else(PoisonError::into_inner);
        // The last place is for whatever finds no other.
        let text = if words.texts.len() + 1 >= MOST { UNKNOWN } else { text };
        if let Some(place) = words.places.get(text) {
            return Word(*place);
        }
        let text: &'static str = Box::leak(text.into());
        let place = words.texts.len() as u8;
        words.texts.push(text);
        words.places.insert(text, place);
        Word(place)
    }

    /// Its text.
    pub fn as_str(self) -> &'static str {
        let words = WORDS.read().unwrap_or_else(PoisonError::into_inner);
        words.texts.get(usize::from(self.0)).copied().unwrap_or(UNKNOWN)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A type whose values are words, and unknown ones.
pub trait OpenWord: Sized {
    /// The words that this program knows.
    const WORDS: &'static [&'static str];

    /// The value with this text, if it is known.
    fn known(text: &str) -> Option<Self>;
}

/// Reads a word that must be known, for what is sent to a server.
///
/// # Errors
/// It is unknown.
pub fn known<'de, T: OpenWord, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    T::known(&text).ok_or_else(|| D::Error::unknown_variant(&text, T::WORDS))
}

/// Gives an enum with a variant `Other(Word)` its texts, and how it is read, written and documented.
macro_rules! open_word {
    ($name:ident, $about:literal, $($variant:ident = $text:literal),+ $(,)?) => {
        impl $name {
            /// The text in JSON; of an unknown word what came.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                    $name::Other(word) => word.as_str(),
                }
            }
        }

        impl $crate::wire::word::OpenWord for $name {
            const WORDS: &'static [&'static str] = &[$($text),+];

            fn known(text: &str) -> Option<$name> {
                match text {
                    $($text => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                use $crate::wire::word::OpenWord as _;
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Ok($name::known(&text).unwrap_or_else(|| $name::Other($crate::wire::word::Word::of(&text))))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::wire::schema::words($about, [$($text),+])
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use open_word;
