//! Archives that are whole, damaged and hostile.

use super::*;
use std::io::Write;

fn on_disk(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).expect("started");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

/// A ustar archive of these names, contents and kinds.
fn tarred(members: &[(&str, &[u8], u8)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content, kind) in members {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = *kind;
        header[257..262].copy_from_slice(b"ustar");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        header[154] = 0;
        bytes.extend(header);
        bytes.extend(*content);
        bytes.resize(bytes.len().div_ceil(512) * 512, 0);
    }
    bytes.extend([0; 1024]);
    bytes
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).expect("written");
    writer.finish().expect("finished")
}

fn refusal(name: &str, bytes: &[u8]) -> String {
    let (_folder, path) = on_disk(name, bytes);
    let read = |files: Files| {
        let names: Vec<String> = files.names().map(str::to_owned).collect();
        names.iter().map(|n| files.read(n)).find_map(Result::err)
    };
    let error = Files::open(&path).map_or_else(Some, read);
    error.expect("refused").to_string()
}

#[test]
fn members_are_read_from_every_kind() {
    let long = format!("{}/b.json", "d".repeat(120));
    let members: [(&str, &[u8]); 2] = [("a.json", b"{}"), (&long, b"[1]")];
    let long_header = format!("{long}\0");
    let tar = tarred(&[
        ("./", b"", b'5'),
        ("./a.json", b"{}", b'0'),
        ("././@LongLink", long_header.as_bytes(), b'L'),
        ("cut", b"[1]", b'0'),
    ]);
    for (name, bytes) in [
        ("x.zip", zipped(&members)),
        ("x.tar", tar.clone()),
        ("x.tar.gz", gzipped(&tar)),
    ] {
        let (_folder, path) = on_disk(name, &bytes);
        let files = Files::open(&path).expect("opened");
        assert_eq!(
            files.names().collect::<Vec<_>>(),
            ["a.json", &long],
            "{name}"
        );
        assert_eq!(*files.read("a.json").expect("read"), *b"{}");
        assert_eq!(*files.read(&long).expect("read"), *b"[1]");
    }
    let (_folder, path) = on_disk("x.json.gz", &gzipped(b"[2]"));
    let files = Files::open(&path).expect("opened");
    assert_eq!(*files.read("x.json.gz").expect("read"), *b"[2]");
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../a", "/etc/passwd", "a/../../b", "a\\..\\b", "c:/x"] {
        let error = refusal("x.tar", &tarred(&[(name, b"x", b'0')]));
        assert!(error.contains("leads out"), "{error}");
    }
    let error = refusal("x.zip", &zipped(&[("a/../../b", b"x")]));
    assert!(error.contains("leads out"), "{error}");
}

#[test]
fn links_and_repeated_names_are_refused() {
    for kind in [b'1', b'2'] {
        let error = refusal("x.tar", &tarred(&[("a", b"", kind)]));
        assert!(error.contains("is a link"), "{error}");
    }
    let error = refusal("x.tar", &tarred(&[("a", b"1", b'0'), ("./a", b"2", b'0')]));
    assert!(error.contains("occurs twice"), "{error}");
    let mut twice = zipped(&[("aa", b"1"), ("ab", b"2")]);
    for at in 0..twice.len() - 1 {
        if &twice[at..at + 2] == b"ab" {
            twice[at + 1] = b'a';
        }
    }
    let error = refusal("x.zip", &twice);
    assert!(error.contains("twice") || error.contains("`aa`"), "{error}");
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0; 64 << 20];
    for (name, bytes) in [
        ("x.zip", zipped(&[("a", &zeros)])),
        ("x.json.gz", gzipped(&zeros)),
    ] {
        let error = refusal(name, &bytes);
        assert!(error.contains("unpacks to more than"), "{error}");
    }
    let mut bz = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::best());
    bz.write_all(&zeros).expect("written");
    let error = refusal("x.pickle.pbz2", &bz.finish().expect("finished"));
    assert!(error.contains("unpacks to more than"), "{error}");
}

#[test]
fn truncation_is_an_error() {
    let tar = tarred(&[("a", b"content", b'0')]);
    for cut in [1, 511, 513, 600] {
        let error = refusal("x.tar", &tar[..cut]);
        assert!(error.contains("cut short"), "{error}");
    }
    let zip = zipped(&[("a", b"content")]);
    let gz = gzipped(&tar);
    for cut in [1, 10, 40] {
        refusal("x.zip", &zip[..zip.len() - cut]);
        refusal("x.tar.gz", &gz[..gz.len() - cut]);
    }
}

/// What lies in people's folders beside the data.
#[cfg(unix)]
#[test]
fn leftovers_and_links_to_nowhere_are_no_files_and_other_links_are_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("data/inner")).expect("made");
    std::fs::create_dir(at("elsewhere")).expect("made");
    for name in [
        "data/a.json",
        "data/._a.json",
        "data/.DS_Store",
        "elsewhere/b.json",
    ] {
        std::fs::write(at(name), b"{}").expect("written");
    }
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(at(to), at(name)).expect("linked");
    link("nowhere", "data/README");
    link("elsewhere", "data/linked");
    let listens = std::os::unix::net::UnixListener::bind(at("data/socket"));
    let files = Files::open(&at("data")).expect("opened");
    let names: Vec<&str> = files.names().collect();
    assert_eq!(names, ["a.json", "linked/b.json"]);
    files.checksum().expect("every name can be read");
    drop(listens);
    // A path that ends in dots is called by what it leads to.
    let up = Files::open(&at("data/inner/..")).expect("opened");
    assert_eq!(up.root_name(), "data");
    let archive = zipped(&[("a.json", b"{}"), ("__MACOSX/._a.json", b"x")]);
    let (_folder, path) = on_disk("x.zip", &archive);
    let files = Files::open(&path).expect("opened");
    assert_eq!(files.names().collect::<Vec<_>>(), ["a.json"]);
}

#[test]
fn pointers_of_git_lfs_are_named_as_such() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n";
    let (folder, path) = on_disk("energy.tfrecord", pointer);
    for path in [path.as_path(), folder.path()] {
        let refused = Files::open(path).expect_err("a pointer").to_string();
        assert!(
            refused.contains("energy.tfrecord: is a pointer of Git LFS"),
            "{refused}"
        );
        assert!(refused.contains("git lfs pull"), "{refused}");
    }
}
