//! Pages of lists.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The default page size.
pub const DEFAULT_LIMIT: u32 = 100;
/// The maximum page size.
pub const MAX_LIMIT: u32 = 1000;
/// The largest exact `total`. For longer lists `total` is this number and `more` is true.
pub const EXACT_TOTAL: u64 = 10_000;

/// One page of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows of this page, in order.
    pub items: Vec<T>,
    /// The `cursor` of the next page; null on the last page.
    pub next: Option<String>,
    /// Total number of rows, exact up to 10,000.
    pub total: u64,
    /// Whether there are more rows than `total`.
    pub more: bool,
}

impl<T> Page<T> {
    /// A list that fits in one page.
    pub fn whole(items: Vec<T>) -> Page<T> {
        let total = items.len() as u64;
        Page { items, next: None, total: total.min(EXACT_TOTAL), more: total > EXACT_TOTAL }
    }
}

/// Which page of a list to return.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Page size, 1–1000. Default: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
