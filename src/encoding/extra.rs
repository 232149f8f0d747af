//! Features beyond the architecture: zero-cost proxies and partial learning curves, each with what it costs.

use super::Features;
use crate::error::Error;

/// A feature of architectures that has to be measured: a proxy's score, or a point of the learning curve.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtraColumn {
    /// What it is, for example `synflow` or `valid@12`.
    pub name: String,
    /// Its value for each architecture.
    pub values: Vec<f64>,
    /// Seconds it took for each architecture.
    pub cost_s: Vec<f64>,
}

/// Columns put beside an encoding, with their declared cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExtraFeatures {
    names: Vec<String>,
    features: Features,
    cost_s: Vec<f64>,
}

impl ExtraFeatures {
    /// The columns side by side.
    ///
    /// # Errors
    /// When their lengths differ, a value or cost is not finite, or a cost is negative.
    pub fn new(columns: &[ExtraColumn]) -> Result<Self, Error> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let mut cost_s = vec![0.0; rows];
        let mut values = vec![0.0; rows * columns.len()];
        for (at, column) in columns.iter().enumerate() {
            let place = || format!("extra feature {}", column.name);
            if column.values.len() != rows || column.cost_s.len() != rows {
                let (n, costs) = (column.values.len(), column.cost_s.len());
                let problem = format!("{n} values and {costs} costs");
                return Err(Error::new(place(), problem).mend(format!("expected {rows} of each")));
            }
            if let Some(cost) = column.cost_s.iter().find(|c| !c.is_finite() || **c < 0.0) {
                return Err(Error::new(place(), format!("a cost of {cost} s"))
                    .mend("expected a finite number of seconds, 0 or more"));
            }
            for row in 0..rows {
                values[row * columns.len() + at] = column.values[row];
                cost_s[row] += column.cost_s[row];
            }
        }
        Ok(Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            features: Features::from_rows(rows, columns.len(), values)?,
            cost_s,
        })
    }

    /// What the columns are.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values, one row for each architecture.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Seconds all columns of an architecture took together.
    pub fn cost_s(&self) -> &[f64] {
        &self.cost_s
    }

    /// The architectures at these positions, in this order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            features: self.features.gather(rows),
            cost_s: rows.iter().map(|&row| self.cost_s[row]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: &[f64], cost_s: &[f64]) -> ExtraColumn {
        ExtraColumn {
            name: name.into(),
            values: values.to_vec(),
            cost_s: cost_s.to_vec(),
        }
    }

    #[test]
    fn costs_add_up() {
        let columns = [
            column("synflow", &[1.0, 2.0], &[0.5, 0.25]),
            column("valid@12", &[0.3, 0.4], &[12.0, 13.0]),
        ];
        let extra = ExtraFeatures::new(&columns).expect("two rows");
        assert_eq!(extra.features().row(1), [2.0, 0.4]);
        assert_eq!(extra.cost_s(), [12.5, 13.25]);
        assert_eq!(extra.gather(&[1]).cost_s(), [13.25]);
    }

    #[test]
    fn missing_scores_and_negative_costs_are_refused() {
        for bad in [
            column("a", &[f64::NAN, 0.0], &[0.0, 0.0]),
            column("a", &[0.0, 0.0], &[-1.0, 0.0]),
            column("a", &[0.0, 0.0], &[0.0]),
        ] {
            assert!(ExtraFeatures::new(&[bad]).is_err());
        }
    }
}
