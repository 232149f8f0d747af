//! Fixed, named splits: train and valid from the published training part, test from the published test part.

use super::{Images, Published};
use crate::error::Error;
use crate::rng::derive_rng;
use rand::seq::SliceRandom;

/// The images of each split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    /// Trained on.
    pub train: Images,
    /// What a search may see.
    pub valid: Images,
    /// What a report shows.
    pub test: Images,
}

/// Draws the splits; the same name, root and sizes give the same images.
///
/// # Errors
/// When there are not enough images.
pub fn split(
    data: &Published,
    name: &str,
    root: u64,
    (train, valid, test): (usize, usize, usize),
) -> Result<Splits, Error> {
    let order = |images: &Images, part: &str, wanted: usize| {
        if images.len() < wanted {
            let problem = format!(
                "{wanted} images wanted of the {part} part, which has {}",
                images.len()
            );
            return Err(Error::new(name, problem).mend("lower the split sizes in the recipe"));
        }
        let mut order: Vec<usize> = (0..images.len()).collect();
        order.shuffle(&mut derive_rng(root, &["split", name, part]));
        Ok(order)
    };
    let of_train = order(&data.train, "training", train + valid)?;
    let of_test = order(&data.test, "test", test)?;
    Ok(Splits {
        train: data.train.pick(&of_train[..train]),
        valid: data.train.pick(&of_train[train..train + valid]),
        test: data.test.pick(&of_test[..test]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_do_not_overlap_and_repeat() {
        let numbered = |n: u8| Images {
            channels: 1,
            height: 1,
            width: 1,
            pixels: (0..n).collect(),
            labels: (0..n).map(u16::from).collect(),
        };
        let data = Published {
            train: numbered(100),
            test: numbered(20),
        };
        let splits = split(&data, "d", 1, (60, 40, 10)).expect("enough");
        let mut both = [splits.train.pixels.clone(), splits.valid.pixels.clone()].concat();
        both.sort_unstable();
        assert_eq!(both, data.train.pixels);
        assert_ne!(splits.train.pixels, (0..60).collect::<Vec<u8>>());
        assert_eq!(split(&data, "d", 1, (60, 40, 10)), Ok(splits.clone()));
        assert_ne!(split(&data, "d", 2, (60, 40, 10)), Ok(splits));
        assert!(split(&data, "d", 1, (61, 40, 10)).is_err());
    }
}
