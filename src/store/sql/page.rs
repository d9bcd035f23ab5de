//! Limits and cursors.
//!
//! A cursor is the place of the last row that was given, and a checksum of the list it belongs to: the
//! query without its cursor and limit. It is no secret and needs no signature, since it only names a place.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::statement::Arg;
use crate::store::{Result, StoreError};
use crate::wire::page::{DEFAULT_LIMIT, EXACT_TOTAL, MAX_LIMIT, Page};

/// How many rows a page may have.
pub(super) fn limit(asked: Option<u32>) -> usize {
    asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT) as usize
}

/// The value of the column that orders a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    Int(i64),
    Text(String),
}

impl From<Value> for Arg {
    fn from(value: Value) -> Arg {
        match value {
            Value::Int(value) => Arg::Int(value),
            Value::Text(value) => Arg::Text(value),
        }
    }
}

/// The place of a row in a list: the value of its order, then its id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Place(u32, pub(super) Value, pub(super) String);

impl Place {
    /// Writes the cursor that goes on behind a row.
    pub(super) fn cursor(list: &str, value: Value, id: String) -> String {
        let place = Place(crc32fast::hash(list.as_bytes()), value, id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&place).expect("numbers and texts are JSON"))
    }

    /// Reads a cursor of this list.
    pub(super) fn read(list: &str, cursor: Option<&str>) -> Result<Option<Place>> {
        let Some(cursor) = cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::Cursor)?;
        let place: Place = serde_json::from_slice(&bytes).map_err(|_| StoreError::Cursor)?;
        // No stored text holds a NUL, and PostgreSQL takes none as a parameter.
        let foreign = place.0 != crc32fast::hash(list.as_bytes())
            || place.2.contains('\0')
            || matches!(&place.1, Value::Text(text) if text.contains('\0'));
        if foreign { Err(StoreError::Cursor) } else { Ok(Some(place)) }
    }

    /// Its number; a list that is ordered by numbers has no other places.
    pub(super) fn number(&self) -> Result<i64> {
        match self.1 {
            Value::Int(value) => Ok(value),
            Value::Text(_) => Err(StoreError::Cursor),
        }
    }

    /// Its text; a list that is ordered by texts has no other places.
    pub(super) fn text(&self) -> Result<&str> {
        match &self.1 {
            Value::Text(value) => Ok(value),
            Value::Int(_) => Err(StoreError::Cursor),
        }
    }
}

/// A page from one row more than it may have, and the count of all rows (one more than is exact, at most).
pub(super) fn page<T>(mut items: Vec<T>, limit: usize, count: u64, cursor: impl Fn(&T) -> String) -> Page<T> {
    let next = if items.len() > limit {
        items.truncate(limit);
        items.last().map(cursor)
    } else {
        None
    };
    Page { items, next, total: count.min(EXACT_TOTAL), more: count > EXACT_TOTAL }
}
