//! The `[keys]` of the configuration file: which keys an action of the dashboard has instead of its own.
//!
//! Whether there is such an action and such a key is known where the keymap is.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// A line of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyBinding {
    /// The action's name.
    pub action: String,
    /// Its keys, and no others.
    pub keys: Vec<String>,
    /// Where that stands; 1 is the first line.
    pub line: usize,
}

/// The table as it stands in the file.
pub(super) type Table = BTreeMap<Spanned<String>, Keys>;

/// The lines of the table, in their order in the text of the file.
pub(super) fn bindings(text: &str, table: Table) -> Vec<KeyBinding> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let mut bindings: Vec<KeyBinding> = table
        .into_iter()
        .map(|(action, Keys(keys))| KeyBinding {
            line: line(action.span().start),
            action: action.into_inner(),
            keys,
        })
        .collect();
    bindings.sort_by_key(|binding| binding.line);
    bindings
}

/// One key, or a list of them.
pub(super) struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key such as \"x\", or a list of keys such as [\"x\", \"f2\"]")
            }

            fn visit_str<E>(self, key: &str) -> Result<Keys, E> {
                Ok(Keys(vec![key.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = list.next_element()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }

        deserializer.deserialize_any(OneOrMore)
    }
}
