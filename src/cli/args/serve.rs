//! What may be typed after `keydeck serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::config::PlanName;

/// `keydeck serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address of the management API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7474")]
    pub manage: SocketAddr,
    /// Address of the Edge API
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7475")]
    pub edge: SocketAddr,
    /// What projects are allowed
    #[arg(long, value_parser = plan, value_name = "free|pro|enterprise")]
    pub plan: Option<PlanName>,
    /// Which keys the Edge API serves
    #[arg(long, value_enum, value_name = "live|test|both", hide_possible_values = true, default_value_t)]
    pub mode: Modes,
    /// Believe X-Forwarded-For of callers in this network; may be given again
    #[arg(long, value_name = "CIDR")]
    pub trusted_proxy: Vec<IpNet>,
    /// How long a node may serve without having heard of newer changes
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=20))]
    pub lease: u64,
    /// Speak TLS on the management address with this certificate: PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate: PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The form of the log on standard error
    #[arg(long, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t)]
    pub log_format: LogFormat,
    /// Allow a management address that is not loopback: a proxy in front of it speaks TLS
    #[arg(long, conflicts_with = "tls_cert")]
    pub behind_tls_proxy: bool,
}

/// The form of the log.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// A JSON object a line, for programs
    Json,
}

/// Which keys a node serves.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Modes {
    /// Keys for production
    Live,
    /// Keys for tests
    Test,
    /// All keys
    #[default]
    Both,
}

fn plan(text: &str) -> Result<PlanName, String> {
    match text {
        "free" => Ok(PlanName::Free),
        "pro" => Ok(PlanName::Pro),
        "enterprise" => Ok(PlanName::Enterprise),
        _ => Err("expected free, pro or enterprise".to_owned()),
    }
}
