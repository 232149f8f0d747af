//! Images on the device, and batches of them: shifted and mirrored there, by draws from a named stream.

use super::forward::channels_last;
use crate::error::Error;
use crate::images::Images;
use crate::rng::StreamRng;
use rand::RngExt;
use tch::{Device, Kind, Tensor};

/// Mean and standard deviation per channel of pixels in [0, 1].
#[derive(Debug, Clone, PartialEq)]
pub struct Normalisation {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Normalisation {
    /// Of the training split.
    pub fn of(images: &Images) -> Self {
        let plane = images.height * images.width;
        let mut sums = vec![(0.0, 0.0); images.channels];
        for (at, pixels) in images.pixels.chunks_exact(plane).enumerate() {
            let (sum, squares) = &mut sums[at % images.channels];
            for &pixel in pixels {
                let value = f64::from(pixel) / 255.0;
                *sum += value;
                *squares += value * value;
            }
        }
        let count = (images.len() * plane) as f64;
        let mean: Vec<f64> = sums.iter().map(|(sum, _)| sum / count).collect();
        let deviation = sums
            .iter()
            .zip(&mean)
            .map(|((_, squares), mean)| (squares / count - mean * mean).sqrt().max(1e-6))
            .collect();
        Self { mean, deviation }
    }
}

/// A split on the device: normalised images, and labels.
pub struct Split {
    pub(super) images: Tensor,
    pub(super) labels: Tensor,
}

impl Split {
    /// Normalises and moves the images.
    ///
    /// # Errors
    /// When the device's memory does not hold them.
    pub fn new(images: &Images, by: &Normalisation, device: Device) -> Result<Self, Error> {
        let sizes = [images.len(), images.channels, images.height, images.width];
        let bytes =
            Tensor::f_from_data_size(&images.pixels, &sizes.map(|s| s as i64), Kind::Uint8)?;
        let channel = |values: &[f64]| -> Result<Tensor, Error> {
            Ok(Tensor::f_from_slice(values)?
                .f_view([1, -1, 1, 1])?
                .f_to_kind(Kind::Float)?)
        };
        let scaled = bytes.f_to_kind(Kind::Float)?.f_div_scalar(255.0)?;
        let normal = scaled
            .f_sub(&channel(&by.mean)?)?
            .f_div(&channel(&by.deviation)?)?;
        let labels: Vec<i64> = images.labels.iter().map(|&l| i64::from(l)).collect();
        Ok(Self {
            images: channels_last(&normal.f_to_device(device)?)?,
            labels: Tensor::f_from_slice(&labels)?.f_to_device(device)?,
        })
    }

    pub(super) fn share(&self) -> Self {
        Self {
            images: self.images.shallow_clone(),
            labels: self.labels.shallow_clone(),
        }
    }

    /// The number of images.
    pub(super) fn len(&self) -> usize {
        self.labels.size()[0] as usize
    }

    /// Images and labels at these places; shifted by up to `crop` pixels (zeros come in) and mirrored if asked.
    pub(super) fn batch(
        &self,
        places: &[i64],
        crop: usize,
        flip: bool,
        rng: &mut StreamRng,
    ) -> Result<(Tensor, Tensor), Error> {
        let device = self.images.device();
        let places = Tensor::f_from_slice(places)?.f_to_device(device)?;
        let labels = self.labels.f_index_select(0, &places)?;
        if crop == 0 && !flip {
            return Ok((self.images.f_index_select(0, &places)?, labels));
        }
        let (count, margin) = (labels.size()[0] as usize, crop as i64);
        let (height, width) = (self.images.size()[2], self.images.size()[3]);
        let padded = self.images.f_constant_pad_nd([margin; 4])?;
        let mut shift = || rng.random_range(0..2 * crop as u64 + 1) as i64;
        let mut rows = Vec::new();
        let mut columns = Vec::new();
        for _ in 0..count {
            let (down, right) = (shift(), shift());
            rows.extend((0..height).map(|row| row + down));
            columns.push(right);
        }
        let columns: Vec<i64> = columns
            .into_iter()
            .flat_map(|right| {
                let is_mirrored = flip && rng.random::<bool>();
                (0..width).map(move |column| match is_mirrored {
                    true => width - 1 - column + right,
                    false => column + right,
                })
            })
            .collect();
        let n = count as i64;
        let on_device = |values: &[i64], view: [i64; 3]| -> Result<Tensor, Error> {
            Ok(Tensor::f_from_slice(values)?
                .f_view(view)?
                .f_to_device(device)?)
        };
        let index = [
            Some(places.f_view([n, 1, 1])?),
            None,
            Some(on_device(&rows, [n, height, 1])?),
            Some(on_device(&columns, [n, 1, width])?),
        ];
        // The indexed dimensions are split by the channels, which therefore come last.
        let images = padded.f_index(&index)?;
        Ok((images.f_permute([0, 3, 1, 2])?, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;

    fn images() -> Images {
        Images {
            channels: 2,
            height: 3,
            width: 3,
            pixels: (0..36).map(|v| v * 7).collect(),
            labels: vec![1, 0],
        }
    }

    /// `numpy.arange(36).reshape(2,2,3,3)*7/255`: `.mean((0,2,3))` and `.std((0,2,3))`.
    #[test]
    fn normalisation_is_numpys() {
        let by = Normalisation::of(&images());
        let expected = [(0.356_862_75, 0.257_024_85), (0.603_921_57, 0.257_024_85)];
        for (at, (mean, deviation)) in expected.into_iter().enumerate() {
            assert!((by.mean[at] - mean).abs() < 1e-6, "{by:?}");
            assert!((by.deviation[at] - deviation).abs() < 1e-6, "{by:?}");
        }
    }

    #[test]
    fn every_shift_and_mirror_is_a_window_of_the_padded_image() {
        let split =
            Split::new(&images(), &Normalisation::of(&images()), Device::Cpu).expect("fits");
        let plain = |at: i64| split.images.get(at).contiguous();
        let mut seen = [false; 18];
        for draw in 0..400 {
            let mut rng = derive_rng(draw, &["augment"]);
            let (batch, labels) = split.batch(&[1], 1, true, &mut rng).expect("drawn");
            assert_eq!(i64::try_from(&labels.get(0)).expect("a label"), 0);
            let padded = plain(1).constant_pad_nd([1; 4]);
            let matches = |code: usize| {
                let window =
                    padded
                        .narrow(1, (code / 3 % 3) as i64, 3)
                        .narrow(2, (code % 3) as i64, 3);
                let window = if code >= 9 { window.flip([2]) } else { window };
                batch.get(0).equal(&window)
            };
            let code = (0..18).find(|&code| matches(code)).expect("a window");
            seen[code] = true;
        }
        assert_eq!(seen, [true; 18]);
    }
}
