//! What depends on a wrong line of the configuration file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Matters;

/// What is to be right, whoever reads the file.
const NEEDED: [&str; 8] =
    ["server", "database", "token", "token_file", "ca_file", "context", "contexts", "plan"];

/// Takes the setting at this place of the text out, and says what depends on it. Of a context only its colour can be
/// done without: the rest says where one is and what one must know there.
pub(super) fn pass_over(root: &mut DeTable<'_>, at: usize) -> Option<Matters> {
    for name in ["keys", "thresholds"] {
        if let Some(DeValue::Table(table)) = root.get_mut(name).map(Spanned::get_mut)
            && let Some(name) = standing(table, at)
        {
            return table.remove(name.as_str()).map(|_| Matters::Looks);
        }
    }
    if let Some(DeValue::Table(contexts)) = root.get_mut("contexts").map(Spanned::get_mut) {
        for (_, context) in contexts.iter_mut() {
            if let DeValue::Table(context) = context.get_mut()
                && let Some(name) = standing(context, at)
                && matches!(name.as_str(), "colour" | "color")
            {
                return context.remove(name.as_str()).map(|_| Matters::Looks);
            }
        }
        let within = |context: &Spanned<DeValue<'_>>| match context.get_ref() {
            DeValue::Table(context) => standing(context, at).is_some(),
            _ => false,
        };
        let found = contexts.iter().find(|(_, context)| within(context));
        let found = found.map(|(name, _)| name.get_ref().to_string());
        if let Some(name) = found.or_else(|| standing(contexts, at)) {
            return contexts.remove(name.as_str()).map(|_| Matters::Context(name));
        }
    }
    let name = standing(root, at)?;
    // An unknown name may be a typing error in one of the settings that say which server to use.
    let place = |value: &DeValue<'_>| value.as_str().is_some_and(|text| text.contains("://"));
    let meant = NEEDED.iter().any(|needed| strsim::levenshtein(&name, needed) <= 2)
        || root.get(name.as_str()).is_some_and(|value| place(value.get_ref()));
    root.remove(name.as_str())?;
    Some(match &*name {
        "plan" => Matters::Plan,
        _ if meant => Matters::Place,
        _ => Matters::Looks,
    })
}

/// The name of the setting at a place.
fn standing(table: &DeTable<'_>, at: usize) -> Option<String> {
    let holds = |span: Range<usize>| span.contains(&at);
    let found = table.iter().find(|(name, value)| holds(name.span()) || holds(value.span()));
    found.map(|(name, _)| name.get_ref().to_string())
}
