//! The query string, decoded as forms are: `+` is a blank, percent sequences are decoded.

use std::borrow::Cow;

/// The parameters of a request, as they were written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Query<'a> {
    raw: &'a str,
    /// `project`
    pub project: Option<&'a str>,
    /// `projectId`
    pub project_id: Option<&'a str>,
    /// `path`
    pub path: Option<&'a str>,
    /// `format`
    pub format: Option<&'a str>,
    /// `version`
    pub version: Option<&'a str>,
    /// The first parameter that came twice.
    pub duplicate: Option<&'static str>,
}

/// The parameter `version` is no version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidVersion;

impl<'a> Query<'a> {
    /// Splits the query string of a lookup. Unknown parameters do no harm.
    pub fn of_lookup(raw: &'a str) -> Query<'a> {
        Query::parse(raw, "path")
    }

    /// Splits the query string of an export. Unknown parameters do no harm.
    pub fn of_export(raw: &'a str) -> Query<'a> {
        Query::parse(raw, "format")
    }

    /// Takes the parameters of all routes, and the one of this route.
    fn parse(raw: &'a str, own: &'static str) -> Query<'a> {
        let mut query = Query { raw, ..Query::default() };
        for (name, value) in pairs(raw) {
            let (place, name) = match &*name {
                "project" => (&mut query.project, "project"),
                "projectId" => (&mut query.project_id, "projectId"),
                "version" => (&mut query.version, "version"),
                "path" if own == "path" => (&mut query.path, "path"),
                "format" if own == "format" => (&mut query.format, "format"),
                _ => continue,
            };
            if place.is_some() {
                query.duplicate = query.duplicate.or(Some(name));
            } else {
                *place = Some(value);
            }
        }
        query
    }

    /// The version that is asked for; none is the newest.
    ///
    /// # Errors
    /// When it is no whole number from 1 to 2147483647.
    pub fn version_number(&self) -> Result<Option<u32>, InvalidVersion> {
        let Some(text) = self.version.filter(|version| !version.is_empty()) else { return Ok(None) };
        let digits = text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
        let version = digits.then(|| text.parse().ok()).flatten();
        version.filter(|version| (1..=i32::MAX as u32).contains(version)).map(Some).ok_or(InvalidVersion)
    }

    /// Every value that a parameter was given, as it was written.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        pairs(self.raw).filter(move |(given, _)| given == name).map(|(_, value)| value)
    }
}

fn pairs(raw: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    raw.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| {
        // A name that cannot be decoded is unknown.
        (decode(name).unwrap_or(Cow::Borrowed("")), value)
    })
}

/// A name or value as forms write it: `+` is a blank, `%XX` a byte. None when a `%` is broken or the bytes
/// are not UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                (high * 16 + low) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}
