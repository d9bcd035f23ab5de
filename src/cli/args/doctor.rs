//! Arguments of `keydeck doctor`.

use std::net::SocketAddr;

use clap::Args;

/// `keydeck doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Only check that the Edge API at ADDR is ready
    #[arg(long, value_name = "ADDR", value_parser = super::address)]
    pub edge: Option<SocketAddr>,
}
