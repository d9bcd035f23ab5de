//! How many connections there are, for Prometheus.

use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::Connections;

/// Enters the connections of these listeners, each under its name.
pub fn register(registry: &mut Registry, listeners: Vec<(&'static str, Arc<Connections>)>) {
    registry.register_collector(Box::new(Listeners(listeners)));
}

#[derive(Debug)]
struct Listeners(Vec<(&'static str, Arc<Connections>)>);

impl Collector for Listeners {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        const OPEN: &str = "Open connections.";
        const REFUSED: &str = "Connections rejected because too many were in use.";
        const DISPLACED: &str = "Idle connections closed to make room for new ones.";
        let mut family = encoder.encode_descriptor("connections", OPEN, None, MetricType::Gauge)?;
        for (name, connections) in &self.0 {
            let gauge = ConstGauge::new(connections.open() as i64);
            gauge.encode(family.encode_family(&[("listener", *name)])?)?;
        }
        let mut counters = |metric, help, count: fn(&Connections) -> u64| {
            let mut family = encoder.encode_descriptor(metric, help, None, MetricType::Counter)?;
            for (name, connections) in &self.0 {
                let counter = ConstCounter::new(count(connections));
                counter.encode(family.encode_family(&[("listener", *name)])?)?;
            }
            Ok(())
        };
        counters("connections_refused", REFUSED, Connections::refused)?;
        counters("connections_displaced", DISPLACED, Connections::displaced)
    }
}
