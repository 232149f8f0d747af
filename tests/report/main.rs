//! The report, whatever the study: whole figures, honest gaps, and numbers that anyone can work out again from the records.

mod made_up;
mod markup;
mod recomputed;

use archbench::report::{ReportInput, write};
use made_up::{Shape, input};
use std::collections::BTreeMap;
use std::path::Path;

/// Every file below `dir`, by its path from there.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in [".", "figures", "tables"] {
        for entry in std::fs::read_dir(dir.join(name)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.strip_prefix(dir).expect("below").display().to_string();
                let name = name.trim_start_matches("./").to_string();
                found.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    found
}

/// Writes the report twice, checks every file of it, and returns them as text.
fn checked(input: &ReportInput) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path(), input).expect("a report");
    let first = files(dir.path());
    write(dir.path(), input).expect("a report");
    assert!(first == files(dir.path()), "a second report differs");
    let mut texts = BTreeMap::new();
    for (name, bytes) in first {
        assert!(!bytes.is_empty(), "{name} is empty");
        if name.ends_with(".png") {
            markup::check_png(&name, &bytes);
            continue;
        }
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(markup::not_a_number(&text), None, "{name}");
        if name.ends_with(".svg") {
            markup::check_figure(&name, &text);
        }
        texts.insert(name, text);
    }
    let page = &texts["report.html"];
    markup::check_well_formed("report.html", page);
    for outside in ["src=", "href=\"http", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "the page reaches out: {outside}");
    }
    for section in [
        "summary",
        "anytime",
        "results",
        "comparisons",
        "setup",
        "practices",
        "provenance",
    ] {
        assert!(
            page.contains(&format!("<section id=\"{section}\"")),
            "{section}"
        );
    }
    texts
}

fn figures(texts: &BTreeMap<String, String>) -> Vec<&str> {
    let svg = texts
        .keys()
        .filter_map(|name| name.strip_prefix("figures/")?.strip_suffix(".svg"));
    svg.collect()
}

const COMPARED: [&str; 7] = [
    "critical-difference",
    "ecdf",
    "final-regret",
    "performance-profile",
    "rank",
    "regret-evaluations",
    "win-matrix",
];

#[test]
fn ten_and_twenty_strategies_keep_every_name() {
    for strategies in [10, 20] {
        let texts = checked(&input(Shape {
            strategies,
            tasks: 4,
            ..Shape::default()
        }));
        assert_eq!(figures(&texts), COMPARED);
        for figure in [
            "rank",
            "ecdf",
            "win-matrix",
            "regret-evaluations",
            "final-regret",
        ] {
            let svg = &texts[&format!("figures/{figure}.svg")];
            for strategy in 0..strategies {
                assert!(
                    svg.contains(&format!("strategy {strategy}\n")),
                    "{figure} {strategy}"
                );
            }
        }
        // A wide table is shown in parts of at most ten strategies.
        let parts = texts["report.html"]
            .matches("id=\"table-final-regret")
            .count();
        assert_eq!(parts, strategies / 10);
    }
}

#[test]
fn one_strategy_is_not_compared() {
    let texts = checked(&input(Shape {
        strategies: 1,
        tasks: 1,
        ..Shape::default()
    }));
    assert_eq!(
        figures(&texts),
        ["ecdf", "final-regret", "regret-evaluations"]
    );
    assert!(texts["report.html"].contains("ran alone"));
    assert!(texts["report.md"].contains("nothing to compare"));
}

#[test]
fn one_task_is_compared_over_replicates() {
    let texts = checked(&input(Shape {
        strategies: 3,
        tasks: 1,
        ..Shape::default()
    }));
    assert_eq!(figures(&texts), COMPARED);
    let page = &texts["report.html"];
    assert!(page.contains("replicates (fewer than three tasks)"));
    // The summary, the diagram and the test have the same mean ranks, which add up to 1 + 2 + 3.
    assert!(page.contains("mean rank over replicates"));
    let diagram = &texts["figures/critical-difference.svg"];
    let ranking = recomputed::csv(&texts["tables/ranking.csv"]);
    let ranks = ranking
        .iter()
        .map(|row| row[1].parse::<f64>().expect("a rank"));
    assert!((ranks.clone().sum::<f64>() - 6.0).abs() < 1e-9);
    for rank in ranks {
        assert!(diagram.contains(&format!("{rank:.2}\n")), "{rank}");
    }
}

#[test]
fn simulated_time_has_its_own_curves_and_oracles_are_marked() {
    let texts = checked(&input(Shape {
        strategies: 4,
        tasks: 3,
        has_cost: true,
        oracle: true,
        simulated_s: Some(4000.0),
        ..Shape::default()
    }));
    assert!(figures(&texts).contains(&"regret-time"));
    for name in ["figures/regret-time.svg", "figures/final-regret.svg"] {
        assert!(texts[name].contains("ORACLE"), "{name}");
    }
    assert!(texts["figures/rank.svg"].contains("simulated seconds"));
    let page = &texts["report.html"];
    assert!(page.contains("ORACLE: no validation split"));
    assert!(page.contains("4000 simulated seconds"));
    assert!(page.contains(
        "<li class=\"unmet\"><span class=\"verdict\">✗ unmet</span><span><strong>Test data"
    ));
    assert!(page.contains("✓ met</span><span><strong>Performance over time"));
}

#[test]
fn the_optimum_is_shown_under_each_seed_policy() {
    let texts = checked(&input(Shape {
        has_cost: true,
        seeds: 3,
        ..Shape::default()
    }));
    let optima: Vec<&str> = texts["tables/optima.csv"].lines().collect();
    assert_eq!(
        optima[0],
        "task,seed_policy,optimum_valid,test_of_best_valid,best_test,arch"
    );
    assert_eq!(
        optima[1],
        "made-up/t0,mean (the study's),0.9,0.88,0.89,best"
    );
    assert_eq!(optima[2], "made-up/t0,index:0,0.91,0.87,,seed best");
    let single = checked(&input(Shape::default()));
    assert!(single["tables/optima.csv"].contains("mean (one seed: all agree)"));
}

#[test]
fn failed_runs_are_listed_and_leave_whole_figures() {
    let mut input = input(Shape {
        strategies: 4,
        tasks: 3,
        ..Shape::default()
    });
    for run in &mut input.trajectories {
        // Strategy 1 never succeeds on task 0; strategy 2 misses one replicate of it, strategy 3 another.
        if run.task == 0 && (run.strategy == 1 || (run.strategy, run.replicate) == (2, 3)) {
            run.error = Some("ran out of <luck> & time".into());
        }
        if (run.task, run.strategy, run.replicate) == (0, 3, 5) {
            run.changes.clear();
        }
    }
    let texts = checked(&input);
    assert_eq!(figures(&texts), COMPARED);
    let listed: Vec<&str> = texts["tables/exclusions.csv"].lines().skip(1).collect();
    assert_eq!(listed.len(), 12 + 2);
    assert!(listed.contains(&"made-up/t0,strategy 3,5,no evaluation succeeded"));
    assert!(texts["report.html"].contains("ran out of &lt;luck&gt; &amp; time"));
    assert!(texts["report.html"].contains("14 runs are left out"));
    assert!(texts["figures/final-regret.svg"].contains("no runs"));
    let regrets = recomputed::csv(&texts["tables/final-regret.csv"]);
    assert_eq!(
        regrets[0][4..7],
        ["", "", ""],
        "a missing mean is missing, not zero"
    );
    let shared = |row: &Vec<String>| row[..3] == ["made-up/t0", "strategy 2", "strategy 3"];
    let pairs = recomputed::csv(&texts["tables/pairs-by-task.csv"]);
    let pair = pairs.iter().find(|row| shared(row)).expect("compared");
    assert_eq!(pair[3], "10", "only replicates that both have are paired");
}

#[test]
fn a_study_without_a_single_run_still_reports() {
    let mut input = input(Shape::default());
    for run in &mut input.trajectories {
        run.error = Some("no".into());
    }
    let texts = checked(&input);
    assert!(figures(&texts).is_empty());
    assert!(texts["report.html"].contains("none can be called best"));
}

#[test]
fn ties_everywhere_are_ties() {
    // Every run starts at the optimum, or never improves on a first value below it.
    for constant in [0.9, 0.5] {
        let texts = checked(&input(Shape {
            strategies: 3,
            tasks: 3,
            constant: Some(constant),
            ..Shape::default()
        }));
        assert!(texts["report.html"].contains("All have mean rank 2.00: they do not differ"));
        let rank = &texts["figures/rank.svg"];
        assert!(
            rank.contains("\n2\n"),
            "the axis shows the rank that all share"
        );
        let ranking = recomputed::csv(&texts["tables/ranking.csv"]);
        assert!(ranking.iter().all(|row| row[1] == "2" && row[2] == "3"));
        let solved = if constant == 0.9 { "100" } else { "0" };
        assert!(ranking.iter().all(|row| row[3] == solved));
        let pairs = recomputed::csv(&texts["tables/pairs.csv"]);
        assert!(
            pairs
                .iter()
                .all(|row| row[4] == "0.5" && row[5] == "0" && row[6] == "1")
        );
    }
}

#[test]
fn one_replicate_and_metrics_of_other_units() {
    let texts = checked(&input(Shape {
        replicates: 1,
        metric: "loss <nats>",
        ..Shape::default()
    }));
    assert!(texts["figures/regret-evaluations.svg"].contains("[loss &lt;nats&gt;]"));
}

#[test]
fn hostile_and_endless_names_do_no_harm() {
    let mut input = input(Shape {
        strategies: 3,
        tasks: 3,
        ..Shape::default()
    });
    input.study.strategies[0].label = "<script>alert(1)</script> & \"quotes\" | _%$#{}\\".into();
    input.study.strategies[1].label = "a label without end ".repeat(20);
    input.study.name = "<b>study</b>".into();
    let texts = checked(&input);
    let latex = &texts["tables/final-regret.tex"];
    assert_eq!(
        latex.matches('{').count() - latex.matches("\\{").count(),
        latex.matches('}').count() - latex.matches("\\}").count()
    );
    assert_eq!(
        latex.matches("\\begin").count(),
        latex.matches("\\end").count()
    );
}
