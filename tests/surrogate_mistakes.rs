//! Mistakes in what a surrogate is fitted to, and damage to what was fitted.

#[path = "support/program.rs"]
mod program;

use archbench::surrogate::SurrogateStudy;
use program::archbench;

const STUDY: &str = r#"
kind = "surrogate"
name = "some-surrogate"
seed = 3
benchmark = "some"
rank = 2
replicates = 20
evaluations = 40
strategies = ["random-search", "regularized-evolution", "local-search"]
[predictor]
name = "gaussian-process"
kernel = "shared-operations"
"#;

/// What goes wrong is said in one line with exit code 2, and nothing is left behind.
#[test]
fn mistakes_and_damage_are_one_line() {
    let home = tempfile::tempdir().expect("a folder");
    let path = |name: &str| home.path().join(name).display().to_string();
    let mistake = |study: &str, more: &[&str], complaint: &str| {
        std::fs::write(path("study.toml"), study).expect("written");
        let file = path("study.toml");
        let words = [&["surrogate", "fit", &file][..], more].concat();
        let (code, said) = archbench(home.path(), &words);
        assert!(said.contains(complaint), "{complaint}: {said}");
        assert_eq!(
            (code, said.trim_end().lines().count()),
            (Some(2), 1),
            "{said}"
        );
        assert!(!home.path().join("surrogates").exists());
    };
    let sound = "kind = \"surrogate\"\nname = \"mine\"\nseed = 1\nbenchmark = \"nas-bench-graph\"\n\
                 tasks = [\"proteins\"]\nstrategies = []\n[predictor]\nname = \"ridge\"\n";
    let with = |from: &str, to: &str| sound.replacen(from, to, 1);
    mistake(
        &with("\"mine\"", "\"nas-bench-graph\""),
        &[],
        "is a benchmark already",
    );
    mistake(
        &with("\"mine\"", "\"nas-bench-graph-surrogate\""),
        &[],
        "is a benchmark already",
    );
    mistake(
        &with("nas-bench-graph", "nas-bench-graph-surrogate"),
        &[],
        "is a surrogate itself",
    );
    mistake(
        &with("nas-bench-graph", "nas-bench-grap"),
        &[],
        "did you mean",
    );
    mistake(
        &with("proteins", "protein"),
        &[],
        "did you mean `proteins`?",
    );
    mistake(
        &with("strategies = []", "schedule = \"12\""),
        &[],
        "schedule",
    );
    mistake(
        &with("strategies = []", "seed_policy = \"index:3\""),
        &[],
        "has 1 seeds",
    );
    mistake(
        &with("strategies = []", "train_share = 0.001"),
        &[],
        "members need",
    );
    mistake(
        &with(
            "[\"proteins\"]\nstrategies = []",
            "[\"cora\"]\nstrategies = [\"pnas\"]\n",
        ),
        &["--out", &path("study.toml")],
        "is no folder",
    );
    mistake(
        &with("ridge\"", "gaussian-process\"\nencoding = \"path\""),
        &[],
        "encoding = \"path\" would be ignored",
    );
    mistake(
        &with("ridge\"", "ridge\"\nencoding = \"paht\""),
        &[],
        "did you mean `path`?",
    );
    std::fs::write(path("study.toml"), sound).expect("written");
    let said = |words: &[&str]| archbench(home.path(), words);
    assert_eq!(said(&["verify", &path("study.toml")]).0, Some(0));
    let (code, text) = said(&["run", &path("study.toml")]);
    assert!(code == Some(2) && text.contains("surrogate fit"), "{text}");
    let (code, text) = said(&["surrogate", "fit", &path("study.toml")]);
    assert!(
        code == Some(0) && text.contains("not compared, the study names none"),
        "{text}"
    );
    let (code, text) = said(&["verify", "mine"]);
    assert!(
        code == Some(0) && text.matches("pass").count() == 3,
        "{text}"
    );
    let (code, text) = said(&["export", "mine", "--to", "csv", &path("out")]);
    assert!(
        code == Some(2) && text.contains("no table to export"),
        "{text}"
    );
    assert!(!home.path().join("out").exists());

    let (model, card) = (
        path("surrogates/mine/model.bin"),
        path("surrogates/mine/surrogate.toml"),
    );
    let (bytes, text) = (
        std::fs::read(&model).expect("there"),
        std::fs::read_to_string(&card).expect("there"),
    );
    let mut other = bytes.clone();
    other[8] += 1;
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let changed = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        changed
    };
    let swapped = changed("model_sha256 = \"", "model_sha256 = \"0");
    let (none, more) = (
        changed("seeds = 3", "seeds = 0"),
        changed("seeds = 3", "seeds = 5"),
    );
    let renamed = text.replace("name = \"mine\"", "name = \"yours\"");
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/surrogates/nas-bench-graph-surrogate/model.bin"
    );
    let shipped = std::fs::read(shipped).expect("shipped");
    let damages: [(&str, Option<&[u8]>, &str); 10] = [
        (&model, Some(&bytes[..bytes.len() - 1]), "checksum"),
        (&model, Some(&other), "format version"),
        (&model, Some(&flipped), "checksum"),
        (&model, None, "cannot read"),
        (&card, Some(b"name = 3"), "not a card"),
        (&model, Some(&shipped), "is not the model file"),
        (&card, Some(swapped.as_bytes()), "its seal does not hold"),
        (&card, Some(none.as_bytes()), "its seal does not hold"),
        (&card, Some(more.as_bytes()), "its seal does not hold"),
        (&card, Some(renamed.as_bytes()), "its seal does not hold"),
    ];
    for (file, damage, complaint) in damages {
        let whole = std::fs::read(file).expect("there");
        match damage {
            Some(damage) => std::fs::write(file, damage).expect("damaged"),
            None => std::fs::remove_file(file).expect("removed"),
        }
        let query = said(&[
            "query",
            "mine",
            "0123:gcn,sage,gcn,fc",
            "--task",
            "proteins",
        ]);
        assert!(query.1.contains(complaint), "{complaint}: {}", query.1);
        assert_eq!((query.0, query.1.trim_end().lines().count()), (Some(2), 1));
        let verify = said(&["verify", "mine"]);
        assert!(
            verify.0 == Some(1) && verify.1.contains("FAIL"),
            "{}",
            verify.1
        );
        let list = said(&["list", "benchmarks"]);
        assert!(
            list.0 == Some(0) && list.1.contains("nas-bench-graph-surrogate"),
            "{}",
            list.1
        );
        std::fs::write(file, whole).expect("mended");
    }
    let asked = |name: &str| said(&["query", name, "0123:gcn,sage,gcn,fc", "--task", "proteins"]);
    assert_eq!(asked("mine").0, Some(0));
    // The name is part of what draws the noise.
    std::fs::rename(path("surrogates/mine"), path("surrogates/moved")).expect("moved");
    let (code, text) = asked("moved");
    assert!(
        code == Some(2) && text.contains("is the card of `mine`, not of `moved`"),
        "{text}"
    );
}

#[test]
fn mistakes_of_a_surrogate_study_are_named() {
    for (from, to, complaint) in [
        ("rank = 2", "rnak = 2", "did you mean `rank`?"),
        ("rank = 2", "rank = 0", "expected 1 to 50"),
        (
            "\"surrogate\"",
            "\"search\"",
            "expected kind = \"surrogate\"",
        ),
        (
            "\"local-search\"",
            "\"local-serch\"",
            "did you mean `local-search`?",
        ),
        (
            "gaussian-process",
            "gaussian-proces",
            "did you mean `gaussian-process`?",
        ),
        (
            "seed = 3",
            "seed = 3\nseed_policy = \"draw\"",
            "found `draw`",
        ),
        ("seed = 3", "seed = 3\ntasks = []", "is empty"),
        (
            "\"local-search\"",
            "\"random-search\"",
            "`random-search` occurs twice",
        ),
        (
            "name = \"gaussian-process\"",
            "noise = 1.0",
            "has no `name`",
        ),
    ] {
        let text = STUDY.replacen(from, to, 1);
        let problem = SurrogateStudy::parse(&text)
            .expect_err("refused")
            .to_string();
        assert!(problem.contains(complaint), "{to}: {problem}");
    }
}
