//! CIFAR's binary batches: per image its label(s), then red, green and blue planes of 32×32 bytes.

use super::{Images, Published};
use crate::error::Error;
use std::path::Path;

const SIDE: usize = 32;
const PIXELS: usize = 3 * SIDE * SIDE;

pub(super) fn read_10(folder: &Path) -> Result<Published, Error> {
    let train: Vec<String> = (1..=5).map(|i| format!("data_batch_{i}.bin")).collect();
    Ok(Published {
        train: batches(folder, &train, 1)?,
        test: batches(folder, &["test_batch.bin".into()], 1)?,
    })
}

/// A coarse label stands before the fine one, which is kept.
pub(super) fn read_100(folder: &Path) -> Result<Published, Error> {
    Ok(Published {
        train: batches(folder, &["train.bin".into()], 2)?,
        test: batches(folder, &["test.bin".into()], 2)?,
    })
}

fn batches(folder: &Path, names: &[String], label_bytes: usize) -> Result<Images, Error> {
    let mut images = Images {
        channels: 3,
        height: SIDE,
        width: SIDE,
        ..Images::default()
    };
    let record = label_bytes + PIXELS;
    for name in names {
        let path = folder.join(name);
        let bytes = std::fs::read(&path)
            .map_err(|e| Error::new(path.display(), format!("cannot read: {e}")))?;
        if bytes.is_empty() || bytes.len() % record != 0 {
            let problem = format!(
                "expected a multiple of {record} bytes, found {}",
                bytes.len()
            );
            return Err(Error::new(path.display(), problem)
                .mend("get the binary version of the data set again"));
        }
        for image in bytes.chunks_exact(record) {
            images.labels.push(u16::from(image[label_bytes - 1]));
            images.pixels.extend_from_slice(&image[label_bytes..]);
        }
    }
    Ok(images)
}

#[cfg(test)]
mod tests {
    use crate::images::{Source, read};

    #[test]
    fn records_read_and_a_cut_file_is_refused() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let record = |labels: &[u8], value: u8| [labels, &[value; 3072]].concat();
        for name in [
            "data_batch_1",
            "data_batch_2",
            "data_batch_3",
            "data_batch_4",
            "data_batch_5",
            "test_batch",
        ] {
            let path = folder.path().join(format!("{name}.bin"));
            std::fs::write(path, [record(&[7], 1), record(&[2], 3)].concat()).expect("written");
        }
        let data = read(Source::Cifar10, folder.path()).expect("reads");
        assert_eq!(
            (data.train.len(), data.test.labels.clone()),
            (10, vec![7, 2])
        );
        assert_eq!(data.test.pixels[3072..], [3; 3072]);
        for name in ["train", "test"] {
            let path = folder.path().join(format!("{name}.bin"));
            std::fs::write(path, record(&[4, 99], 5)).expect("written");
        }
        let data = read(Source::Cifar100, folder.path()).expect("reads");
        assert_eq!(data.train.labels, [99]);
        std::fs::write(folder.path().join("test.bin"), [0; 3073]).expect("written");
        let error = read(Source::Cifar100, folder.path())
            .expect_err("cut")
            .to_string();
        assert!(error.contains("multiple of 3074"), "{error}");
    }
}
