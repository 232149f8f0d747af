//! AdamW: Kingma and Ba, "Adam", ICLR 2015, arXiv 1412.6980, with the decoupled weight decay of Loshchilov and Hutter, ICLR
//! 2019, arXiv 1711.05101.

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// First and second moments of a group of parameters.
pub(in crate::predictor) struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Moments {
    pub(in crate::predictor) fn new(parameters: usize) -> Self {
        Self {
            first: vec![0.0; parameters],
            second: vec![0.0; parameters],
        }
    }
}

/// The learning rate of step `step` of `steps`: from `first` to 0 along a half cosine.
pub(in crate::predictor) fn cosine_rate(first: f32, step: usize, steps: usize) -> f32 {
    let progress = step as f32 / steps as f32;
    first * 0.5 * (1.0 + (std::f32::consts::PI * progress).cos())
}

/// One step, counted from 1, on a group of parameters. Call it inside `vectorised!`.
#[inline(always)]
pub(in crate::predictor) fn adam_step(
    values: &mut [f32],
    moments: &mut Moments,
    gradient: &[f32],
    step: usize,
    rate: f32,
    decay: f32,
) {
    let first = 1.0 / (1.0 - BETA_1.powi(step as i32));
    let second = 1.0 / (1.0 - BETA_2.powi(step as i32));
    let moments = moments.first.iter_mut().zip(moments.second.iter_mut());
    for ((value, (m, v)), &g) in values.iter_mut().zip(moments).zip(gradient) {
        *m = BETA_1 * *m + (1.0 - BETA_1) * g;
        *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
        *value -= rate * (*m * first) / ((*v * second).sqrt() + EPSILON) + rate * decay * *value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: with equal gradients the moments are the gradient and its square, and a step is the rate.
    #[test]
    fn equal_gradients_step_by_the_rate() {
        let mut values = [1.0, -2.0];
        let mut moments = Moments::new(2);
        for step in 1..=2 {
            adam_step(&mut values, &mut moments, &[0.3, -0.1], step, 0.1, 0.5);
        }
        // Each step: w ← 0.95 w − 0.1 sign(g).
        let expected = [0.95 * (0.95 - 0.1) - 0.1, 0.95 * (-1.9 + 0.1) + 0.1];
        assert!(
            values
                .iter()
                .zip(expected)
                .all(|(v, e)| (v - e).abs() < 1e-5),
            "{values:?}"
        );
    }
}
