//! The dashboard: its model by comparing values, its screens by reading them.

mod ages;
mod asked;
mod audit;
mod behind;
mod bulk;
mod burst;
mod chart;
#[cfg(unix)]
mod clipboard;
mod closing;
mod columns;
mod confirmations;
mod contexts;
mod copying;
mod daily;
#[cfg(unix)]
mod dead_link;
mod delete;
mod detail;
mod dialogs;
mod edit;
#[cfg(target_os = "linux")]
mod ending;
mod export;
mod filter;
mod findings;
mod first;
#[cfg(target_os = "linux")]
mod flood;
mod flows;
mod groups;
mod guide;
#[cfg(unix)]
mod history;
mod keyboard;
mod keymap;
#[cfg(unix)]
mod leaving;
mod link;
mod list;
mod lists;
mod live;
mod looks;
mod marks;
#[cfg(target_os = "linux")]
mod memory;
mod mouse;
mod nodes;
mod packs;
mod palette;
mod pause;
mod picture;
mod replacement;
mod review_end;
mod review_undo;
mod reviews;
mod reviews_auditor;
mod reviews_form;
mod reviews_terminal;
mod rotate;
mod saved_filters;
mod screens;
mod selection;
mod shown_once;
mod story;
mod story_many;
#[cfg(unix)]
mod teardown;
#[cfg(unix)]
mod terminal;
mod themes;
mod times;
mod unsaved;
mod yours;
