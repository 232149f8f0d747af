//! Labelled images: readers of published files, fixed splits, and the size a network sees.

mod cifar;
#[cfg(feature = "torch")]
mod folder;
mod idx;
mod splits;

pub use splits::{Splits, split};

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How a data set's files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// MNIST's IDX files, plain or gzipped.
    Idx,
    /// CIFAR-10's binary batches.
    Cifar10,
    /// CIFAR-100's binary batches, fine labels.
    Cifar100,
    /// `train/CLASS/*` and `test/CLASS/*`, PNG or JPEG; feature `torch`.
    Folder,
}

/// Images and their labels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Images {
    /// Channels, 1 or 3.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Image by image, channel by channel, row by row.
    pub pixels: Vec<u8>,
    /// One per image.
    pub labels: Vec<u16>,
}

/// A data set as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The training part.
    pub train: Images,
    /// The test part.
    pub test: Images,
}

/// Reads a data set.
///
/// # Errors
/// When the folder or a file of it is missing, damaged or something else.
pub fn read(source: Source, folder: &Path) -> Result<Published, Error> {
    if !folder.is_dir() {
        return Err(Error::new(folder.display(), "no such folder").mend(match source {
            Source::Idx => "install the package `dataset-fashion-mnist`, or name the folder of the IDX files",
            _ => "name the folder of the data set",
        }));
    }
    match source {
        Source::Idx => idx::read(folder),
        Source::Cifar10 => cifar::read_10(folder),
        Source::Cifar100 => cifar::read_100(folder),
        #[cfg(feature = "torch")]
        Source::Folder => folder::read(folder),
        #[cfg(not(feature = "torch"))]
        Source::Folder => Err(Error::new(
            folder.display(),
            "image files need the feature `torch`",
        )),
    }
}

impl Images {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// One more than the largest label.
    pub fn classes(&self) -> usize {
        self.labels.iter().max().map_or(0, |&l| usize::from(l) + 1)
    }

    fn image_size(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// These images, in this order.
    pub fn pick(&self, order: &[usize]) -> Self {
        let size = self.image_size();
        let mut pixels = Vec::with_capacity(size * order.len());
        for &at in order {
            pixels.extend_from_slice(&self.pixels[at * size..(at + 1) * size]);
        }
        Self {
            pixels,
            labels: order.iter().map(|&at| self.labels[at]).collect(),
            ..*self
        }
    }

    /// Square images of another side: padded with zeros to the next multiple of `side`, then the mean of equal blocks.
    ///
    /// # Errors
    /// When the images are not square, or smaller than `side`.
    pub fn resized(&self, side: usize) -> Result<Self, Error> {
        if self.height != self.width || self.height < side || side == 0 {
            let found = format!("images of {}×{}", self.height, self.width);
            return Err(
                Error::new("data.side", format!("cannot make {side}×{side} of {found}"))
                    .mend("give a side no larger than that of the images"),
            );
        }
        let block = self.height.div_ceil(side);
        let margin = (block * side - self.height) / 2;
        let mut pixels = Vec::with_capacity(self.len() * self.channels * side * side);
        for plane in self.pixels.chunks_exact(self.height * self.width) {
            let at = |row: usize, column: usize| {
                let inside = |v: usize| v.checked_sub(margin).filter(|&v| v < self.height);
                match (inside(row), inside(column)) {
                    (Some(row), Some(column)) => u32::from(plane[row * self.width + column]),
                    _ => 0,
                }
            };
            for index in 0..side * side {
                let (row, column) = (index / side * block, index % side * block);
                let cells = (0..block * block).map(|i| at(row + i / block, column + i % block));
                let area = (block * block) as u32;
                pixels.push(((cells.sum::<u32>() + area / 2) / area) as u8);
            }
        }
        Ok(Self {
            height: side,
            width: side,
            pixels,
            labels: self.labels.clone(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// import numpy as np
    /// a = np.arange(9).reshape(3, 3) * 10
    /// p = np.zeros((4, 4)); p[:3, :3] = a
    /// print(p.reshape(2, 2, 2, 2).mean((1, 3)))   # [[20. 17.5] [32.5 20.]]
    /// ```
    #[test]
    fn resizing_pads_and_takes_means() {
        let image = Images {
            channels: 1,
            height: 3,
            width: 3,
            pixels: (0..9).map(|v| v * 10).collect(),
            labels: vec![0],
        };
        let small = image.resized(2).expect("fits");
        assert_eq!(small.pixels, [20, 18, 33, 20]);
        assert_eq!(image.resized(3).expect("fits").pixels, image.pixels);
        assert!(image.resized(4).is_err());
    }
}
