//! What a published number means: of which split, and which quantity.

use std::fmt;
use std::str::FromStr;

/// The data a quantity was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// The training data.
    Train,
    /// Held out for choosing architectures: what a search may see.
    Valid,
    /// Held out for reports.
    Test,
    /// Validation and test data taken together. Never served as either.
    ValidAndTest,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// The task's own metric. Higher is better: a loss that serves as metric is stored negated and its
    /// task's metric named so (`negative-loss`). Accuracies are fractions in 0 to 1.
    Metric,
    /// The loss; lower is better.
    Loss,
    /// Seconds since the training started, up to the end of the epoch; on the training split, what an
    /// evaluation costs.
    TimeS,
    /// Another metric of the publication, by its kebab-case name (`top5-accuracy`).
    Other(String),
}

/// The meaning of a series: written `valid/metric`, `train/time_s`, `valid+test/loss`, `test/top5-accuracy`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meaning {
    /// Of which data.
    pub split: Split,
    /// Which quantity.
    pub quantity: Quantity,
}

impl Meaning {
    /// The validation metric: what a search is told.
    pub const VALID: Self = Self::new(Split::Valid, Quantity::Metric);
    /// The test metric: what a report shows.
    pub const TEST: Self = Self::new(Split::Test, Quantity::Metric);
    /// Seconds of training from scratch: what an evaluation costs.
    pub const COST: Self = Self::new(Split::Train, Quantity::TimeS);

    /// This quantity on this split.
    pub const fn new(split: Split, quantity: Quantity) -> Self {
        Self { split, quantity }
    }
}

const SPLITS: [(Split, &str); 4] = [
    (Split::Train, "train"),
    (Split::Valid, "valid"),
    (Split::Test, "test"),
    (Split::ValidAndTest, "valid+test"),
];

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = SPLITS.iter().find(|(split, _)| split == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = SPLITS.iter().find(|(_, name)| *name == text);
        known
            .map(|(split, _)| *split)
            .ok_or_else(|| format!("unknown split `{text}`: train, valid, test or valid+test"))
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantity = match &self.quantity {
            Quantity::Metric => "metric",
            Quantity::Loss => "loss",
            Quantity::TimeS => "time_s",
            Quantity::Other(name) => name,
        };
        write!(f, "{}/{quantity}", self.split)
    }
}

impl FromStr for Meaning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (split, quantity) = text.split_once('/').ok_or_else(|| {
            format!("`{text}` is not split/quantity, such as `valid/metric` or `train/time_s`")
        })?;
        let quantity = match quantity {
            "metric" => Quantity::Metric,
            "loss" => Quantity::Loss,
            "time_s" => Quantity::TimeS,
            other if super::is_name(other) => Quantity::Other(other.to_string()),
            other => return Err(format!("`{other}` is not a kebab-case quantity")),
        };
        Ok(Self::new(split.parse()?, quantity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_quantity() -> impl Strategy<Value = Quantity> {
        prop_oneof![
            Just(Quantity::Metric),
            Just(Quantity::Loss),
            Just(Quantity::TimeS),
            "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?"
                .prop_filter("a name of its own", |n| n != "metric" && n != "loss")
                .prop_map(Quantity::Other),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(at in 0..4_usize, quantity in any_quantity()) {
            let meaning = Meaning::new(SPLITS[at].0, quantity);
            prop_assert_eq!(meaning.to_string().parse(), Ok(meaning));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "valid",
            "val/metric",
            "valid/",
            "valid/Top 5",
            "metric/valid",
        ] {
            assert!(text.parse::<Meaning>().is_err(), "{text}");
        }
    }
}
