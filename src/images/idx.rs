//! MNIST's IDX files: four bytes of magic (type and number of dimensions), each dimension as a big-endian u32, then bytes.

use super::{Images, Published};
use crate::error::Error;
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

/// No published IDX data set is larger; a length field beyond it is damage.
const LIMIT: u64 = 1 << 31;

pub(super) fn read(folder: &Path) -> Result<Published, Error> {
    Ok(Published {
        train: part(folder, "train")?,
        test: part(folder, "t10k")?,
    })
}

fn part(folder: &Path, prefix: &str) -> Result<Images, Error> {
    let (shape, pixels) = file::<3>(folder, &format!("{prefix}-images-idx3-ubyte"))?;
    let name = format!("{prefix}-labels-idx1-ubyte");
    let ([labels_len], labels) = file::<1>(folder, &name)?;
    if labels_len != shape[0] {
        let problem = format!("{labels_len} labels for {} images", shape[0]);
        return Err(Error::new(folder.join(name).display(), problem)
            .mend("both files must be of the same data set"));
    }
    Ok(Images {
        channels: 1,
        height: shape[1],
        width: shape[2],
        pixels,
        labels: labels.into_iter().map(u16::from).collect(),
    })
}

/// The dimensions and bytes of a file, which may be gzipped.
fn file<const D: usize>(folder: &Path, name: &str) -> Result<([usize; D], Vec<u8>), Error> {
    let plain = folder.join(name);
    let packed = folder.join(format!("{name}.gz"));
    let path = if plain.is_file() { &plain } else { &packed };
    let failed = |problem: String| {
        Error::new(path.display(), problem).mend("get the IDX files of the data set again")
    };
    let file = std::fs::File::open(path).map_err(|e| failed(format!("cannot read: {e}")))?;
    let mut reader: Box<dyn Read> = match path == &packed {
        true => Box::new(GzDecoder::new(file)),
        false => Box::new(std::io::BufReader::new(file)),
    };
    let mut word = || {
        let mut bytes = [0; 4];
        let read = reader.read_exact(&mut bytes);
        read.map(|()| u32::from_be_bytes(bytes))
            .map_err(|e| failed(format!("cut short in its header: {e}")))
    };
    let magic = word()?;
    if magic != 0x800 + D as u32 {
        return Err(failed(format!(
            "expected bytes in {D} dimension(s), found magic {magic:#x}"
        )));
    }
    let mut shape = [0; D];
    for size in &mut shape {
        *size = word()? as usize;
    }
    let total = shape
        .iter()
        .try_fold(1_u64, |t, &s| t.checked_mul(s as u64));
    let total = total.filter(|&total| total <= LIMIT).ok_or_else(|| {
        failed(format!(
            "claims {shape:?} values, more than any such file has"
        ))
    })?;
    let mut bytes = Vec::new();
    reader
        .take(total + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| failed(format!("damaged: {e}")))?;
    if bytes.len() as u64 != total {
        let found = bytes.len();
        return Err(failed(format!(
            "expected {total} values, found {found} or more"
        )));
    }
    Ok((shape, bytes))
}

#[cfg(test)]
mod tests {
    use crate::images::{Source, read};
    use std::path::Path;

    fn sample() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fashion-mnist"))
    }

    /// `numpy.frombuffer(gzip.open(f).read(), 'u1')[16:].sum()` and `[8:]`'s `numpy.bincount` of the sample's files.
    #[test]
    fn the_sample_reads() {
        let data = read(Source::Idx, sample()).expect("the sample");
        assert_eq!(
            (data.train.len(), data.test.len()),
            (SAMPLE_TRAIN, SAMPLE_TEST)
        );
        assert_eq!((data.train.height, data.train.width), (28, 28));
        let sum: u64 = data.train.pixels.iter().map(|&p| u64::from(p)).sum();
        assert_eq!(sum, SAMPLE_SUM);
        assert_eq!(data.train.classes(), 10);
    }

    #[test]
    fn damage_is_named_and_allocates_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let missing = read(Source::Idx, folder.path())
            .expect_err("empty")
            .to_string();
        assert!(missing.contains("train-images-idx3-ubyte"), "{missing}");
        let path = folder.path().join("train-images-idx3-ubyte");
        for (bytes, expected) in [
            (
                &[
                    0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9,
                ][..],
                "claims",
            ),
            (&[0, 0, 8, 1], "magic"),
            (&[0, 0, 8], "header"),
            (
                &[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3],
                "expected 4",
            ),
        ] {
            std::fs::write(&path, bytes).expect("written");
            let error = read(Source::Idx, folder.path())
                .expect_err(expected)
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
        let nowhere = read(Source::Idx, Path::new("/nowhere")).expect_err("no folder");
        assert!(nowhere.to_string().contains("dataset-fashion-mnist"));
    }

    const SAMPLE_TRAIN: usize = 320;
    const SAMPLE_TEST: usize = 120;
    const SAMPLE_SUM: u64 = 18_775_078;
}
