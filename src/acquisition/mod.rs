//! Acquisition functions: how much is it worth to train an architecture, given what a model believes of it?
//!
//! All are larger for what should be trained first. They work on the scale the model was fitted on, where higher is
//! better and 1 is about the spread of what is known.

mod expected_improvement;
mod independent_thompson;
mod normal;
mod thompson;
mod upper_confidence_bound;

pub use expected_improvement::expected_improvement;
pub use independent_thompson::independent_draws;
pub use thompson::joint_draw;
pub use upper_confidence_bound::upper_confidence_bound;

use crate::rng::StreamRng;
use serde::{Deserialize, Serialize};

/// An acquisition function, as a study names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acquisition {
    /// By how much the best known is exceeded, on average.
    ExpectedImprovement,
    /// The mean and some standard deviations.
    UpperConfidenceBound,
    /// One draw of the whole function.
    ThompsonSampling,
    /// One draw for each architecture, as if they had nothing to do with one another.
    IndependentThompsonSampling,
    /// The mean: nothing is explored.
    Mean,
}

/// What a model believes of some architectures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Belief {
    /// The expected value of each.
    pub mean: Vec<f64>,
    /// The standard deviation of each, where the model has one.
    pub std: Option<Vec<f64>>,
    /// The covariances, row-major, where they were asked for; above the diagonal there is nothing of use.
    pub covariance: Option<Vec<f64>>,
    /// The best value known.
    pub best: f64,
}

impl Acquisition {
    /// Whether it needs standard deviations.
    pub fn needs_std(self) -> bool {
        matches!(
            self,
            Self::ExpectedImprovement
                | Self::UpperConfidenceBound
                | Self::IndependentThompsonSampling
        )
    }

    /// Whether it needs covariances.
    pub fn needs_covariance(self) -> bool {
        self == Self::ThompsonSampling
    }

    /// The worth of each architecture; `factor` is the number of standard deviations of the upper confidence bound.
    ///
    /// # Errors
    /// When the belief lacks what this function needs.
    pub fn worth(
        self,
        belief: &Belief,
        factor: f64,
        rng: &mut StreamRng,
    ) -> Result<Vec<f64>, String> {
        let std = || {
            (belief.std.as_deref()).ok_or_else(|| {
                "the predictor has no standard deviation; use acquisition = \"mean\"".to_owned()
            })
        };
        let each = |of: &dyn Fn(f64, f64) -> f64| -> Result<Vec<f64>, String> {
            let pairs = belief.mean.iter().zip(std()?);
            Ok(pairs.map(|(&mean, &std)| of(mean, std)).collect())
        };
        match self {
            Self::ExpectedImprovement => {
                each(&|mean, std| expected_improvement(mean, std, belief.best))
            }
            Self::UpperConfidenceBound => {
                each(&|mean, std| upper_confidence_bound(mean, std, factor))
            }
            Self::IndependentThompsonSampling => Ok(independent_draws(&belief.mean, std()?, rng)),
            Self::Mean => Ok(belief.mean.clone()),
            Self::ThompsonSampling => {
                let covariance = (belief.covariance.as_deref())
                    .ok_or("the predictor has no covariances; use another acquisition")?;
                joint_draw(&belief.mean, covariance, rng)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    #[test]
    fn what_is_missing_is_named() {
        let belief = Belief {
            mean: vec![0.0, 1.0],
            ..Belief::default()
        };
        let mut rng = derive_rng(1, &["acquisition"]);
        let mut worth = |acquisition: Acquisition| acquisition.worth(&belief, 1.0, &mut rng);
        assert_eq!(worth(Acquisition::Mean), Ok(vec![0.0, 1.0]));
        for acquisition in [
            Acquisition::ExpectedImprovement,
            Acquisition::UpperConfidenceBound,
            Acquisition::IndependentThompsonSampling,
        ] {
            assert!(acquisition.needs_std());
            let refused = worth(acquisition).expect_err("has no deviations");
            assert!(refused.contains("standard deviation"), "{refused}");
        }
        assert!(Acquisition::ThompsonSampling.needs_covariance());
        assert!(worth(Acquisition::ThompsonSampling).is_err());
    }
}
