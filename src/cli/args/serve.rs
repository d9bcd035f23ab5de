//! Arguments of `keydeck serve` and `keydeck edge`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::config::PlanName;
use crate::wire::text;

/// `keydeck serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address of the management API
    #[arg(long, value_name = "ADDR", value_parser = super::address, default_value = "127.0.0.1:7474")]
    pub manage: SocketAddr,
    /// Address of the Edge API
    #[arg(long, value_name = "ADDR", value_parser = super::address, default_value = "127.0.0.1:7475")]
    pub edge: SocketAddr,
    /// How the node serves.
    #[command(flatten)]
    pub node: NodeArgs,
    /// TLS certificate of the management API (PEM, the server's own first)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the TLS certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Allow a management address other than loopback, behind a proxy that terminates TLS
    #[arg(long, conflicts_with = "tls_cert")]
    pub behind_tls_proxy: bool,
}

/// `keydeck edge`.
#[derive(Args, Clone, Debug)]
pub struct EdgeArgs {
    /// Address of the Edge API
    #[arg(long, value_name = "ADDR", value_parser = super::address)]
    pub edge: SocketAddr,
    /// How the node serves.
    #[command(flatten)]
    pub node: NodeArgs,
}

/// How a node serves the Edge API.
#[derive(Args, Clone, Debug)]
pub struct NodeArgs {
    /// Plan, which limits keys and requests [default: that of the configuration, or enterprise]
    #[arg(long, value_parser = plan, value_name = "free|pro|enterprise")]
    pub plan: Option<PlanName>,
    /// Keys that the Edge API accepts
    #[arg(long, value_enum, value_name = "live|test|both", hide_possible_values = true, default_value_t)]
    pub mode: Modes,
    /// Trust X-Forwarded-For from CIDR (repeatable)
    #[arg(long, value_name = "CIDR")]
    pub trusted_proxy: Vec<IpNet>,
    /// Seconds a node may serve without confirming that it has the latest changes; one value for all nodes of a database
    ///
    /// The first process sets it (10 if not given). A process with another value refuses to start.
    #[arg(long, allow_hyphen_values = true, value_name = "SECONDS", value_parser = super::number::<1, 20>)]
    pub lease: Option<u32>,
    /// Name of the node in receipts and lists [default: host and process id]
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub name: Option<String>,
    /// Region of the node, shown in lists
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub region: Option<String>,
    /// After SIGTERM, keep answering for this many seconds while /readyz returns 503, to let load balancers send requests elsewhere
    #[arg(long, allow_hyphen_values = true, value_name = "SECONDS", default_value_t = 0, value_parser = super::number::<0, 300>)]
    pub drain: u32,
    /// Log format
    #[arg(long, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t)]
    pub log_format: LogFormat,
}

/// The format of the log on standard error.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// The keys that a node accepts.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Modes {
    /// Live keys
    Live,
    /// Test keys
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

fn label(label: &str) -> Result<String, String> {
    text::name(label).map_err(|error| error.to_string())
}
