//! Lists come in pages.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The size of a page when none is asked for.
pub const DEFAULT_LIMIT: u32 = 100;
/// The largest page.
pub const MAX_LIMIT: u32 = 1000;
/// Up to here `total` is exact; beyond, it is this number and `more` is true.
pub const EXACT_TOTAL: u64 = 10_000;

/// One page of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the rows after these; null at the end.
    pub next: Option<String>,
    /// How many rows there are in all, exact up to 10,000.
    pub total: u64,
    /// Whether there are more than `total` says.
    pub more: bool,
}

impl<T> Page<T> {
    /// A list that fits in one page.
    pub fn whole(items: Vec<T>) -> Page<T> {
        let total = items.len() as u64;
        Page { items, next: None, total: total.min(EXACT_TOTAL), more: total > EXACT_TOTAL }
    }
}

/// What part of a list is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1–1000; 100 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
