//! Stochastic gradient descent with (Nesterov's) momentum and weight decay, PyTorch's form: one pass over the stacked
//! values of all networks.

use super::bank::Bank;
use crate::error::Error;
use tch::{Tensor, no_grad};

/// The optimiser's state.
pub(super) struct Sgd {
    pub(super) momentum_buffer: Tensor,
    pub(super) momentum: f64,
    pub(super) nesterov: bool,
    pub(super) weight_decay: f64,
}

impl Sgd {
    pub(super) fn new(
        bank: &Bank,
        momentum: f64,
        nesterov: bool,
        weight_decay: f64,
    ) -> Result<Self, Error> {
        Ok(Self {
            momentum_buffer: bank.flat.f_zeros_like()?,
            momentum,
            nesterov,
            weight_decay,
        })
    }

    /// Moves the bank's parameters against the gradient of `loss`.
    pub(super) fn step(&mut self, bank: &mut Bank, loss: &Tensor, rate: f64) -> Result<(), Error> {
        let gradients = Tensor::f_run_backward(&[loss], &bank.parameters, false, false)?;
        no_grad(|| {
            let mut flat = Vec::with_capacity(gradients.len());
            for gradient in &gradients {
                flat.push(gradient.f_reshape([-1])?);
            }
            let mut gradient = Tensor::f_cat(&flat, 0)?;
            if self.weight_decay != 0.0 {
                gradient = gradient.f_add(&bank.flat.f_mul_scalar(self.weight_decay)?)?;
            }
            let _ = self.momentum_buffer.f_mul_scalar_(self.momentum)?;
            let _ = self.momentum_buffer.f_add_(&gradient)?;
            let change = match self.nesterov {
                true => gradient.f_add(&self.momentum_buffer.f_mul_scalar(self.momentum)?)?,
                false => self.momentum_buffer.shallow_clone(),
            };
            let _ = bank.flat.f_sub_(&change.f_mul_scalar(rate)?)?;
            Ok(())
        })
    }
}
