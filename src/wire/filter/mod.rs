//! The filter language: one parser for dashboard and server. Keys are picked with [`Filter`], audit events with
//! [`EventFilter`]: the same look, other fields.
//!
//! Blanks mean "and", a comma between the values of a field means "or", `!` negates, double quotes join. A bare word
//! is found in name, project name, mask, id and creator of a key, without regard to case and accents; a comma in it is
//! text, as it is in quotes.
//!
//! | term | a key whose … |
//! |---|---|
//! | `name:web` `project:shop` `by:ann` | name, project name (or id), creator holds the text |
//! | `name=web` `project=shop` `by=token:ci` | name, project name (or id), creator is exactly this, case included |
//! | `status:revoked` `mode:test` | status or mode is this |
//! | `status:stale` `status:"in use"` | state is this: `in use`, `idle`, `stale` or `unused`, of active keys |
//! | `owner:ann` `owner=ann` `owner:none` | owner holds the text, is exactly this, or is missing |
//! | `used:never` `reviewed:never` | last use, last review never was |
//! | `used>30d` `created<7d` | last use, creation was more or less than that ago (`s m h d w mo y`) |
//! | `used<2026-11-01` `created>2026-11-01` | last use, creation was before the date, or on it or later |
//! | `reviewed>90d` `reviewed<2026-11-01` | last review was more or less than that ago, or before or after the date |
//! | `idle>90d` | idle time is more or less than that |
//! | `finding:stale` `finding:any` | findings hold this one, or are not empty |
//! | `owner:ann,bob` `used:never,>90d` | any of these holds |
//!
//! ```
//! use keydeck::wire::filter::Filter;
//!
//! assert_eq!(Filter::parse("project:shop !idle<90d \"old web\"").expect("well-formed").terms().len(), 3);
//! assert_eq!(Filter::parse("used:often").expect_err("no such use").column, 6);
//! ```

mod events;
mod state;
mod terms;

use std::time::Duration;

pub use self::events::{EventFilter, EventTest, Names, review_words, searchable};
pub use self::state::{AsOf, KeyState, StatusTest, status_term};
pub use self::terms::{BadFilter, Field, Language, MAX_LEN, MAX_TERMS, Term, Terms, When, whole_mask};
use super::findings::FindingCode;
use super::keys::{Key, Mode};
use super::text::{fold_search, fold_search_into};

/// A parsed filter of keys: all of its terms must hold.
pub type Filter = Terms<Test>;

/// What a term asks of a key. Texts are folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// Name, project name, mask, id or creator holds it.
    Word(String),
    /// The name holds it.
    Name(String),
    /// The project's name holds it, or its id is it.
    Project(String),
    /// The creator holds it.
    By(String),
    /// The name is exactly this, as written.
    NameIs(String),
    /// The project's name or id is exactly this, as written.
    ProjectIs(String),
    /// The creator is exactly this, as written.
    ByIs(String),
    /// The owner holds it.
    Owner(String),
    /// The owner is exactly this, as written.
    OwnerIs(String),
    /// It has no owner.
    NoOwner,
    /// It has this finding, or any.
    Finding(Option<FindingCode>),
    /// It was never reviewed.
    NeverReviewed,
    /// It was reviewed, for the last time then.
    Reviewed(When),
    /// The status is this.
    Status(StatusTest),
    /// It is active and in this state.
    State(KeyState),
    /// The mode is this.
    Mode(Mode),
    /// It was never used.
    NeverUsed,
    /// It was used, for the last time then.
    Used(When),
    /// Idle for longer (true) or shorter (false) than this.
    Idle(bool, Duration),
    /// Created then.
    Created(When),
}

impl Terms<Test> {
    /// Whether it asks for a status. One that is only excluded names none: `!status:paused` lets no revoked key in.
    pub fn names_status(&self) -> bool {
        let mut terms = self.terms().iter().filter(|term| !term.negated);
        // The values of one term are of one field.
        terms.any(|term| matches!(term.tests[0], Test::Status(_) | Test::State(_)))
    }

    /// Whether all that it lets through passes `older` too, whatever the time: what `older` has let through is all
    /// that need be looked at. False where that cannot be said.
    pub fn narrows(&self, older: &Filter) -> bool {
        older.terms().iter().all(|old| self.terms().iter().any(|term| term.implies(old)))
    }

    /// Whether a key passes.
    pub fn matches(&self, key: &Key, as_of: impl Into<AsOf>) -> bool {
        self.is_empty() || self.matches_haystack(&haystack(key), key, as_of.into())
    }

    /// The same with the key's [`haystack`] made beforehand, for lists that are filtered at each key press.
    pub fn matches_haystack(&self, hay: &str, key: &Key, as_of: AsOf) -> bool {
        self.terms().iter().all(|term| term.holds(|test| test.holds(hay, key, as_of)))
    }
}

/// The folded text in which words are looked for: name, project name, creator, mask and id, a line each.
pub fn haystack(key: &Key) -> String {
    let mut hay = String::with_capacity(160);
    push_haystack(&mut hay, key);
    hay
}

/// The same behind what is there already, for the texts of many keys in one piece of memory.
pub fn push_haystack(hay: &mut String, key: &Key) {
    for text in [key.name.as_str(), &key.project_name, &key.created_by] {
        fold_search_into(hay, text);
        hay.push('\n');
    }
    let start = hay.len();
    key.hint.push_to(hay);
    // A mask is ASCII.
    hay[start..].make_ascii_lowercase();
    hay.push('\n');
    key.id.push_to(hay);
}

impl Term<Test> {
    /// Whether what it lets through passes the other one too.
    fn implies(&self, other: &Term<Test>) -> bool {
        // What was let through then may not be what is let through now.
        if self.negated != other.negated || other.tests.iter().any(Test::changes) {
            return false;
        }
        if self.negated {
            other.tests.iter().all(|test| self.tests.contains(test))
        } else {
            self.tests.iter().all(|test| other.tests.iter().any(|other| test.implies(other)))
        }
    }
}

impl Test {
    /// Whether what it lets through changes with time, or with what nobody tells.
    const fn changes(&self) -> bool {
        matches!(
            self,
            Test::Idle(..)
                | Test::Used(_)
                | Test::Created(_)
                | Test::Reviewed(_)
                | Test::Finding(_)
                | Test::State(_)
        )
    }

    /// Whether what it lets through passes the other one too.
    fn implies(&self, other: &Test) -> bool {
        let longer = match (self, other) {
            (Test::Word(text), Test::Word(part))
            | (Test::Name(text), Test::Name(part))
            | (Test::Owner(text), Test::Owner(part))
            | (Test::By(text), Test::By(part)) => text.contains(part.as_str()),
            _ => false,
        };
        longer || self == other
    }

    fn holds(&self, hay: &str, key: &Key, as_of: AsOf) -> bool {
        let line = |at: usize| hay.split('\n').nth(at).unwrap_or("");
        match self {
            Test::Word(word) => hay.contains(word.as_str()),
            Test::Name(text) => line(0).contains(text.as_str()),
            Test::Project(text) => line(1).contains(text.as_str()) || key.project_id.to_string() == *text,
            Test::By(text) => line(2).contains(text.as_str()),
            Test::NameIs(text) => key.name == *text,
            Test::ProjectIs(text) => *key.project_name == **text || key.project_id.to_string() == *text,
            Test::ByIs(text) => *key.created_by == **text,
            Test::Owner(text) => {
                key.owner.as_ref().is_some_and(|owner| fold_search(owner).contains(text.as_str()))
            }
            Test::OwnerIs(text) => key.owner.as_deref() == Some(text.as_str()),
            Test::NoOwner => key.owner.is_none(),
            Test::Finding(code) => {
                key.findings.iter().any(|finding| code.is_none_or(|code| finding.code == code))
            }
            Test::NeverReviewed => key.reviewed_at.is_none(),
            Test::Reviewed(when) => key.reviewed_at.is_some_and(|reviewed| when.holds(reviewed, as_of.now)),
            Test::Status(status) => status.holds(key.status),
            Test::State(state) => state.is_of(key, as_of),
            Test::Mode(mode) => key.mode == *mode,
            Test::NeverUsed => key.last_used_at.is_none(),
            Test::Used(when) => key.last_used_at.is_some_and(|used| when.holds(used, as_of.now)),
            Test::Idle(longer, span) => {
                When::Ago(*longer, *span).holds(key.certainly_idle_since(), as_of.now)
            }
            Test::Created(when) => when.holds(key.created_at, as_of.now),
        }
    }
}

impl Language for Test {
    const COMPARED: &'static [&'static str] = &["used", "idle", "created", "reviewed"];

    fn word(text: String) -> Test {
        Test::Word(text)
    }

    fn is_exact(name: &str) -> bool {
        // Of `idle=90d` and of a wrong name it is said what is meant: as a text it would match nothing in silence.
        let name = name.to_ascii_lowercase();
        FIELDS.contains(&name.as_str()) || Test::meant(&name).is_some()
    }

    fn meant(name: &str) -> Option<&'static str> {
        match name {
            "creator" | "createdby" | "author" | "actor" | "user" => Some("by"),
            "state" => Some("status"),
            _ => None,
        }
    }

    fn field(field: &Field<'_>) -> Result<Test, BadFilter> {
        let sign = match field.name {
            // These have words for values, which are always whole.
            "status" | "mode" | "finding" | "used" | "reviewed" if field.sign == '=' => ':',
            _ => field.sign,
        };
        Ok(match (field.name, sign) {
            ("name", '=') => Test::NameIs(field.exact()?),
            ("project", '=') => Test::ProjectIs(field.exact()?),
            ("by", '=') => Test::ByIs(field.exact()?),
            ("owner", '=') => Test::OwnerIs(field.exact()?),
            ("owner", ':') => match field.text()? {
                text if text == "none" => Test::NoOwner,
                text => Test::Owner(text),
            },
            ("finding", ':') => {
                Test::Finding(finding(&field.text()?).map_err(|reason| field.bad_value(&reason))?)
            }
            ("reviewed", ':') => match field.text()?.as_str() {
                "never" => Test::NeverReviewed,
                _ => {
                    return Err(
                        field.bad_value("expected reviewed:never, reviewed>90d or reviewed<2026-11-01")
                    );
                }
            },
            ("reviewed", '<' | '>') => Test::Reviewed(field.when()?),
            ("name", ':') => Test::Name(field.text()?),
            ("project", ':') => Test::Project(field.text()?),
            ("by", ':') => Test::By(field.text()?),
            ("status", ':') => state::status(&field.text()?).map_err(|reason| field.bad_value(reason))?,
            ("mode", ':') => Test::Mode(match field.text()?.as_str() {
                "live" => Mode::Live,
                "test" => Mode::Test,
                _ => return Err(field.bad_value("expected live or test")),
            }),
            ("used", ':') => match field.text()?.as_str() {
                "never" => Test::NeverUsed,
                _ => return Err(field.bad_value("expected used:never, used>90d or used<2026-11-01")),
            },
            ("used", '<' | '>') => Test::Used(field.when()?),
            ("idle", '<' | '>') => {
                let (longer, span) = field.age()?;
                Test::Idle(longer, span)
            }
            ("created", '<' | '>') => Test::Created(field.when()?),
            ("idle" | "created", _) => return Err(field.bad_sign("expected < or >, as in idle>90d")),
            ("name" | "project" | "by" | "owner" | "finding" | "status" | "mode", _) => {
                return Err(field.bad_sign("expected a colon, as in name:web"));
            }
            (name, _) => {
                if let Some(meant) = Test::meant(name) {
                    return Err(field.other_name(meant));
                }
                // One slip: a character too many, too few or wrong, or two in the wrong order. Of `by` too little is left.
                let is_near = |field: &&str| field.len() > 2 && strsim::osa_distance(name, field) == 1;
                if let Some(near) = FIELDS.into_iter().find(is_near) {
                    let text = format!("unknown field; did you mean {near}? (quote it to search for text)");
                    return Err(field.bad_name(&text));
                }
                return Err(field.bad_name(
                    "unknown field; expected name, project, status, mode, by, owner, used, idle, created, \
                     reviewed or finding (quote it to search for text)",
                ));
            }
        })
    }
}

/// The terms for a filter that is a path `project/name`: no text of a key holds the slash. For where it matches nothing, if
/// these match a key.
///
/// ```
/// use keydeck::wire::filter::path_terms;
///
/// assert_eq!(path_terms("shop/web").as_deref(), Some("project:shop name:web"));
/// assert_eq!(path_terms("Shop EU/web").as_deref(), Some("project:\"Shop EU\" name:web"));
/// assert_eq!(path_terms("project:shop/web"), None);
/// ```
pub fn path_terms(filter: &str) -> Option<String> {
    let filter = filter.trim();
    let path = filter.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(filter);
    let (project, name) = path.split_once('/')?;
    let (project, name) = (project.trim(), name.trim());
    let is_text = |term: &Term<Test>| !term.negated && matches!(term.tests[..], [Test::Word(_)]);
    if project.is_empty() || name.is_empty() || !Filter::parse(filter).ok()?.terms().iter().all(is_text) {
        return None;
    }
    let value = |text: &str| {
        let is_plain = !text.starts_with(['<', '>'])
            && !text.contains([',', '"'])
            && !text.contains(char::is_whitespace);
        if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    };
    Some(format!("project:{} name:{}", value(project), value(name)))
}

/// The names of the fields.
const FIELDS: [&str; 11] =
    ["name", "project", "status", "mode", "by", "owner", "used", "idle", "created", "reviewed", "finding"];

/// The finding that a value asks for: none stands for any.
fn finding(value: &str) -> Result<Option<FindingCode>, String> {
    if value == "any" {
        return Ok(None);
    }
    let known = FindingCode::ALL.into_iter().find(|code| code.as_str().eq_ignore_ascii_case(value));
    known.map(Some).ok_or_else(|| {
        let codes = FindingCode::ALL.map(FindingCode::as_str).join(", ");
        format!("unknown finding; expected any, {codes}")
    })
}
