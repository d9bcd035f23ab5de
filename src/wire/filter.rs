//! The filter language: one parser for dashboard and server.
//!
//! Blanks mean "and", `!` negates, double quotes join. A bare word is found in name, project name, mask, id
//! and creator, without regard to case.
//!
//! | term | a key whose … |
//! |---|---|
//! | `name:web` `project:shop` `by:ann` | name, project name (or id), creator holds the text |
//! | `status:revoked` `mode:test` | status or mode is this |
//! | `used:never` | last use never was |
//! | `idle>90d` `created<7d` | idle time, age is more or less than that (`s m h d w y`) |
//!
//! ```
//! use keydeck::wire::filter::Filter;
//!
//! assert_eq!(Filter::parse("project:shop !idle<90d \"old web\"").expect("well-formed").terms().len(), 3);
//! assert_eq!(Filter::parse("used:often").expect_err("no such use").column, 6);
//! ```

use std::fmt::Write as _;
use std::time::Duration;

use super::keys::{Key, Mode, Status};
use super::text::{fold, fold_into};
use super::time::Timestamp;

/// A parsed filter: all of its terms must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

/// One condition, perhaps negated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// Written with `!`.
    pub negated: bool,
    /// What must (or must not) hold.
    pub test: Test,
}

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
    /// The status is this.
    Status(Status),
    /// The mode is this.
    Mode(Mode),
    /// It was never used.
    NeverUsed,
    /// Idle for longer (true) or shorter (false) than this.
    Idle(bool, Duration),
    /// Made longer (true) or shorter (false) ago than this.
    Created(bool, Duration),
}

/// What is wrong with a filter, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("filter, column {column}: {reason}")]
pub struct BadFilter {
    /// The first wrong character; 1 is the first of all.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub reason: String,
}

/// The most characters of a filter.
pub const MAX_LEN: usize = 1024;
/// The most terms of a filter: each is a condition in SQL.
pub const MAX_TERMS: usize = 32;

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong, with the column.
    pub fn parse(text: &str) -> Result<Filter, BadFilter> {
        let length = text.chars().count();
        if length > MAX_LEN {
            return Err(BadFilter {
                column: MAX_LEN + 1,
                reason: format!("longer than {MAX_LEN} characters"),
            });
        }
        let mut terms = Vec::new();
        for token in tokens(text)? {
            if terms.len() == MAX_TERMS {
                return Err(BadFilter {
                    column: token.column,
                    reason: format!("more than {MAX_TERMS} terms"),
                });
            }
            terms.push(token.term()?);
        }
        Ok(Filter { terms })
    }

    /// The beginning of a text that is wrong at `error`: the whole terms before the wrong one, and what they say.
    pub fn before<'a>(text: &'a str, error: &BadFilter) -> (&'a str, Filter) {
        let (mut starts, mut quoted, mut blank) = (Vec::new(), false, true);
        for (at, c) in text.char_indices().take(error.column) {
            if !quoted && blank && !c.is_whitespace() {
                starts.push(at);
            }
            quoted ^= c == '"';
            blank = c.is_whitespace();
        }
        let beginnings = starts.into_iter().rev().map(|at| text[..at].trim());
        // An open quote is found before a wrong term to its left.
        let mut read = beginnings.filter_map(|text| Filter::parse(text).ok().map(|filter| (text, filter)));
        read.next().unwrap_or_default()
    }

    /// The terms, in the order written.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether it lets every key through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it says anything about the status.
    pub fn names_status(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Status(_)))
    }

    /// Whether all that it lets through passes `older` too, whatever the time: what `older` has let through is all
    /// that need be looked at. False where that cannot be said.
    pub fn narrows(&self, older: &Filter) -> bool {
        older.terms.iter().all(|old| self.terms.iter().any(|term| term.implies(old)))
    }

    /// Whether a key passes at `now`.
    pub fn matches(&self, key: &Key, now: Timestamp) -> bool {
        self.is_empty() || self.matches_haystack(&haystack(key), key, now)
    }

    /// The same with the key's [`haystack`] made beforehand, for lists that are filtered at each key press.
    pub fn matches_haystack(&self, hay: &str, key: &Key, now: Timestamp) -> bool {
        self.terms.iter().all(|term| term.test.holds(hay, key, now) != term.negated)
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
        fold_into(hay, text);
        hay.push('\n');
    }
    let start = hay.len();
    // Memory takes every text; a mask is ASCII.
    let _ = write!(hay, "{}", key.hint);
    hay[start..].make_ascii_lowercase();
    let _ = write!(hay, "\n{}", key.id);
}

impl Term {
    /// Whether what it lets through passes the other one too.
    fn implies(&self, other: &Term) -> bool {
        if let Test::Idle(..) | Test::Created(..) = other.test {
            // What was let through then may not be what is let through now.
            return false;
        }
        let longer = match (&self.test, &other.test) {
            (Test::Word(text), Test::Word(part))
            | (Test::Name(text), Test::Name(part))
            | (Test::By(text), Test::By(part)) => text.contains(part.as_str()),
            _ => false,
        };
        self == other || (longer && !self.negated && !other.negated)
    }
}

impl Test {
    fn holds(&self, hay: &str, key: &Key, now: Timestamp) -> bool {
        let line = |at: usize| hay.split('\n').nth(at).unwrap_or("");
        match self {
            Test::Word(word) => hay.contains(word.as_str()),
            Test::Name(text) => line(0).contains(text.as_str()),
            Test::Project(text) => line(1).contains(text.as_str()) || key.project_id.to_string() == *text,
            Test::By(text) => line(2).contains(text.as_str()),
            Test::Status(status) => key.status == *status,
            Test::Mode(mode) => key.mode == *mode,
            Test::NeverUsed => key.last_used_at.is_none(),
            Test::Idle(longer, span) => compare(key.idle_since(), *longer, *span, now),
            Test::Created(longer, span) => compare(key.created_at, *longer, *span, now),
        }
    }
}

/// `since` lies more (or less) than `span` before `now`; the SQL of the store asks the same of milliseconds.
fn compare(since: Timestamp, longer: bool, span: Duration, now: Timestamp) -> bool {
    let limit = now - span;
    if longer { since < limit } else { since > limit }
}

struct Token {
    column: usize,
    negated: bool,
    /// What stands before the first unquoted `:`, `<` or `>`, that sign, and where the value begins.
    head: Option<(String, char, usize)>,
    value: String,
    quoted: bool,
}

fn tokens(text: &str) -> Result<Vec<Token>, BadFilter> {
    let mut found = Vec::new();
    let mut chars = text.chars().enumerate().map(|(at, c)| (at + 1, c)).peekable();
    while let Some(&(column, first)) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let mut token = Token { column, negated: false, head: None, value: String::new(), quoted: false };
        if first == '!' {
            token.negated = true;
            chars.next();
        }
        let mut quote = None;
        while let Some(&(at, c)) = chars.peek() {
            if quote.is_none() && c.is_whitespace() {
                break;
            }
            chars.next();
            match c {
                '"' => {
                    token.quoted = true;
                    quote = if quote.is_some() { None } else { Some(at) };
                }
                ':' | '<' | '>' if quote.is_none() && token.head.is_none() && !token.quoted => {
                    token.head = Some((std::mem::take(&mut token.value), c, at + 1));
                }
                // A line break separates the lines of a haystack; it cannot be looked for.
                c => token.value.push(if c.is_control() { ' ' } else { c }),
            }
        }
        if let Some(column) = quote {
            return Err(BadFilter { column, reason: "this quote is not closed".into() });
        }
        if token.value.is_empty() && token.head.is_none() {
            let reason =
                if token.negated { "after ! comes what must not be" } else { "nothing between the quotes" };
            return Err(BadFilter { column, reason: reason.into() });
        }
        found.push(token);
    }
    Ok(found)
}

impl Token {
    fn term(self) -> Result<Term, BadFilter> {
        let negated = self.negated;
        let test = match self.head {
            None => Test::Word(fold(&self.value)),
            Some((field, sign, at)) => {
                let bad = |column: usize, reason: &str| BadFilter { column, reason: reason.to_owned() };
                let text = || {
                    if self.value.is_empty() {
                        Err(bad(at, "a text is missing here"))
                    } else {
                        Ok(fold(&self.value))
                    }
                };
                match (field.to_ascii_lowercase().as_str(), sign) {
                    ("name", ':') => Test::Name(text()?),
                    ("project", ':') => Test::Project(text()?),
                    ("by", ':') => Test::By(text()?),
                    ("status", ':') => Test::Status(match text()?.as_str() {
                        "active" => Status::Active,
                        "revoked" => Status::Revoked,
                        _ => return Err(bad(at, "status is active or revoked")),
                    }),
                    ("mode", ':') => Test::Mode(match text()?.as_str() {
                        "live" => Mode::Live,
                        "test" => Mode::Test,
                        _ => return Err(bad(at, "mode is live or test")),
                    }),
                    ("used", ':') => match text()?.as_str() {
                        "never" => Test::NeverUsed,
                        _ => return Err(bad(at, "only used:never is known; for times write idle>90d")),
                    },
                    ("idle", '<' | '>') => {
                        Test::Idle(sign == '>', span(&self.value).map_err(|why| bad(at, why))?)
                    }
                    ("created", '<' | '>') => {
                        Test::Created(sign == '>', span(&self.value).map_err(|why| bad(at, why))?)
                    }
                    ("idle" | "created", _) => {
                        return Err(bad(at - 1, "compare with < or >, as in idle>90d"));
                    }
                    ("name" | "project" | "by" | "status" | "mode" | "used", _) => {
                        return Err(bad(at - 1, "here comes a colon, as in name:web"));
                    }
                    _ => {
                        return Err(bad(
                            self.column + usize::from(self.negated),
                            "no such field: name, project, status, mode, by, used, idle or created; quote it to look for it as text",
                        ));
                    }
                }
            }
        };
        Ok(Term { negated, test })
    }
}

fn span(text: &str) -> Result<Duration, &'static str> {
    const HELP: &str = "a number and a unit are expected: s, m, h, d, w or y, as in 90d";
    let unit = text.chars().next_back().ok_or(HELP)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        'y' => 365 * 86_400,
        _ => return Err(HELP),
    };
    let number = &text[..text.len() - 1];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(HELP);
    }
    let count: u64 = number.parse().map_err(|_| "that is longer than 1000 years")?;
    match count.checked_mul(seconds) {
        Some(total) if total <= 1000 * 365 * 86_400 => Ok(Duration::from_secs(total)),
        _ => Err("that is longer than 1000 years"),
    }
}
