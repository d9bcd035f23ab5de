//! The program as its users meet it: the real binary, its exit codes, what it prints, what it leaves.

mod audit;
#[cfg(target_os = "linux")]
mod backup;
mod bad_input;
#[cfg(unix)]
mod brake;
mod complete;
mod config;
pub(crate) mod contexts;
mod databases;
mod demo;
mod doctor;
mod documents;
mod every_act;
#[cfg(target_os = "linux")]
mod full_disk;
#[cfg(unix)]
mod golden;
mod guards;
mod hostile;
mod identify;
mod identify_forms;
mod identify_git;
mod identify_revoke;
mod identify_search;
mod identity;
mod keys;
mod listen;
mod lists;
mod log;
#[cfg(unix)]
mod migrate;
mod output;
#[cfg(target_os = "linux")]
mod ownership;
mod pack;
mod pack_hostile;
mod postgres;
mod postgres_down;
mod postgres_tls;
mod processes;
#[cfg(target_os = "linux")]
mod replaced;
mod report;
#[cfg(target_os = "linux")]
mod report_browser;
mod review;
#[cfg(target_os = "linux")]
mod review_interrupted;
mod revoke;
mod rotation;
mod rules;
pub(crate) mod serve;
mod soak;
mod terminal;
mod tls;
#[cfg(unix)]
mod unread;
