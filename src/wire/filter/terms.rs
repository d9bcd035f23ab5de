//! What the languages of all lists have in common: terms, the signs between them, and where an error is.

use std::time::Duration;

use crate::wire::text::fold_search;
use crate::wire::time::{SPAN_HELP, Timestamp, span};

/// A parsed filter: all of its terms must hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms<T> {
    terms: Vec<Term<T>>,
}

impl<T> Default for Terms<T> {
    fn default() -> Terms<T> {
        Terms { terms: Vec::new() }
    }
}

/// One condition, perhaps negated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term<T> {
    /// Written with `!`.
    pub negated: bool,
    /// At least one of these must (or none may) hold: a comma stands between them. Never empty.
    pub tests: Vec<T>,
}

impl<T> Term<T> {
    /// Whether something passes of which it is known whether one test holds.
    pub fn holds(&self, test: impl FnMut(&T) -> bool) -> bool {
        self.tests.iter().any(test) != self.negated
    }
}

/// What is wrong with a filter, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("invalid filter at column {column}: {reason}")]
pub struct BadFilter {
    /// The first wrong character; 1 is the first of all.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub reason: String,
}

/// The most characters of a filter.
pub const MAX_LEN: usize = 1024;
/// The most terms of a filter, each value behind a comma counted: each is a condition in SQL.
pub const MAX_TERMS: usize = 32;

/// A condition on a point in time: how long ago it was, or a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Longer (true) or less long (false) ago than this.
    Ago(bool, Duration),
    /// Before this.
    Before(Timestamp),
    /// At this time or after it.
    Since(Timestamp),
}

impl When {
    /// Whether a time must be before (true) or after (false) a limit, which is itself excluded.
    pub fn limit(self, now: Timestamp) -> (bool, Timestamp) {
        match self {
            When::Ago(longer, span) => (longer, now - span),
            When::Before(time) => (true, time),
            When::Since(time) => (false, time - Duration::from_millis(1)),
        }
    }

    /// Whether a time satisfies it; the SQL of the store asks the same of milliseconds.
    pub(super) fn holds(self, time: Timestamp, now: Timestamp) -> bool {
        let (before, limit) = self.limit(now);
        if before { time < limit } else { time > limit }
    }
}

/// The fields that one kind of thing has.
pub trait Language: Sized {
    /// The fields that take `<` and `>`. For these a colon before the sign is ignored: `created:<7d`.
    const COMPARED: &'static [&'static str];

    /// A bare word, folded.
    fn word(text: String) -> Self;
    /// Whether the name of a field may stand before `=`. Other words may hold that sign.
    fn is_exact(_name: &str) -> bool {
        false
    }
    /// The field that a wrong name, in lower case, stands for.
    fn meant(_name: &str) -> Option<&'static str> {
        None
    }
    /// A field with its value.
    ///
    /// # Errors
    /// What is wrong with it, with the column.
    fn field(field: &Field<'_>) -> Result<Self, BadFilter>;
}

/// A field as it was written.
#[derive(Debug)]
pub struct Field<'a> {
    /// Its name in lower case.
    pub name: &'a str,
    /// `:`, `<`, `>`, or `=` where [`Language::is_exact`] allows it.
    pub sign: char,
    value: &'a str,
    /// Where the name and the value begin.
    columns: (usize, usize),
}

impl Field<'_> {
    /// Its value, folded.
    ///
    /// # Errors
    /// It is empty.
    pub fn text(&self) -> Result<String, BadFilter> {
        if self.value.is_empty() {
            Err(self.bad_value("expected a text"))
        } else {
            Ok(fold_search(self.value))
        }
    }

    /// Its value as it was written.
    ///
    /// # Errors
    /// It is empty.
    pub fn exact(&self) -> Result<String, BadFilter> {
        if self.value.is_empty() { Err(self.bad_value("expected a text")) } else { Ok(self.value.to_owned()) }
    }

    /// Longer (true) or shorter than this.
    ///
    /// # Errors
    /// It is no span of time.
    pub fn age(&self) -> Result<(bool, Duration), BadFilter> {
        span(self.value).map(|span| (self.sign == '>', span)).map_err(|why| {
            self.bad_value(if Timestamp::parse_loose(self.value).is_some() {
                "expected a duration such as 90d; for a date use used<2026-11-01"
            } else {
                why
            })
        })
    }

    /// Longer or less long ago than a span, or before or after a date.
    ///
    /// # Errors
    /// It is neither.
    pub fn when(&self) -> Result<When, BadFilter> {
        match (Timestamp::parse_loose(self.value), self.sign) {
            (Some(time), '<') => Ok(When::Before(time)),
            (Some(time), _) => Ok(When::Since(time)),
            (None, sign) => match span(self.value) {
                Ok(span) => Ok(When::Ago(sign == '>', span)),
                Err(SPAN_HELP) => {
                    Err(self.bad_value("expected a duration such as 90d, or a date such as 2026-11-01"))
                }
                Err(why) => Err(self.bad_value(why)),
            },
        }
    }

    /// The name is wrong, and this one is meant, with a colon behind it.
    pub fn other_name(&self, name: &str) -> BadFilter {
        // A whole key is not repeated, and an example has no blanks.
        let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
        let short = (1..=24).contains(&self.value.chars().count()) && self.value.chars().all(plain);
        let value = if short { self.value } else { "…" };
        self.bad_name(&format!("unknown field; write {name}:{value} (or quote it to search for text)"))
    }

    /// The name is wrong.
    pub fn bad_name(&self, reason: &str) -> BadFilter {
        BadFilter { column: self.columns.0, reason: reason.to_owned() }
    }

    /// The sign is wrong.
    pub fn bad_sign(&self, reason: &str) -> BadFilter {
        BadFilter { column: self.columns.1 - 1, reason: reason.to_owned() }
    }

    /// The value is wrong.
    pub fn bad_value(&self, reason: &str) -> BadFilter {
        BadFilter { column: self.columns.1, reason: reason.to_owned() }
    }
}

impl<T: Language> Terms<T> {
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong, with the column.
    pub fn parse(text: &str) -> Result<Terms<T>, BadFilter> {
        let length = text.chars().count();
        if length > MAX_LEN {
            return Err(BadFilter {
                column: MAX_LEN + 1,
                reason: format!("longer than {MAX_LEN} characters"),
            });
        }
        let (mut terms, mut tests) = (Vec::new(), 0);
        for token in tokens(text, T::is_exact)? {
            tests += token.values.len();
            if tests > MAX_TERMS {
                return Err(BadFilter {
                    column: token.column,
                    reason: format!("more than {MAX_TERMS} terms and values"),
                });
            }
            terms.push(token.term()?);
        }
        Ok(Terms { terms })
    }

    /// The beginning of a text that is wrong at `error`: the whole terms before the wrong one, and what they say.
    pub fn before<'a>(text: &'a str, error: &BadFilter) -> (&'a str, Terms<T>) {
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
        let mut read = beginnings.filter_map(|text| Terms::parse(text).ok().map(|filter| (text, filter)));
        read.next().unwrap_or_default()
    }

    /// The terms, in the order written.
    pub fn terms(&self) -> &[Term<T>] {
        &self.terms
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

struct Token {
    column: usize,
    negated: bool,
    /// What stands before the first unquoted `:`, `<`, `>` or `=`, and that sign.
    head: Option<(String, char)>,
    /// What stands between the commas, each with its first column. A comma in quotes is text, and so is one in a
    /// word without a field.
    values: Vec<(usize, String)>,
    quoted: bool,
}

impl Token {
    fn push(&mut self, c: char) {
        if let Some((_, value)) = self.values.last_mut() {
            value.push(c);
        }
    }

    /// What came so far is the name of a field.
    fn name(&mut self, sign: char, begins: usize) {
        let name = self.values.pop().map(|(_, name)| name).unwrap_or_default();
        self.head = Some((name, sign));
        self.values.push((begins, String::new()));
    }

    fn is_blank(&self) -> bool {
        self.head.is_none() && self.values.iter().all(|(_, value)| value.is_empty())
    }
}

fn tokens(text: &str, is_exact: fn(&str) -> bool) -> Result<Vec<Token>, BadFilter> {
    let mut found = Vec::new();
    let mut chars = text.chars().enumerate().map(|(at, c)| (at + 1, c)).peekable();
    while let Some(&(column, first)) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let values = vec![(column, String::new())];
        let mut token = Token { column, negated: false, head: None, values, quoted: false };
        if first == '!' {
            token.negated = true;
            chars.next();
            // Taken for a text, `!!web` would be true of nearly every key.
            if let Some(&(column, '!')) = chars.peek() {
                let reason = "one ! is enough; put a text that begins with ! in quotes";
                return Err(BadFilter { column, reason: reason.into() });
            }
        }
        let mut quote = None;
        while let Some(&(at, c)) = chars.peek() {
            if quote.is_none() && c.is_whitespace() {
                break;
            }
            chars.next();
            match c {
                // In quotes, two of them are one.
                '"' if quote.is_some() && chars.peek().is_some_and(|&(_, next)| next == '"') => {
                    chars.next();
                    token.push('"');
                }
                '"' => {
                    token.quoted = true;
                    quote = if quote.is_some() { None } else { Some(at) };
                }
                ':' | '<' | '>' if quote.is_none() && token.head.is_none() && !token.quoted => {
                    token.name(c, at + 1);
                }
                '=' if quote.is_none()
                    && token.head.is_none()
                    && !token.quoted
                    && is_exact(&token.values[0].1) =>
                {
                    token.name(c, at + 1);
                }
                ',' if quote.is_none() && token.head.is_some() => {
                    token.values.push((at + 1, String::new()));
                }
                // A line break separates the lines of a haystack; it cannot be looked for.
                c => token.push(if c.is_control() { ' ' } else { c }),
            }
        }
        if let Some(column) = quote {
            return Err(BadFilter { column, reason: "unclosed quote".into() });
        }
        if token.is_blank() {
            let reason = if token.negated { "expected a term after !" } else { "empty quotes" };
            return Err(BadFilter { column, reason: reason.into() });
        }
        found.push(token);
    }
    Ok(found)
}

impl Token {
    fn term<T: Language>(self) -> Result<Term<T>, BadFilter> {
        let first = self.column + usize::from(self.negated);
        let tests = match self.head {
            None => self.values.iter().map(|(_, word)| T::word(whole_mask(fold_search(word)))).collect(),
            Some((name, sign)) => {
                let name = name.to_ascii_lowercase();
                let compared = sign == ':' && T::COMPARED.contains(&name.as_str());
                let ordered = matches!(sign, '<' | '>') && T::COMPARED.contains(&name.as_str());
                if let (true, [_, (at, _), ..]) = (ordered, self.values.as_slice()) {
                    let reason = format!("expected one value; for \"or\", write {name}:{sign}…,{sign}…");
                    return Err(BadFilter { column: at - 1, reason });
                }
                let several = self.values.len() > 1;
                let test = |(at, value): &(usize, String)| {
                    if several && value.is_empty() {
                        let reason = "expected a value beside the comma (quote a comma to search for it)";
                        return Err(BadFilter { column: *at, reason: reason.into() });
                    }
                    let second = value.chars().next().filter(|c| compared && matches!(c, '<' | '>'));
                    T::field(&Field {
                        name: &name,
                        sign: second.unwrap_or(sign),
                        value: &value[usize::from(second.is_some())..],
                        columns: (first, at + usize::from(second.is_some())),
                    })
                };
                self.values.iter().map(test).collect::<Result<Vec<T>, BadFilter>>()?
            }
        };
        Ok(Term { negated: self.negated, tests })
    }
}

/// A mask as it stands where there is little room, `live_7kf2…x9m1` (`live_7kf2~x9m1` in ASCII) or its beginning from
/// that sign on, becomes the part of the whole mask that it stands for; other texts stay.
pub fn whole_mask(text: String) -> String {
    let Some((begin, last4)) = text.split_once(['…', '~']) else { return text };
    let short = begin.strip_prefix("redir_").unwrap_or(begin);
    let handle = short.strip_prefix("live_").or_else(|| short.strip_prefix("test_"));
    let fits = |part: &str| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match handle {
        Some(handle) if handle.len() == 4 && fits(handle) && fits(last4) => {
            format!("{begin}****...****{last4}")
        }
        _ => text,
    }
}
