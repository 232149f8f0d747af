//! The training commands as a user meets them.

use assert_cmd::Command;

const RECIPE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/datasets/fmnist-nb201-mini/recipe.toml"
);
const CELL: &str =
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|";

fn archbench(arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("archbench").expect("the program");
    command.args(arguments).assert()
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// ```python
/// conv = lambda c, k: c * c * k * k + 2 * c
/// stem, cells = 9 * 4 + 8, sum(conv(c, 3) + conv(c, 1) for c in (4, 8, 16))
/// reductions = sum(18 * c * c + 4 * c + 36 * c * c + 4 * c + 2 * c * c for c in (4, 8))
/// print(stem + cells + reductions + 32 + 170)   # 8294
/// ```
#[test]
fn proxies_need_no_pytorch() {
    let assert = archbench(&["proxy", RECIPE, CELL]).success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains(": params 8294, macs "), "{text}");
    let wrong = archbench(&["proxy", RECIPE, "|nor_conv_3x3~0|"]).code(2);
    assert!(stderr(&wrong).contains("three nodes"));
}

#[cfg(not(feature = "torch"))]
#[test]
fn commands_that_train_say_how_to_enable_it() {
    for arguments in [
        &["train", RECIPE, CELL][..],
        &["table", "build", RECIPE],
        &["table", "check", RECIPE],
    ] {
        let assert = archbench(arguments).code(2);
        assert!(
            stderr(&assert).contains("make torch"),
            "{}",
            stderr(&assert)
        );
    }
}

#[cfg(feature = "torch")]
mod with_torch {
    use super::{CELL, RECIPE, archbench, stderr};
    use archbench::study::Shard;
    use archbench::table::{Meaning, SeedPolicy, Table};
    use archbench::training::{Plan, Recipe, ShardFile, gather, shard_path};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fashion-mnist");

    /// The shipped recipe, small enough for the sample, with a second seed for all; written into `folder`.
    fn small_recipe(folder: &Path) -> String {
        let text = std::fs::read_to_string(RECIPE).expect("shipped");
        let small = text
            .replace("train = 2500", "train = 160")
            .replace("valid = 1500", "valid = 60")
            .replace("test = 1500", "test = 60")
            .replace("epochs = 8", "epochs = 2")
            .replace("some = 3\nstride = 10", "some = 2\nstride = 1");
        assert_ne!(small, text);
        let path = folder.join("recipe.toml");
        std::fs::write(&path, small).expect("written");
        path.display().to_string()
    }

    #[test]
    fn a_training_prints_its_curve_and_repeats_itself() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let recipe = small_recipe(folder.path());
        let checkpoint = folder.path().join("checkpoint").display().to_string();
        let arguments = [
            "train", &recipe, CELL, "--data", SAMPLE, "--device", "cpu", "--json",
        ];
        let once = archbench(&arguments).success().get_output().stdout.clone();
        assert!(String::from_utf8_lossy(&once).contains("correct_and_loss_e4"));
        let kept = [&arguments[..], &["--checkpoint", &checkpoint]].concat();
        // The second run finds the finished training and prints it again.
        for _ in 0..2 {
            assert_eq!(archbench(&kept).success().get_output().stdout, once);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let recipe = small_recipe(folder.path());
        let error = |arguments: &[&str]| stderr(&archbench(arguments).code(2));
        let nowhere = error(&["train", &recipe, CELL, "--data", "/nowhere"]);
        assert!(nowhere.contains("dataset-fashion-mnist"), "{nowhere}");
        let device = error(&[
            "train", &recipe, CELL, "--data", SAMPLE, "--device", "cuda:99",
        ]);
        assert!(device.contains("CUDA device"), "{device}");
        // The sample is too small for the shipped recipe.
        let small = error(&["train", RECIPE, CELL, "--data", SAMPLE]);
        assert!(small.contains("lower the split sizes"), "{small}");
    }

    /// `archbench table build` of one small shard into a folder, training only.
    struct SmallBuild {
        folder: tempfile::TempDir,
        recipe: String,
    }

    /// Four banks of 1,618.
    const SHARD: &str = "7/405";

    impl SmallBuild {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("temporary folder");
            let recipe = small_recipe(folder.path());
            Self { folder, recipe }
        }

        fn out(&self, name: &str) -> String {
            self.folder.path().join(name).display().to_string()
        }

        fn arguments(&self, out: &str) -> Vec<String> {
            let out = self.out(out);
            let fixed = [
                "table",
                "build",
                &self.recipe,
                "--data",
                SAMPLE,
                "--device",
                "cpu",
                "--shard",
                SHARD,
                "--threads",
                "1",
                "--step",
                "train",
                "--quiet",
                "--out",
                &out,
            ];
            fixed.map(String::from).to_vec()
        }

        fn command(&self, out: &str) -> Command {
            let mut command = Command::new(env!("CARGO_BIN_EXE_archbench"));
            command.args(self.arguments(out)).stdout(Stdio::null());
            command
        }

        fn path(&self, out: &str) -> PathBuf {
            let shard: Shard = SHARD.parse().expect("a shard");
            shard_path(&self.folder.path().join(out), shard)
        }

        fn bytes(&self, out: &str) -> Vec<u8> {
            std::fs::read(self.path(out)).expect("a shard")
        }
    }

    fn succeeds(command: &mut Command) -> bool {
        command.status().expect("runs").success()
    }

    /// Killed as soon as its first bank is on the disk, then gone on with: the bytes of a build in one go.
    #[test]
    fn a_killed_build_goes_on_to_the_same_bytes() {
        let build = SmallBuild::new();
        let mut killed = build.command("killed").spawn().expect("starts");
        let path = build.path("killed");
        let has_a_bank = || std::fs::metadata(&path).is_ok_and(|file| file.len() > 100);
        while !has_a_bank() && killed.try_wait().expect("runs").is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        killed.kill().expect("killed");
        killed.wait().expect("ended");
        assert!(!succeeds(build.command("killed").stderr(Stdio::null())));
        assert!(succeeds(build.command("killed").arg("--resume")));
        assert!(succeeds(&mut build.command("whole")));
        assert_eq!(build.bytes("killed"), build.bytes("whole"));
        let recipe = Recipe::read(Path::new(&build.recipe)).expect("a recipe");
        let shard = SHARD.parse().expect("a shard");
        let whole = build.folder.path().join("whole");
        let file = ShardFile::open(&whole, &recipe, shard, true).expect("a shard");
        assert_eq!(file.done().len(), 4);
    }

    /// A limit on the size of files stands for a disk with room for two banks.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_ends_the_build_and_loses_nothing() {
        let build = SmallBuild::new();
        let script = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
        let output = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_archbench")])
            .args(build.arguments("full"))
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            error.contains("make room and go on with --resume"),
            "{error}"
        );
        assert!(build.bytes("full").len() <= 1024);
        assert!(succeeds(build.command("full").arg("--resume")));
        assert!(succeeds(&mut build.command("whole")));
        assert_eq!(build.bytes("full"), build.bytes("whole"));
    }

    /// One bank with both its seeds: a table that says what it lacks, and answers for what it has.
    #[test]
    fn what_is_trained_becomes_a_table_and_stands_to_be_checked() {
        let build = SmallBuild::new();
        let (out, table) = (build.out("shards"), build.out("table"));
        let fixed = ["--data", SAMPLE, "--device", "cpu", "--out", &out];
        let made = ["table", "build", &build.recipe, "--quiet"];
        archbench(&[&made[..], &fixed, &["--shard", "7/809"]].concat()).success();
        let merge = [&made[..], &["--step", "merge", "--out", &out]].concat();
        let refused = stderr(&archbench(&merge).code(2));
        assert!(refused.contains("16 of 12932 trainings"), "{refused}");
        let partial = [&merge[..], &["--partial", "--table", &table]].concat();
        archbench(&partial).success();
        let opened = archbench::table::open_plain(Path::new(&table));
        holds_what_the_shard_holds(&opened.expect("a table").table, &build, Path::new(&out));

        let check = ["table", "check", &build.recipe, "--sample", "3"];
        let checked = archbench(&[&check[..], &fixed, &["--replay", "1"]].concat()).success();
        let said = String::from_utf8_lossy(&checked.get_output().stdout).into_owned();
        let same = "8 of 8 curves are the same to the bit";
        assert!(said.contains(same), "{said}");
        assert!(said.contains("3 cells: root mean square"), "{said}");
    }

    fn holds_what_the_shard_holds(table: &Table, build: &SmallBuild, shards: &Path) {
        let about = &table.about;
        assert_eq!(about.name, "fmnist-nb201-mini-partial");
        let lacks = "8 of 6466 isomorphism classes";
        assert!(about.defects[0].contains(lacks), "{about:?}");
        let noise = "standard deviation between seeds";
        assert!(about.seeds.contains(noise), "{about:?}");
        assert!(about.citation.contains("one thread of"), "{about:?}");
        let recipe = Recipe::read(Path::new(&build.recipe)).expect("a recipe");
        let plan = Plan::new(&recipe).expect("a plan");
        let results = gather(shards, &recipe, &plan).expect("readable");
        let unit = &plan.units[6];
        // The bank of the second seed is its number and the 809 banks of the first.
        for (schedule, number) in [(None, 6), (Some("2-repeats"), 815)] {
            let view = table.series("fashion-mnist", schedule, &Meaning::TEST);
            let view = view.expect("there");
            for (arch, curve) in unit.archs.iter().zip(&results[&number]) {
                let value = view.value(arch, 2, SeedPolicy::Mean).expect("trained");
                assert_eq!(value, f64::from(curve.epochs[1].test.correct) / 60.0);
            }
        }
        let task = table.task("fashion-mnist").expect("the task");
        let arch = &unit.archs[0];
        let figure = |name: &str| {
            let attribute = name.parse().expect("an attribute");
            let figure = task.figure(&attribute, arch, SeedPolicy::Mean);
            figure.expect("measured")
        };
        assert!(figure("latency_ms/cpu") > 0.0 && figure("latency_ms/cpu-batch64") > 0.0);
        let proxy = archbench(&["proxy", &build.recipe, &task.space().display(arch)]);
        let proxy = String::from_utf8_lossy(&proxy.get_output().stdout).into_owned();
        let counted = format!("params {}, macs {}", figure("params"), figure("flops"));
        assert!(proxy.contains(&counted), "{proxy} {counted}");
    }
}
