//! What a table knows of an architecture beside its trainings: size, hardware measurements, zero-cost proxies.

use std::fmt;
use std::str::FromStr;

/// A figure measured on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HardwareMetric {
    /// Milliseconds of one forward pass; the device's name says the batch where it is not 1.
    LatencyMs,
    /// Millijoules of one forward pass.
    EnergyMj,
    /// Inferences per second.
    ThroughputPerS,
    /// Peak memory in mebibytes.
    MemoryMib,
}

/// The meaning of an attribute: written `params`, `flops`, `latency_ms/pixel3`, `proxy_score/synflow`,
/// `proxy_time_s/synflow`, `other/depth`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// Trainable parameters (a count, not millions).
    Params,
    /// Floating-point operations of one forward pass, as the publication counts them (not millions).
    Flops,
    /// A hardware measurement.
    Hardware(HardwareMetric, String),
    /// The score of the zero-cost proxy of this name.
    ProxyScore(String),
    /// Seconds that computing this proxy took.
    ProxyTimeS(String),
    /// Anything else of the publication, by kebab-case name.
    Other(String),
}

const HARDWARE: [(HardwareMetric, &str); 4] = [
    (HardwareMetric::LatencyMs, "latency_ms"),
    (HardwareMetric::EnergyMj, "energy_mj"),
    (HardwareMetric::ThroughputPerS, "throughput_per_s"),
    (HardwareMetric::MemoryMib, "memory_mib"),
];

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Params => f.write_str("params"),
            Self::Flops => f.write_str("flops"),
            Self::ProxyScore(name) => write!(f, "proxy_score/{name}"),
            Self::ProxyTimeS(name) => write!(f, "proxy_time_s/{name}"),
            Self::Other(name) => write!(f, "other/{name}"),
            Self::Hardware(metric, device) => {
                let name = HARDWARE.iter().find(|(m, _)| m == metric);
                write!(f, "{}/{device}", name.map_or("", |(_, name)| name))
            }
        }
    }
}

impl FromStr for Attribute {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "params" => return Ok(Self::Params),
            "flops" => return Ok(Self::Flops),
            _ => {}
        }
        let unknown = || {
            format!(
                "`{text}` is not an attribute: params, flops, latency_ms/DEVICE, energy_mj/DEVICE, \
                 throughput_per_s/DEVICE, memory_mib/DEVICE, proxy_score/PROXY, proxy_time_s/PROXY or other/NAME"
            )
        };
        let (kind, name) = text.split_once('/').ok_or_else(unknown)?;
        if !super::is_name(name) {
            return Err(unknown());
        }
        let name = name.to_string();
        match kind {
            "proxy_score" => Ok(Self::ProxyScore(name)),
            "proxy_time_s" => Ok(Self::ProxyTimeS(name)),
            "other" => Ok(Self::Other(name)),
            kind => HARDWARE
                .iter()
                .find(|(_, known)| *known == kind)
                .map(|(metric, _)| Self::Hardware(*metric, name))
                .ok_or_else(unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let name = || "a-b_1".to_string();
        let mut all = vec![Attribute::Params, Attribute::Flops];
        all.extend(HARDWARE.map(|(metric, _)| Attribute::Hardware(metric, name())));
        all.extend([
            Attribute::ProxyScore(name()),
            Attribute::ProxyTimeS(name()),
            Attribute::Other(name()),
        ]);
        for attribute in all {
            assert_eq!(attribute.to_string().parse(), Ok(attribute));
        }
        for text in [
            "",
            "latency/x",
            "latency_ms",
            "latency_ms/",
            "proxy_score/a b",
        ] {
            assert!(text.parse::<Attribute>().is_err(), "{text}");
        }
    }
}
