//! A folder of images: `train/CLASS/*` and `test/CLASS/*`, PNG or JPEG, all of one size. Classes are numbered in the
//! order of their folders' names; images in the order of their files' names.

use super::{Images, Published};
use crate::error::Error;
use std::path::{Path, PathBuf};

pub(super) fn read(folder: &Path) -> Result<Published, Error> {
    Ok(Published {
        train: part(&folder.join("train"))?,
        test: part(&folder.join("test"))?,
    })
}

fn part(folder: &Path) -> Result<Images, Error> {
    let mut images = Images {
        channels: 3,
        ..Images::default()
    };
    for (label, class) in sorted(folder)?
        .into_iter()
        .filter(|p| p.is_dir())
        .enumerate()
    {
        for path in sorted(&class)? {
            let failed = |problem: String| Error::new(path.display(), problem);
            let image = image::open(&path).map_err(|e| failed(format!("not an image: {e}")))?;
            let image = image.to_rgb8();
            let size = (image.height() as usize, image.width() as usize);
            if images.is_empty() {
                (images.height, images.width) = size;
            }
            if size != (images.height, images.width) {
                let expected = (images.height, images.width);
                return Err(
                    failed(format!("expected {expected:?} pixels, found {size:?}"))
                        .mend("give all images one size"),
                );
            }
            for channel in 0..3 {
                images
                    .pixels
                    .extend(image.pixels().map(|pixel| pixel.0[channel]));
            }
            images.labels.push(label as u16);
        }
    }
    if images.is_empty() {
        return Err(Error::new(folder.display(), "holds no images")
            .mend("expected one folder per class with PNG or JPEG files"));
    }
    Ok(images)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |e: std::io::Error| Error::new(folder.display(), format!("cannot read: {e}"));
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder).map_err(failed)?.collect();
    let mut paths: Vec<PathBuf> = entries
        .map_err(failed)?
        .into_iter()
        .map(|e| e.path())
        .collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use crate::images::{Source, read};
    use image::{Rgb, RgbImage};

    #[test]
    fn classes_are_folders_and_sizes_must_agree() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = |name: &str| folder.path().join(name);
        for (name, value) in [
            ("train/a/1.png", 1),
            ("train/b/1.png", 2),
            ("test/b/1.png", 3),
        ] {
            std::fs::create_dir_all(path(name).parent().expect("a folder")).expect("created");
            let image = RgbImage::from_pixel(4, 4, Rgb([value, 10 * value, 100]));
            image.save(path(name)).expect("written");
        }
        std::fs::create_dir_all(path("test/a")).expect("created");
        let data = read(Source::Folder, folder.path()).expect("reads");
        assert_eq!(data.train.labels, [0, 1]);
        assert_eq!(data.test.labels, [1]);
        assert_eq!(data.test.pixels, [[3; 16], [30; 16], [100; 16]].concat());
        RgbImage::new(5, 4)
            .save(path("train/b/2.png"))
            .expect("written");
        let error = read(Source::Folder, folder.path())
            .expect_err("sizes")
            .to_string();
        assert!(error.contains("one size"), "{error}");
        std::fs::write(path("train/b/2.png"), "no image").expect("written");
        assert!(read(Source::Folder, folder.path()).is_err());
    }
}
