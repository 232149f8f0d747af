//! The curves of a training: dictionaries by epoch, or by split and epoch.

use crate::import::pickle::{Node, Value};
use crate::table::{Epochs, Meaning, Quantity, Split};

/// The most epochs of a training.
const MAX_EPOCHS: u32 = 1_000;
/// Grids that are remembered: published files have four, and a search among many would take its time.
const GRIDS: usize = 16;

/// Values of one training, one for each of its completed epochs.
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) epochs: Epochs,
    pub(super) values: Vec<f64>,
}

/// Epochs that curves had so far: most have those of another.
#[derive(Debug, Default)]
pub(super) struct Grids(Vec<Epochs>);

impl Grids {
    /// So many epochs in a row.
    fn run(&mut self, first: u32, count: usize) -> Epochs {
        let last = first + count as u32 - 1;
        let is_it = |known: &&Epochs| {
            known.len() == count && known.as_slice()[0] == first && known.last() == last
        };
        match self.0.iter().find(is_it) {
            Some(known) => known.clone(),
            None => self.keep(Epochs::run(first, last)),
        }
    }

    fn of(&mut self, epochs: &[u32]) -> Result<Epochs, String> {
        match self.0.iter().find(|known| known.as_slice() == epochs) {
            Some(known) => Ok(known.clone()),
            None => Ok(self.keep(Epochs::new(epochs)?)),
        }
    }

    fn keep(&mut self, new: Epochs) -> Epochs {
        if self.0.len() < GRIDS {
            self.0.push(new.clone());
        }
        new
    }
}

/// A curve being read.
struct Points {
    first: u32,
    /// The epochs, once they are not in a row: mostly they are.
    epochs: Vec<u32>,
    values: Vec<f64>,
}

impl Points {
    fn with_capacity(count: usize) -> Self {
        Self {
            first: 0,
            epochs: Vec::new(),
            values: Vec::with_capacity(count),
        }
    }

    #[inline]
    fn push(&mut self, epoch: u32, value: f64) {
        let next = self.first + self.values.len() as u32;
        if epoch != next || !self.epochs.is_empty() {
            self.push_apart(epoch, next);
        }
        self.values.push(value);
    }

    #[cold]
    fn push_apart(&mut self, epoch: u32, next: u32) {
        if self.values.is_empty() {
            self.first = epoch;
            return;
        }
        if self.epochs.is_empty() {
            self.epochs.extend(self.first..next);
        }
        self.epochs.push(epoch);
    }

    /// The curve, its epochs in order; `None` where it has none.
    fn finish(mut self, what: &str, grids: &mut Grids) -> Result<Option<Curve>, String> {
        if self.values.is_empty() {
            return Ok(None);
        }
        let epochs = match self.epochs.is_empty() {
            true => grids.run(self.first, self.values.len()),
            false => {
                self.sort(what)?;
                grids.of(&self.epochs)?
            }
        };
        let values = self.values;
        Ok(Some(Curve { epochs, values }))
    }

    fn sort(&mut self, what: &str) -> Result<(), String> {
        let points = self.epochs.iter().copied().zip(self.values.iter().copied());
        let mut points: Vec<(u32, f64)> = points.collect();
        points.sort_by_key(|(epoch, _)| *epoch);
        if let Some(twice) = points.windows(2).find(|w| w[0].0 == w[1].0) {
            let epoch = twice[0].0 - 1;
            return Err(format!("`{what}` has two values for epoch {epoch}"));
        }
        (self.epochs, self.values) = points.into_iter().unzip();
        Ok(())
    }
}

/// The curves of a training on a data set, by its published name.
///
/// # Errors
/// When something is not as published.
pub(super) fn curves(
    value: Node<'_>,
    data_set: &str,
    grids: &mut Grids,
) -> Result<Vec<(Meaning, Curve)>, String> {
    let mut curves = Vec::new();
    let train = |quantity| Meaning::new(Split::Train, quantity);
    if let Some(accuracy) = by_epoch(value, "train_acc1es", grids)? {
        curves.push((train(Quantity::Metric), fractions(accuracy)));
    }
    if let Some(loss) = by_epoch(value, "train_losses", grids)? {
        curves.push((train(Quantity::Loss), loss));
    }
    let times = by_epoch(value, "train_times", grids)?;
    let is_whole = |times: &Curve| times.epochs.last() as usize == times.values.len();
    if let Some(mut seconds) = times.filter(is_whole) {
        let mut total = 0.0;
        for time in &mut seconds.values {
            total += *time;
            *time = total;
        }
        curves.push((Meaning::COST, seconds));
    }
    for (split, accuracy) in by_split(value, "eval_acc1es", data_set, grids)? {
        curves.push((Meaning::new(split, Quantity::Metric), fractions(accuracy)));
    }
    for (split, loss) in by_split(value, "eval_losses", data_set, grids)? {
        curves.push((Meaning::new(split, Quantity::Loss), loss));
    }
    Ok(curves)
}

fn fractions(mut percent: Curve) -> Curve {
    for value in &mut percent.values {
        *value /= 100.0;
    }
    percent
}

fn meaning_of(split: &str, data_set: &str) -> Result<Split, String> {
    match (split, data_set) {
        ("x-valid", "cifar10") => {
            Err("`cifar10` is trained on all images and has no `x-valid`".into())
        }
        ("x-valid", _) => Ok(Split::Valid),
        ("x-test", _) | ("ori-test", "cifar10" | "cifar10-valid") => Ok(Split::Test),
        ("ori-test", _) => Ok(Split::ValidAndTest),
        _ => Err(format!("unknown split `{split}`")),
    }
}

/// `epoch`, counted from 0, as the number of completed epochs.
fn completed(epoch: i64) -> Result<u32, String> {
    match u32::try_from(epoch) {
        Ok(epoch @ 0..MAX_EPOCHS) => Ok(epoch + 1),
        _ => Err(format!("epoch {epoch} is not one of a training")),
    }
}

/// A value; missing where it is `None` or no finite number, as the loss of a training that diverged.
fn known(value: Node<'_>, name: &str) -> Result<Option<f64>, String> {
    match (value.value(), value.number()) {
        (Value::None, _) => Ok(None),
        (_, Some(number)) => Ok(Some(number).filter(|n| n.is_finite())),
        (_, None) => Err(format!("`{name}` holds what is no number")),
    }
}

/// `{epoch: value}`; what is `None` or absent has no values.
fn by_epoch(value: Node<'_>, name: &str, grids: &mut Grids) -> Result<Option<Curve>, String> {
    let Some(pairs) = value.get(name).and_then(Node::pairs) else {
        return Ok(None);
    };
    let mut points = Points::with_capacity(pairs.len());
    for (epoch, number) in pairs {
        let epoch = epoch.int();
        let epoch = epoch.ok_or_else(|| format!("`{name}` is not keyed by epochs"))?;
        let epoch = completed(epoch)?;
        if let Some(number) = known(number, name)? {
            points.push(epoch, number);
        }
    }
    points.finish(name, grids)
}

/// The parts of `split@epoch`.
fn split_and_epoch(key: &str) -> Option<(&str, i64)> {
    let digits = key.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (split, epoch) = key.split_at(key.len() - digits);
    Some((split.strip_suffix('@')?, epoch.parse().ok()?))
}

/// `{"split@epoch": value}`; the splits are those of this data set.
fn by_split(
    value: Node<'_>,
    name: &str,
    data_set: &str,
    grids: &mut Grids,
) -> Result<Vec<(Split, Curve)>, String> {
    let Some(pairs) = value.get(name).and_then(Node::pairs) else {
        return Ok(Vec::new());
    };
    let count = pairs.len();
    let mut splits: Vec<(&str, Split, Points)> = Vec::new();
    for (key, number) in pairs {
        let parts = key.text().and_then(split_and_epoch);
        let (text, epoch) = parts.ok_or_else(|| format!("`{name}` is not keyed by split@epoch"))?;
        let epoch = completed(epoch)?;
        let Some(number) = known(number, name)? else {
            continue;
        };
        match splits.iter_mut().find(|(known, ..)| *known == text) {
            Some((.., points)) => points.push(epoch, number),
            None => {
                // Known splits are few: room for all values in each is no way to ask for much memory.
                let split = meaning_of(text, data_set)?;
                let mut points = Points::with_capacity(count);
                points.push(epoch, number);
                splits.push((text, split, points));
            }
        }
    }
    let curves = splits.into_iter().map(|(_, split, points)| {
        let curve = points.finish(name, grids)?;
        Ok(curve.map(|curve| (split, curve)))
    });
    curves.filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::pickle;

    type Values = Vec<f64>;

    /// The curve that a pickled `{'x': {…}}` is read as: its epochs and values.
    fn epochs(entries: &str) -> Result<Option<(Vec<u32>, Values)>, String> {
        let pickle = pickle::load(format!("(dS'x'\n(d{entries}s.").as_bytes()).expect("a pickle");
        let curve = by_epoch(pickle.root(), "x", &mut Grids::default())?;
        Ok(curve.map(|c| (c.epochs.as_slice().to_vec(), c.values)))
    }

    fn splits(key: &str) -> Result<Vec<(Split, Vec<u32>)>, String> {
        let entries = format!("S'{key}'\nF1\nsS'x-test@4'\nF2\nsS'x-test@2'\nF3\ns");
        let pickle = pickle::load(format!("(dS'x'\n(d{entries}s.").as_bytes()).expect("a pickle");
        let read = by_split(pickle.root(), "x", "cifar100", &mut Grids::default())?;
        let epochs = |(split, curve): (Split, Curve)| (split, curve.epochs.as_slice().to_vec());
        Ok(read.into_iter().map(epochs).collect())
    }

    #[test]
    fn epochs_come_in_any_order_and_with_gaps() {
        let found = |epochs: &[u32], values: &[f64]| Ok(Some((epochs.to_vec(), values.to_vec())));
        assert_eq!(epochs(""), Ok(None));
        assert_eq!(epochs("I0\nNs"), Ok(None));
        assert_eq!(
            epochs("I0\nF1\nsI1\nF2\nsI2\nF3\ns"),
            found(&[1, 2, 3], &[1.0, 2.0, 3.0])
        );
        assert_eq!(
            epochs("I2\nF3\nsI0\nF1\nsI1\nF2\ns"),
            found(&[1, 2, 3], &[1.0, 2.0, 3.0])
        );
        // What is missing, or is no number, has no epoch.
        assert_eq!(
            epochs("I4\nF1\nsI5\nNsI6\nFnan\nsI7\nF2\ns"),
            found(&[5, 8], &[1.0, 2.0])
        );
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let twice = epochs("I0\nF1\nsI1\nF1\nsI0\nF1\ns").expect_err("twice");
        assert_eq!(twice, "`x` has two values for epoch 0");
        for (entries, part) in [
            ("I-1\nF1\ns", "epoch -1"),
            ("I1000\nF1\ns", "epoch 1000"),
            ("S'0'\nF1\ns", "not keyed by epochs"),
            ("I0\nS'a'\ns", "no number"),
        ] {
            let error = epochs(entries).expect_err(entries);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn keys_are_a_split_and_an_epoch() {
        let test = |epochs: &[u32]| (Split::Test, epochs.to_vec());
        assert_eq!(splits("x-test@0"), Ok(vec![test(&[1, 3, 5])]));
        let valid = (Split::Valid, vec![200]);
        assert_eq!(splits("x-valid@199"), Ok(vec![valid, test(&[3, 5])]));
        for key in [
            "",
            "@",
            "x-test",
            "x-test@",
            "x-test@1a",
            "x-test@-1",
            "x-test@+1",
        ] {
            let error = splits(key).expect_err(key);
            assert_eq!(error, "`x` is not keyed by split@epoch", "{key}");
        }
        let error = splits("x-test@999999999").expect_err("too late");
        assert!(error.contains("999999999"), "{error}");
        splits("x-test@9999999999999999999999").expect_err("too long");
        let error = splits("y@0").expect_err("no split");
        assert_eq!(error, "unknown split `y`");
    }
}
